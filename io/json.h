#pragma once

#include <engram/autograd/error.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The subset of JSON that the header of a safetensors file needs: objects, strings, and arrays of
/// non-negative integers.
namespace engram::json {

bool is_utf8(std::string_view text);

/// A JSON string literal, with quotes and escapes.
std::string quote(std::string_view text);

/// A pull parser: reads the tokens that the caller expects, and skips white space. DataError for
/// another token: `load: w.safetensors, offset 9: expected a string, found 'w'`. Nothing recurses,
/// so no nesting is too deep.
class Scanner {
 public:
  /// `source` is the prefix of every error, `base` the offset of the text in the file.
  Scanner(std::string source, std::string_view text, std::size_t base)
      : source_(std::move(source)), text_(text), base_(base) {}

  /// The position of the next token in the text, after white space.
  std::size_t position();

  /// Reads an object: calls member() for each member, to read its name and value.
  template <class F>
  void object(F member) {
    expect('{');
    if (accept('}')) return;
    do member();
    while (accept(','));
    expect('}', "',' or '}'");
  }
  /// The name of a member, and the colon after it.
  std::string name();
  std::string string();
  /// An array of at most `most` integers in [0, 2^63 - 1].
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
