#include "common/json_lines.h"

#include <engram/autograd/error.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace engram::examples {
namespace {

/// What is no JSON is discarded. Values are copied and written by recursion, so their depth is
/// bounded.
Json parse(const std::string& text, const std::filesystem::path& file, int line) {
  constexpr int deepest = 100;
  const auto keep = [&](int depth, Json::parse_event_t, Json&) {
    check_data(depth <= deepest, "{}, line {}: nested deeper than {} levels", file.string(), line,
               deepest);
    return true;
  };
  return Json::parse(text, keep, /*allow_exceptions=*/false);
}

}  // namespace

JsonLines::Contents JsonLines::read(const std::filesystem::path& file) {
  check(!std::filesystem::is_directory(file), "cannot read {}: it is a folder", file.string());
  std::ifstream in(file, std::ios::binary);
  check(in.is_open() || !std::filesystem::exists(file), "cannot read {}: {}", file.string(),
        std::strerror(errno));
  const std::string text(std::istreambuf_iterator<char>(in), {});
  Contents contents;
  contents.ends_in_line = !text.empty() && !text.ends_with('\n');
  int number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    Json value = parse(line, file, ++number);
    if (!value.is_discarded()) {
      contents.values.push_back(std::move(value));
    } else if (!line.empty()) {
      ++contents.unreadable;
    }
    begin = end + 1;
  }
  return contents;
}

JsonLines::JsonLines(std::filesystem::path file) : contents_(read(file)), end_(std::move(file)) {
  // What is added next begins a line of its own.
  if (contents_.ends_in_line) end_.append("\n");
}

void JsonLines::add(const Json& value) const {
  end_.append(value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace engram::examples
