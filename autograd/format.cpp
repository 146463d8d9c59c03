#include <engram/autograd/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace engram {
namespace {

// NumPy's print options.
constexpr int precision = 8;              // digits after the point
constexpr std::int64_t threshold = 1000;  // an array of more elements is summarised
constexpr std::int64_t edge_items = 3;    // printed at each end of an axis then
constexpr std::size_t line_width = 75;

/// A number split into the digits before and after the point, and its exponent, if any: `-1`, `25`,
/// `+07`. The fraction has no trailing zeros.
struct Parts {
  std::string whole, fraction, exponent;
};

template <class T, class... Format>
std::string to_chars(T x, Format... format) {
  char text[64];  // enough: fixed notation is used below 1e8 only
  return {text, std::to_chars(text, text + sizeof text, x, format...).ptr};
}

std::string to_chars(bool x) { return x ? "true" : "false"; }

/// The text before and after the first `mark`.
std::pair<std::string, std::string> split(const std::string& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string::npos) return {text, ""};
  return {text.substr(0, at), text.substr(at + 1)};
}

Parts cut(const std::string& text) {
  const auto [number, exponent] = split(text, 'e');
  auto [whole, fraction] = split(number, '.');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return {whole, fraction, exponent};
}

/// The shortest digits that read back as x; x rounded to `digits` after the point if they are more.
template <class T>
Parts scientific(T x, int digits) {
  const Parts shortest = cut(to_chars(x, std::chars_format::scientific));
  if (static_cast<int>(shortest.fraction.size()) <= digits) return shortest;
  return cut(to_chars(x, std::chars_format::scientific, digits));
}

/// The same without an exponent.
template <class T>
Parts positional(T x, int digits) {
  Parts parts = cut(to_chars(x, std::chars_format::scientific));
  const int exponent = std::atoi(parts.exponent.c_str());
  if (static_cast<int>(parts.fraction.size()) - exponent > digits) {
    return cut(to_chars(x, std::chars_format::fixed, digits));
  }
  parts.exponent.clear();
  if (exponent >= 0) {
    const auto moved = static_cast<std::size_t>(exponent);
    parts.fraction.resize(std::max(parts.fraction.size(), moved), '0');
    parts.whole += parts.fraction.substr(0, moved);
    parts.fraction.erase(0, moved);
  } else {
    const bool negative = parts.whole[0] == '-';
    parts.fraction = std::string(static_cast<std::size_t>(-exponent - 1), '0') +
                     parts.whole.substr(negative) + parts.fraction;
    parts.whole = negative ? "-0" : "0";
  }
  return parts;
}

std::string special(double x) { return std::isnan(x) ? "nan" : x < 0 ? "-inf" : "inf"; }

std::string padded(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

/// All elements in one format, as wide as the widest.
template <class T>
std::vector<std::string> words_of_floats(const std::vector<T>& values) {
  double largest = 0, smallest = std::numeric_limits<double>::infinity();
  for (T x : values) {
    if (!std::isfinite(x) || x == 0) continue;
    largest = std::max<double>(largest, std::abs(x));
    smallest = std::min<double>(smallest, std::abs(x));
  }
  // NumPy divides in the array's own type.
  const bool exponents =
      largest > 0 && (largest >= 1e8 || smallest < 1e-4 ||
                      static_cast<T>(largest) / static_cast<T>(smallest) > T{1000});

  std::vector<Parts> parts(values.size());
  std::size_t left = 0, right = 0, exponent = 0, widest_special = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      widest_special = std::max(widest_special, special(values[i]).size());
      continue;
    }
    parts[i] = exponents ? scientific(values[i], precision) : positional(values[i], precision);
    left = std::max(left, parts[i].whole.size());
    right = std::max(right, parts[i].fraction.size());
    exponent = std::max(exponent, parts[i].exponent.size());
  }

  const std::size_t behind = right + (exponents ? 1 + exponent : 0);
  const std::size_t width = std::max(left + 1 + behind, widest_special);
  std::vector<std::string> words;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      words.push_back(padded(special(values[i]), width));
      continue;
    }
    if (exponents) {
      // All have the same number of digits, even where fewer read back as the number.
      parts[i] = cut(to_chars(values[i], std::chars_format::scientific, static_cast<int>(right)));
      std::string& power = parts[i].exponent;
      power.insert(1, exponent - power.size(), '0');
    }
    auto& [whole, fraction, power] = parts[i];
    fraction.resize(right, exponents ? '0' : ' ');
    words.push_back(padded(whole + '.' + fraction + (exponents ? 'e' + power : ""), width));
  }
  return words;
}

