#include "common/json_lines.h"

#include <engram/autograd/error.h>
#include <engram/io/append_file.h>

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

JsonLines::JsonLines(std::filesystem::path file) : file_(std::move(file)) {
  check(!std::filesystem::is_directory(file_), "cannot read {}: it is a folder", file_.string());
  std::ifstream in(file_, std::ios::binary);
  check(in.is_open() || !std::filesystem::exists(file_), "cannot read {}: {}", file_.string(),
        std::strerror(errno));
  const std::string text(std::istreambuf_iterator<char>(in), {});
  int number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    Json value = parse(line, file_, ++number);
    if (!value.is_discarded()) {
      values_.push_back(std::move(value));
    } else if (!line.empty()) {
      ++unreadable_;
    }
    begin = end + 1;
  }
  // What is added next begins a line of its own.
  AppendFile(file_).append(text.empty() || text.ends_with('\n') ? "" : "\n");
}

void JsonLines::add(const Json& value) const {
  AppendFile(file_).append(value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace engram::examples
