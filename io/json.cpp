#include <engram/io/json.h>

#include <algorithm>

namespace engram::json {
namespace {

/// Surrogates: halves of code points above U+FFFF, which occur in \\u escapes alone.
constexpr bool is_surrogate(std::uint32_t code) { return code >= 0xD800 && code < 0xE000; }

void append_utf8(std::string& text, std::uint32_t code) {
  const auto byte = [&](std::uint32_t bits) { text += static_cast<char>(bits); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      byte(0xE0 | code >> 12);
    } else {
      byte(0xF0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3F));
    }
    byte(0x80 | (code >> 6 & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::string again;  // valid UTF-8 is the encoding of its decoding
  for (std::size_t i = 0; i < text.size();) {
    const std::uint32_t lead = static_cast<unsigned char>(text[i++]);
    const int more = lead < 0xC0 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    std::uint32_t code = lead < 0x80 ? lead : lead & (0x3Fu >> more);
    for (int k = 0; k < more; ++k) {
      if (i == text.size()) return false;
      code = code << 6 | (static_cast<unsigned char>(text[i++]) & 0x3Fu);
    }
    if (code > 0x10FFFF || is_surrogate(code)) return false;
    append_utf8(again, code);
  }
  return again == text;
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      quoted += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20)
      quoted += fmt::format("\\u{:04x}", int{c});
    else
      quoted += c;
  }
  return quoted + '"';
}

std::size_t Scanner::position() {
  return at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size());
}

std::string Scanner::name() {
  std::string value = string();
  expect(':');
  return value;
}

std::string Scanner::string() {
  expect('"', "a string");
  const std::size_t first = at_;
  std::string value;
  for (;;) {
    if (at_ == text_.size() || static_cast<unsigned char>(text_[at_]) < 0x20) expected("'\"'");
    const char c = text_[at_++];
    if (c == '"') break;
    if (c == '\\')
      escape(value);
    else
      value += c;
  }
  check_at(first, is_utf8(value), "the string is not UTF-8");
  return value;
}

/// Reads an escape after its backslash.
void Scanner::escape(std::string& value) {
  constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  const std::size_t which = at_ < text_.size() ? letters.find(text_[at_]) : letters.npos;
  if (which != letters.npos) {
    ++at_;
    value += meanings[which];
    return;
  }
  const std::size_t first = at_;
  std::uint32_t code = unit();
  if (is_surrogate(code)) {  // the high surrogate: the low one follows
    check_at(first, code < 0xDC00 && at_ < text_.size() && text_[at_++] == '\\',
             "half of a surrogate pair");
    const std::uint32_t low = unit();
    check_at(first, low >= 0xDC00 && low < 0xE000, "half of a surrogate pair");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(value, code);
}

/// `u` and four hexadecimal digits.
std::uint32_t Scanner::unit() {
  if (at_ == text_.size() || text_[at_] != 'u') expected("an escape");
  ++at_;
  std::uint32_t code = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    constexpr std::string_view digits = "0123456789abcdef0123456789ABCDEF";
    const std::size_t digit = at_ < text_.size() ? digits.find(text_[at_]) : digits.npos;
    if (digit == digits.npos) expected("a hexadecimal digit");
    code = code << 4 | (digit & 15);
  }
  return code;
}

std::vector<std::uint64_t> Scanner::numbers(std::size_t most) {
  std::vector<std::uint64_t> all;
  expect('[');
  if (accept(']')) return all;
  do {
    check_at(at_, all.size() < most, "more than {} numbers", most);
    all.push_back(number());
  } while (accept(','));
  expect(']', "',' or ']'");
  return all;
}

std::uint64_t Scanner::number() {
  const std::size_t first = position();
  std::uint64_t value = 0;
  for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
    const auto digit = static_cast<std::uint64_t>(text_[at_] - '0');
    check_at(first, value <= (INT64_MAX - digit) / 10, "the number is too large");
    value = 10 * value + digit;
  }
  if (at_ == first) expected("a number");
  check_at(first, at_ == first + 1 || text_[first] != '0', "the number begins with 0");
  return value;
}

void Scanner::end() {
  if (position() < text_.size()) expected("the end of the header");
}

bool Scanner::accept(char c) {
  if (position() == text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

void Scanner::expect(char c, std::string_view what) {
  if (!accept(c)) expected(what);
}

void Scanner::expect(char c) { expect(c, fmt::format("'{}'", c)); }

void Scanner::expected(std::string_view what) const {
  const int c = at_ < text_.size() ? static_cast<unsigned char>(text_[at_]) : -1;
  const std::string found = c < 0                 ? "the end of the header"
                            : c > ' ' && c < 0x7F ? fmt::format("'{}'", static_cast<char>(c))
                                                  : fmt::format("the byte 0x{:02x}", c);
  fail_at(at_, fmt::format("expected {}, found {}", what, found));
}

void Scanner::fail_at(std::size_t at, const std::string& message) const {
  fail<DataError>("{}, offset {}: {}", source_, base_ + at, message);
}

}  // namespace engram::json
