#include <engram/autograd/create.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/data/dataset.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstring>
#include <utility>

namespace engram::data {
namespace {

/// Conversion of a stored element: none.
template <class X>
struct Same {
  using Y = X;
  Y operator()(X x) const { return x; }
};

/// Conversion of a stored element for a batch, by dtype.
template <class X>
struct Value : Same<X> {
  Value(double, double) {}
};

template <std::floating_point X>
struct Value<X> {
  using Y = X;
  Y scale, shift;
  Value(double s, double t) : scale(static_cast<Y>(s)), shift(static_cast<Y>(t)) {}
  Y operator()(X x) const { return x * scale + shift; }
};

template <>
struct Value<std::uint8_t> {
  using Y = float;
  std::array<float, 256> table;
  Value(double scale, double shift) {
    for (std::size_t i = 0; i < 256; ++i) {
      table[i] = static_cast<float>(static_cast<double>(i) / 255 * scale + shift);
    }
  }
  Y operator()(std::uint8_t x) const { return table[x]; }
};

/// One sample y (m,) of a batch from the stored x: y[j] = value(x[pixels[j]]), and value(0) where
/// pixels[j] is -1. For null pixels, y[j] = value(x[j]).
template <class X, class Value>
void pick_sample(const X* x, const std::int64_t* pixels, const Value& value, typename Value::Y* y,
                 std::int64_t m) {
  if (!pixels) {
    for (std::int64_t j = 0; j < m; ++j) y[j] = value(x[j]);
    return;
  }
  for (std::int64_t j = 0; j < m; ++j) {
    const std::int64_t pixel = pixels[j];
    const X stored = x[std::max<std::int64_t>(pixel, 0)];  // read always: saves a branch
    y[j] = value(pixel < 0 ? X{0} : stored);
  }
}

Shape with_rows(const Shape& sample, std::int64_t rows) {
  Shape shape = {rows};
  for (std::int64_t size : sample) shape.push_back(size);
  return shape;
}

Shape without_rows(const Shape& shape) { return Shape(std::span(shape.begin() + 1, shape.end())); }

std::span<const std::int64_t> numbers(const Tensor& x) { return x.data<std::int64_t>(); }

/// list[place] for each place; the places themselves for an undefined list.
Tensor chosen(const Tensor& list, std::span<const std::int64_t> places) {
  Tensor result({std::ssize(places)}, i64);
  auto to = result.data<std::int64_t>().begin();
  for (std::int64_t place : places) {
    *to++ = list.defined() ? numbers(list)[static_cast<std::size_t>(place)] : place;
  }
  return result;
}

}  // namespace

// Views: `set_data` of the caller's tensors does not affect the data set.
Dataset::Dataset(const Tensor& x, const Tensor& y)
    : x_(view(x, x.shape())), y_(view(y, y.shape())), dtype_(x.dtype()) {
  check_shape(x_.rank() >= 1 && y_.rank() >= 1,
              "Dataset: needs an axis of samples in x and in y, x is {}, y is {}", x_.shape(),
              y_.shape());
  check_shape(x_.size(0) == y_.size(0), "Dataset: x has {} samples, y has {}", x_.size(0),
              y_.size(0));
  sample_ = without_rows(x_.shape());
  check_data(sample_.numel() > 0, "Dataset: samples of shape {} have no elements", sample_);
}

template <class X, class Value>
Tensor Dataset::pick(std::span<const std::int64_t> rows, const Value& value) const {
  using Y = typename Value::Y;
  const Tensor& stored = samples();
  const auto count = static_cast<std::int64_t>(rows.size());
  const std::int64_t n = without_rows(stored.shape()).numel(), m = sample_.numel();
  Tensor x(with_rows(sample_, count), dtype_of<Y>());
  const X* from = stored.data<X>().data();
  Y* to = x.data<Y>().data();
  const std::int64_t* pixels = pixels_.defined() ? numbers(pixels_).data() : nullptr;
  kernels::parallel_for(
      count, kernels::groups_per_grain(m), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          pick_sample(from + rows[static_cast<std::size_t>(i)] * n, pixels, value, to + i * m, m);
        }
      });
  return x;
}

Batch Dataset::batch(std::span<const std::int64_t> rows, const Epoch& epoch) const {
  check_rows("Dataset::batch", rows);
  const Tensor stored = chosen(rows_, rows), ids = random_ ? chosen(ids_, rows) : stored;
  const Tensor x = dispatch(
      dtype_, [&]<class X>() { return pick<X>(numbers(stored), Value<X>(scale_, shift_)); });
  return {mapped("map", functions_, x, numbers(ids),
                 Generator(epoch.seed, "Dataset::map").substream(epoch.number)),
          mapped("map_targets", target_functions_, pick_targets(numbers(stored)), numbers(ids),
                 Generator(epoch.seed, "Dataset::map_targets").substream(epoch.number))};
}

/// All samples, in order: rearranged, not converted.
Tensor Dataset::stored_samples() const {
  if (!rows_.defined() && !pixels_.defined()) {
    return view(samples(), with_rows(sample_, size()));
  }
  const Tensor rows = rows_.defined() ? rows_ : arange(size());
  return dispatch(dtype_, [&]<class X>() { return pick<X>(numbers(rows), Same<X>()); });
}

