#include "common/method_style.h"

#include <iterator>
#include <string_view>

namespace engram::examples {
namespace {

struct Known {
  std::string_view name;
  const char* title;
  LineStyle line;
};

constexpr Known known[] = {
    {"naive", "Naive training", {"#e69f00", 1, 7}},                    // circle
    {"ewc", "EWC", {"#0072b2", 1, 5}},                                 // square
    {"online-ewc", "Online EWC", {"#009e73", 2, 9}},                   // triangle
    {"joint", "Joint training", {"#222222", 4, 13}},                   // diamond
    {"l2", "L2", {"#999999", 2, 4}},                                   // open square
    {"si", "SI", {"#d55e00", 1, 11}},                                  // triangle, down
    {"mas", "MAS", {"#cc79a7", 4, 15}},                                // pentagon
    {"kf-laplace", "Kronecker-factored Laplace", {"#56b4e9", 1, 12}},  // open diamond
    {"lwf", "LwF", {"#b8a800", 3, 8}},                                 // open triangle
    {"er", "Experience replay", {"#7b3294", 1, 6}},                    // open circle
    {"a-gem", "A-GEM", {"#8c510a", 2, 10}},                            // open triangle, down
    {"der++", "DER++", {"#c51b7d", 5, 14}},                            // open pentagon
    {"gpm", "GPM", {"#1b7837", 1, 3}},                                 // star
    {"owm", "OWM", {"#4d4d4d", 3, 2}},                                 // cross
};

}  // namespace

MethodStyle method_style(const std::string& label, std::size_t place) {
  const std::string_view name = std::string_view(label).substr(0, label.find(','));
  for (const Known& one : known) {
    if (name == one.name) return {one.title + label.substr(name.size()), one.line};
  }
  LineStyle line = known[place % std::size(known)].line;
  for (const Known& one : known) {
    if (!name.starts_with(std::string(one.name) + "+")) continue;
    line.colour = one.line.colour;  // a combination has the colour of its first part
    line.dash = 5;
  }
  return {label, line};
}

}  // namespace engram::examples
