#include "page.h"

#include <algorithm>
#include <span>

namespace engram::test {
namespace {

using Lines = std::vector<std::string_view>;

constexpr std::string_view any = "…";

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// Matches each piece between two `…` as early as possible, the last one at the end.
bool line_agrees(std::string_view shown, std::string_view printed) {
  std::size_t at = shown.find(any);
  if (at == shown.npos) return shown == printed;
  if (!printed.starts_with(shown.substr(0, at))) return false;
  printed.remove_prefix(at);
  for (;;) {
    shown.remove_prefix(at + any.size());
    at = shown.find(any);
    if (at == shown.npos) return printed.ends_with(shown);
    const std::size_t found = printed.find(shown.substr(0, at));
    if (found == printed.npos) return false;
    printed.remove_prefix(found + at);
  }
}

/// Whether `printed`, or with `whole` false its beginning, agrees.
bool lines_agree(std::span<const std::string_view> shown, std::span<const std::string_view> printed,
                 bool whole) {
  if (shown.empty()) return printed.empty() || !whole;
  if (shown[0] == any) {
    for (std::size_t skipped = 0; skipped <= printed.size(); ++skipped) {
      if (lines_agree(shown.subspan(1), printed.subspan(skipped), whole)) return true;
    }
    return false;
  }
  return !printed.empty() && line_agrees(shown[0], printed[0]) &&
         lines_agree(shown.subspan(1), printed.subspan(1), whole);
}

}  // namespace

std::vector<std::filesystem::path> pages() {
  const std::filesystem::path root = ENGRAM_SOURCE_DIR;
  std::vector<std::filesystem::path> all = {"README.md"};
  for (const auto& entry : std::filesystem::directory_iterator(root / "docs")) {
    if (entry.path().extension() == ".md") all.push_back(relative(entry.path(), root));
  }
  std::ranges::sort(all);
  return all;
}

std::vector<Program> programs_of(std::string_view page) {
  std::vector<Program> programs;
  bool in_block = false, in_output = false, follows = false;  // a program, directly
  int number = 0;
  for (const std::string_view line : lines_of(page)) {
    ++number;
    if (line.starts_with("```")) {
      if (in_block) {
        in_block = in_output = false;
        continue;
      }
      in_block = true;
      in_output = follows && line == "```text";
      if (in_output) programs.back().output_line = number;
      follows = line == "```cpp";
      if (follows) programs.push_back({static_cast<int>(programs.size()) + 1, number, 0});
    } else if (in_output) {
      programs.back().output += std::string(line) + '\n';
    } else if (!in_block && !line.empty()) {
      follows = false;
    }
  }
  return programs;
}

bool agrees(std::string_view shown, std::string_view printed) {
  return lines_agree(lines_of(shown), lines_of(printed), true);
}

int first_difference(std::string_view shown, std::string_view printed) {
  const Lines left = lines_of(shown), right = lines_of(printed);
  std::size_t same = 0;
  while (same < left.size() && lines_agree(std::span(left).first(same + 1), right, false)) ++same;
  return static_cast<int>(same) + 1;
}

}  // namespace engram::test
