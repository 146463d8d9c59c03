#pragma once

#include <engram/autograd/error.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// As much of JSON as a header of a known form needs: strings, whole numbers, and what holds them
/// together.
namespace engram::json {

bool is_utf8(std::string_view text);

/// A string as JSON writes it.
std::string quote(std::string_view text);

/// Reads a text from left to right as what the caller expects to come, over white space. DataError
/// where something else comes: `load: w.safetensors, offset 9: expected a string, found 'w'`.
/// Nothing here recurses, so no text is nested too deeply.
class Scanner {
 public:
  /// `source` begins every error; `base` is where the text begins in the file.
  Scanner(std::string source, std::string_view text, std::size_t base)
      : source_(std::move(source)), text_(text), base_(base) {}

  /// Where the scanner stands, once white space is read over.
  std::size_t position();

  /// Calls member() at each member of an object, to read its name and what follows.
  template <class F>
  void object(F member) {
    expect('{');
    if (accept('}')) return;
    do member();
    while (accept(','));
    expect('}', "',' or '}'");
  }
  /// The name of a member, which a colon follows.
  std::string name();
  std::string string();
  /// A list of at most so many whole numbers from 0 to 2^63 - 1.
  std::vector<std::uint64_t> numbers(std::size_t most);
  void end();

  /// DataError with the formatted text, and the offset of position `at`, unless `ok`.
  template <class... Args>
  void check_at(std::size_t at, bool ok, fmt::format_string<const Args&...> text,
                const Args&... args) const {
    if (!ok) fail_at(at, fmt::vformat(text, fmt::make_format_args(args...)));
  }

 private:
  [[noreturn]] void fail_at(std::size_t at, const std::string& message) const;
  [[noreturn]] void expected(std::string_view what) const;
  bool accept(char c);
  void expect(char c, std::string_view what);
  void expect(char c);
  std::uint64_t number();
  void escape(std::string& value);
  std::uint32_t unit();

  std::string source_;
  std::string_view text_;
  std::size_t base_;
  std::size_t at_ = 0;
};

}  // namespace engram::json
