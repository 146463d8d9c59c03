#include <engram/experiment/tasks/method_style.h>

#include <iterator>
#include <map>
#include <string_view>

namespace engram::experiment {
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

/// The method of a label such as "ewc, lambda 10".
std::string_view method_of(std::string_view label) { return label.substr(0, label.find(',')); }

MethodStyle style_of(const std::string& label, std::size_t place) {
  const std::string_view name = method_of(label);
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

}  // namespace

std::vector<MethodStyle> method_styles(const std::vector<std::string>& labels) {
  constexpr int dashes = 5, points = 15;  // that gnuplot has
  std::vector<MethodStyle> styles;
  std::map<std::string_view, int> variants;
  for (const std::string& label : labels) {
    LineStyle& line = styles.emplace_back(style_of(label, styles.size())).line;
    const int variant = variants[method_of(label)]++;
    line.dash = 1 + (line.dash - 1 + variant) % dashes;
    line.point = 1 + (line.point - 1 + 2 * variant) % points;
  }
  return styles;
}

}  // namespace engram::experiment