Tensor Dataset::pick_targets(std::span<const std::int64_t> stored) const {
  Tensor y(y_.shape().with(0, static_cast<std::int64_t>(stored.size())), y_.dtype());
  const std::size_t bytes =
      static_cast<std::size_t>(without_rows(y_.shape()).numel()) * size_of(y_.dtype());
  std::byte* to = y.bytes().data();
  for (std::int64_t row : stored) {
    std::memcpy(to, y_.bytes().data() + static_cast<std::size_t>(row) * bytes, bytes);
    to += bytes;
  }
  return y;
}

Batch Dataset::all(const Epoch& epoch) const { return batch(numbers(arange(size())), epoch); }

Tensor Dataset::stored_targets() const {
  return pick_targets(numbers(rows_.defined() ? rows_ : arange(size())));
}

Tensor Dataset::targets(const Epoch& epoch) const {
  if (target_functions_.empty()) return stored_targets();
  return mapped("map_targets", target_functions_, stored_targets(),
                numbers(ids_.defined() ? ids_ : arange(size())),
                Generator(epoch.seed, "Dataset::map_targets").substream(epoch.number));
}

Dataset Dataset::subset(std::span<const std::int64_t> rows) const {
  check_rows("Dataset::subset", rows);
  Dataset result = *this;
  result.rows_ = chosen(rows_, rows);
  if (random_) result.ids_ = chosen(ids_, rows);
  return result;
}

Dataset Dataset::slice(std::int64_t start, std::int64_t stop) const {
  check(start >= 0 && start <= stop && stop <= size(),
        "Dataset::slice: samples from {} to {} do not lie within {}", start, stop, size());
  const auto numbers_of = [&](const Tensor& list) {
    return view(list.defined() ? list : arange(stop), {stop - start}, start);
  };
  Dataset result = *this;
  if (random_) result.ids_ = numbers_of(ids_);
  if (rows_.defined() || later_) {
    result.rows_ = numbers_of(rows_);
  } else {
    const auto part = [&](const Tensor& x) {
      return view(x, x.shape().with(0, stop - start), start * without_rows(x.shape()).numel());
    };
    result.x_ = part(x_);
    result.y_ = part(y_);
  }
  return result;
}

Dataset Dataset::take(std::int64_t count) const {
  check(count >= 0, "Dataset::take: the number of samples must be at least 0, got {}", count);
  return slice(0, std::min(count, size()));
}

Dataset Dataset::pad(std::int64_t margin) const {
  check_before_map("Dataset::pad");
  const int rank = sample_.rank();
  check_shape(rank >= 2, "Dataset::pad: needs samples (…, height, width), got {}", sample_);
  check(margin >= 0, "Dataset::pad: the margin must be at least 0, got {}", margin);
  // No tensor has a larger margin; with this one the sums below do not overflow.
  check_shape(margin <= std::int64_t{1} << 26, "Dataset::pad: a margin of {} is too large", margin);
  const std::int64_t height = sample_[rank - 2], width = sample_[rank - 1];
  const Tensor before = pixels_.defined() ? pixels_ : arange(sample_.numel());
  Dataset result = *this;
  result.sample_[rank - 2] += 2 * margin;
  result.sample_[rank - 1] += 2 * margin;
  check_sizes(result.sample_);
  result.pixels_ = full({result.sample_.numel()}, -1, i64);
  const std::int64_t* from = numbers(before).data();
  std::int64_t* to = result.pixels_.data<std::int64_t>().data();
  for (std::int64_t row = 0; row < sample_.numel() / width; ++row) {
    const std::int64_t image = row / height, line = row % height + margin;
    std::copy_n(from + row * width, width,
                to + (image * (height + 2 * margin) + line) * (width + 2 * margin) + margin);
  }
  return result;
}

Dataset Dataset::flatten() const {
  check_before_map("Dataset::flatten");
  Dataset result = *this;
  result.sample_ = {sample_.numel()};
  return result;
}

Dataset Dataset::permute_pixels(std::span<const std::int64_t> permutation) const {
  check_before_map("Dataset::permute_pixels");
  const std::int64_t n = sample_.numel();
  check(static_cast<std::int64_t>(permutation.size()) == n,
        "Dataset::permute_pixels: {} numbers for samples of {} elements", permutation.size(), n);
  std::vector<bool> seen(permutation.size());
  Dataset result = *this;
  result.pixels_ = Tensor({n}, i64);
  auto to = result.pixels_.data<std::int64_t>().begin();
  for (std::int64_t from : permutation) {
    check(from >= 0 && from < n && !seen[static_cast<std::size_t>(from)],
          "Dataset::permute_pixels: not a permutation of 0 to {}: {} is {}", n - 1, from,
          from >= 0 && from < n ? "there twice" : "out of range");
    seen[static_cast<std::size_t>(from)] = true;
    *to++ = pixels_.defined() ? numbers(pixels_)[static_cast<std::size_t>(from)] : from;
  }
  return result;
}

Dataset Dataset::normalize(double mean, double std) const {
  check_before_map("Dataset::normalize");
  check(std > 0, "Dataset::normalize: std must be above 0, got {}", std);
  check_dtype(dtype_ == u8 || is_floating(dtype_),
              "Dataset::normalize: {} samples are not converted", dtype_);
  Dataset result = *this;
  result.scale_ = scale_ / std;
  result.shift_ = (shift_ - mean) / std;
  return result;
}

void Dataset::check_rows(const char* caller, std::span<const std::int64_t> rows) const {
  for (std::int64_t row : rows) {
    check(row >= 0 && row < size(), "{}: there is no sample {}, there are {}", caller, row, size());
  }
}

void Dataset::check_before_map(const char* caller) const {
  check(functions_.empty(), "{}: must come before map", caller);
}

}  // namespace engram::data
