#include <engram/autograd/safetensors.h>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

namespace engram::safetensors {
namespace {

constexpr std::size_t max_name_bytes = 1024;

constexpr struct {
  std::string_view name;
  DType dtype;
} dtypes[] = {{"F32", f32}, {"F64", f64}, {"I64", i64}, {"U8", u8}};

/// Halves of code points beyond 16 bits, which stand in \\u escapes alone.
constexpr bool is_surrogate(std::uint32_t code) { return code >= 0xD800 && code < 0xE000; }

/// Appends a code point.
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

/// Whether the text is what its decoding is encoded to.
bool is_utf8(std::string_view text) {
  std::string again;
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

/// A string as JSON writes it; errors show names so too.
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

/// A parser for the JSON that the header may be. Nesting is fixed, so nothing here recurses.
class Reader {
 public:
  Reader(const std::string& file, std::string_view text, std::uint64_t data_bytes)
      : file_(file), text_(text), data_bytes_(data_bytes) {}

  std::vector<Entry> read() {
    object([this] {
      skip_space();
      const std::size_t at = at_;
      std::string name = string();
      check_at(at, name.size() <= max_name_bytes, "a name of {} bytes is longer than {}",
               name.size(), max_name_bytes);
      check_at(at, names_.insert(name).second, "{} is named twice", quote(name));
      expect(':');
      if (name == "__metadata__")
        read_metadata();
      else
        read_entry(std::move(name));
    });
    skip_space();
    if (at_ < text_.size()) expected("the end of the header");
    check_layout();
    return std::move(entries_);
  }

 private:
  /// Calls member() at each member of an object.
  template <class F>
  void object(F member) {
    expect('{');
    if (accept('}')) return;
    do member();
    while (accept(','));
    expect('}', "',' or '}'");
  }

  void read_metadata() {
    object([this] {
      string();
      expect(':');
      string();
    });
  }

  void read_entry(std::string name) {
    Entry entry;
    entry.name = std::move(name);
    bool has_dtype = false, has_shape = false, has_offsets = false;
    const auto first = [&](bool& has, const std::string& field) {
      check_at(at_, !std::exchange(has, true), "{}: {} is given twice", quote(entry.name),
               quote(field));
    };
    object([&] {
      const std::string field = string();
      expect(':');
      if (field == "dtype") {
        first(has_dtype, field);
        entry.dtype = read_dtype(entry.name);
      } else if (field == "shape") {
        first(has_shape, field);
        for (const std::uint64_t size : numbers(Shape::max_rank)) {
          entry.shape.push_back(static_cast<std::int64_t>(size));
        }
      } else if (field == "data_offsets") {
        first(has_offsets, field);
        const std::vector<std::uint64_t> offsets = numbers(2);
        check_at(at_, offsets.size() == 2, "{}: data_offsets holds {} numbers, expected 2",
                 quote(entry.name), offsets.size());
        entry.begin = offsets[0];
        entry.end = offsets[1];
      } else {
        check_at(at_, false, "{}: the field {} is unknown", quote(entry.name), quote(field));
      }
    });
    for (const auto& [has, field] : {std::pair(has_dtype, "dtype"), std::pair(has_shape, "shape"),
                                     std::pair(has_offsets, "data_offsets")}) {
      check_at(at_, has, "{}: {} is missing", quote(entry.name), quote(field));
    }
    check_size(entry);
    entries_.push_back(std::move(entry));
  }

  DType read_dtype(const std::string& entry) {
    const std::string name = string();
    const auto found = std::ranges::find(dtypes, name, [](const auto& each) { return each.name; });
    check_at(at_, found != std::end(dtypes), "{}: the dtype {} is none of F32, F64, I64, U8",
             quote(entry), quote(name));
    return found->dtype;
  }

  /// The bytes lie within the file and are as many as the shape needs.
  void check_size(const Entry& entry) const {
    check_at(at_, entry.begin <= entry.end && entry.end <= data_bytes_,
             "{}: data_offsets {} to {} do not lie within {} bytes of data", quote(entry.name),
             entry.begin, entry.end, data_bytes_);
    std::uint64_t needed = size_of(entry.dtype);
    for (const std::int64_t each : entry.shape) {
      const auto size = static_cast<std::uint64_t>(each);
      check_at(at_, size == 0 || needed <= (std::uint64_t{1} << 53) / size,
               "{}: a tensor of shape {} is too large", quote(entry.name), entry.shape);
      needed *= size;
    }
    check_at(at_, needed == entry.end - entry.begin,
             "{}: data_offsets hold {} bytes, shape {} of {} needs {}", quote(entry.name),
             entry.end - entry.begin, entry.shape, entry.dtype, needed);
  }

  /// The tensors cover the data without gaps and overlaps.
  void check_layout() const {
    std::vector<const Entry*> order;
    for (const Entry& entry : entries_) order.push_back(&entry);
    std::ranges::sort(order, {}, [](const Entry* e) { return std::pair(e->begin, e->end); });
    std::uint64_t covered = 0;
    for (const Entry* entry : order) {
      check_at(text_.size() + covered, entry->begin == covered,
               "{}: the data begins at {}, expected {}", quote(entry->name), entry->begin, covered);
      covered = entry->end;
    }
    check_at(text_.size() + covered, covered == data_bytes_, "{} bytes follow the last tensor",
             data_bytes_ - covered);
  }

  std::vector<std::uint64_t> numbers(std::size_t most) {
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

  /// A whole number below 2^63.
  std::uint64_t number() {
    skip_space();
    const std::size_t first = at_;
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

  std::string string() {
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

  /// What follows a backslash.
  void escape(std::string& value) {
    constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    const std::size_t which = at_ < text_.size() ? letters.find(text_[at_]) : letters.npos;
    if (which != letters.npos) {
      ++at_;
      value += meanings[which];
      return;
    }
    const std::size_t first = at_;
    std::uint32_t code = unit();
    if (is_surrogate(code)) {  // the high half, so the low half follows
      check_at(first, code < 0xDC00 && at_ < text_.size() && text_[at_++] == '\\',
               "half of a surrogate pair");
      const std::uint32_t low = unit();
      check_at(first, low >= 0xDC00 && low < 0xE000, "half of a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(value, code);
  }

  /// `u` and four hexadecimal digits.
  std::uint32_t unit() {
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

  void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size()); }

  bool accept(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void expect(char c, std::string_view what) {
    if (!accept(c)) expected(what);
  }
  void expect(char c) { expect(c, fmt::format("'{}'", c)); }

  [[noreturn]] void expected(std::string_view what) const {
    const int c = at_ < text_.size() ? static_cast<unsigned char>(text_[at_]) : -1;
    const std::string found = c < 0                 ? "the end of the header"
                              : c > ' ' && c < 0x7F ? fmt::format("'{}'", static_cast<char>(c))
                                                    : fmt::format("the byte 0x{:02x}", c);
    fail<DataError>("load: {}, offset {}: expected {}, found {}", file_, 8 + at_, what, found);
  }

  template <class... Args>
  void check_at(std::size_t at, bool ok, fmt::format_string<const Args&...> text,
                const Args&... args) const {
    if (ok) return;
    fail<DataError>("load: {}, offset {}: {}", file_, 8 + at,
                    fmt::vformat(text, fmt::make_format_args(args...)));
  }

  const std::string& file_;
  std::string_view text_;
  std::uint64_t data_bytes_;
  std::size_t at_ = 0;
  std::vector<Entry> entries_;
  std::unordered_set<std::string> names_;
};

}  // namespace

std::string write_header(const std::vector<Entry>& entries) {
  std::string header = "{";
  for (const Entry& entry : entries) {
    check(entry.name.size() <= max_name_bytes, "save: a name of {} bytes is longer than {}",
          entry.name.size(), max_name_bytes);
    check(is_utf8(entry.name), "save: a name is not UTF-8");
    const auto dtype =
        std::ranges::find(dtypes, entry.dtype, [](const auto& d) { return d.dtype; });
    header += fmt::format("{}{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                          header.size() > 1 ? "," : "", quote(entry.name), dtype->name,
                          fmt::join(entry.shape, ","), entry.begin, entry.end);
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');  // so that the elements stand aligned
  return header;
}

std::vector<Entry> read_header(const std::string& file, std::string_view header,
                               std::uint64_t data_bytes) {
  return Reader(file, header, data_bytes).read();
}

}  // namespace engram::safetensors