template <class T>
std::vector<std::string> words_of(const std::vector<T>& values) {
  if constexpr (std::is_floating_point_v<T>) {
    return words_of_floats(values);
  } else {
    std::vector<std::string> words;
    std::size_t width = 0;
    for (T x : values) {
      words.push_back(to_chars(x));
      width = std::max(width, words.back().size());
    }
    for (std::string& word : words) word = padded(word, width);
    return words;
  }
}

/// A scalar has all its digits, and `.0` if its fraction is empty.
template <class T>
std::string scalar_text(T x) {
  if constexpr (!std::is_floating_point_v<T>) {
    return to_chars(x);
  } else {
    constexpr int all = 1000;
    if (!std::isfinite(x)) return special(x);
    const double size = std::abs(x);
    if (size != 0 && (size < 1e-4 || size >= 1e16)) {
      const auto [whole, fraction, exponent] = scientific(x, all);
      return whole + (fraction.empty() ? "" : ".") + fraction + 'e' + exponent;
    }
    const auto [whole, fraction, exponent] = positional(x, all);
    return whole + '.' + (fraction.empty() ? "0" : fraction);
  }
}

/// Puts words into brackets, rows below each other.
class Layout {
 public:
  explicit Layout(const Shape& shape) : shape_(shape), summary_(shape.numel() > threshold) {}

  /// Positions of the elements that are printed, in order.
  std::vector<std::int64_t> positions() const {
    std::vector<std::int64_t> found;
    collect(0, 0, found);
    return found;
  }

  std::string print(const std::vector<std::string>& words) const {
    auto word = words.begin();
    return nested(0, word);
  }

 private:
  static constexpr std::int64_t gap = -1;

  /// The indices along an axis that are printed, with a gap where others are left out.
  std::vector<std::int64_t> shown(int axis) const {
    const std::int64_t size = shape_[axis];
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < size; ++i) {
      if (summary_ && i == edge_items && size > 2 * edge_items) {
        indices.push_back(gap);
        i = size - edge_items;
      }
      indices.push_back(i);
    }
    return indices;
  }

  void collect(int axis, std::int64_t start, std::vector<std::int64_t>& found) const {
    if (axis == shape_.rank()) {
      found.push_back(start);
      return;
    }
    for (std::int64_t i : shown(axis)) {
      if (i != gap) collect(axis + 1, start + i * strides(shape_)[axis], found);
    }
  }

  std::string nested(int axis, std::vector<std::string>::const_iterator& word) const {
    const std::string indent(static_cast<std::size_t>(axis) + 1, ' ');
    const int axes_left = shape_.rank() - axis;
    std::string text, line = indent;
    for (std::int64_t i : shown(axis)) {
      if (axes_left > 1) {
        if (!text.empty()) text.append(static_cast<std::size_t>(axes_left - 1), '\n');
        text += indent + (i == gap ? "..." : nested(axis + 1, word));
        continue;
      }
      const std::string item = i == gap ? "..." : *word++;
      // The brackets that may follow an item must fit on the line as well.
      if (line.size() + item.size() + indent.size() > line_width && line.size() > indent.size()) {
        text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
        line = indent;
      }
      line += item + ' ';
    }
    if (axes_left == 1) text += line.substr(0, line.size() - 1);
    return '[' + text.substr(indent.size()) + ']';
  }

  Shape shape_;
  bool summary_;
};

std::string text_of(const Tensor& x) {
  if (!x.defined()) return "undefined";
  if (x.numel() == 0) return "[]";
  return dispatch(x.dtype(), [&]<class T>() {
    if (x.rank() == 0) return scalar_text(x.item<T>());
    const Layout layout(x.shape());
    std::vector<T> values;
    for (std::int64_t at : layout.positions()) {
      values.push_back(x.data<T>()[static_cast<std::size_t>(at)]);
    }
    return layout.print(words_of(values));
  });
}

}  // namespace
}  // namespace engram

fmt::format_context::iterator fmt::formatter<engram::Tensor>::format(
    const engram::Tensor& x, fmt::format_context& context) const {
  return std::ranges::copy(engram::text_of(x), context.out()).out;
}
