#include <doctest/doctest.h>
#include <engram/engram.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "instruction_sets.h"

// Convolutions with NaN, infinity and the ends of the range, by every algorithm, compared with the
// direct sums. In outputs and the weight's gradient the zeros of the padding are multiplied, so
// that 0·∞ is NaN; the input's gradient has no padding. As in PyTorch.

using namespace engram;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();
constexpr float largest = std::numeric_limits<float>::max();
constexpr float smallest = std::numeric_limits<float>::denorm_min();

struct Case {
  std::string name;
  Shape x, weight;
  Conv2dOptions options{};
};

const Case cases[] = {
    {"tiles", {2, 16, 7, 9}, {17, 16, 3, 3}, {.padding = 1}},
    {"tiles, many", {3, 17, 22, 20}, {16, 17, 3, 3}},
    {"one strip", {1, 130, 8, 7}, {81, 130, 3, 3}, {.padding = 1}},
    {"sums of vectors", {2, 1, 18, 19}, {7, 1, 3, 3}, {.padding = 1}},
    {"sums of vectors, strided", {2, 3, 40, 37}, {4, 3, 5, 3}, {.stride = 2, .padding = 1}},
    {"products", {2, 8, 7, 9}, {9, 8, 3, 3}, {.padding = 1}},
    {"strides", {2, 5, 9, 8}, {6, 5, 3, 3}, {.stride = 2, .padding = 1}},
    {"groups", {2, 10, 6, 5}, {4, 5, 3, 2}, {1, {1, 0}, {1, 2}, 2}},
    {"large strides", {2, 5, 11, 10}, {3, 5, 3, 3}, {.stride = 3}},
    {"pointwise", {2, 20, 5, 4}, {18, 20, 1, 1}},
};

struct Results {
  std::vector<double> y, dx, dweight;
};

/// The direct sums of f32 numbers, computed in f64.
Results defined(const Case& c, const Tensor& x, const Tensor& weight, const Tensor& dy) {
  const Conv2dOptions& o = c.options;
  const std::int64_t channels = weight.size(1), out = weight.size(0);
  Results r{std::vector<double>(static_cast<std::size_t>(dy.numel())),
            std::vector<double>(static_cast<std::size_t>(x.numel())),
            std::vector<double>(static_cast<std::size_t>(weight.numel()))};
  const auto of = [](const Tensor& t, std::int64_t i) {
    return static_cast<double>(t.data<float>()[static_cast<std::size_t>(i)]);
  };
  std::int64_t at = 0;
  for (std::int64_t n = 0; n < dy.size(0); ++n)
    for (std::int64_t m = 0; m < out; ++m)
      for (std::int64_t i = 0; i < dy.size(2); ++i)
        for (std::int64_t j = 0; j < dy.size(3); ++j, ++at)
          for (std::int64_t k = 0; k < channels * weight.size(2) * weight.size(3); ++k) {
            const std::int64_t row = i * o.stride.height - o.padding.height +
                                     k / weight.size(3) % weight.size(2) * o.dilation.height;
            const std::int64_t column =
                j * o.stride.width - o.padding.width + k % weight.size(3) * o.dilation.width;
            const std::int64_t channel =
                m / (out / o.groups) * channels + k / weight.size(3) / weight.size(2);
            const bool inside = row >= 0 && row < x.size(2) && column >= 0 && column < x.size(3);
            const auto xi = ((n * x.size(1) + channel) * x.size(2) + row) * x.size(3) + column;
            const auto wi = m * channels * weight.size(2) * weight.size(3) + k;
            const double seen = inside ? of(x, xi) : 0;
            r.y[static_cast<std::size_t>(at)] += seen * of(weight, wi);
            r.dweight[static_cast<std::size_t>(wi)] += seen * of(dy, at);
            if (inside) r.dx[static_cast<std::size_t>(xi)] += of(weight, wi) * of(dy, at);
          }
  return r;
}

/// The first difference: "12: 3 in the place of inf"; "" if there is none.
std::string difference(const Tensor& result, const std::vector<double>& expected, double error) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double got = result.data<float>()[i], right = static_cast<float>(expected[i]);
    const bool same = std::isnan(right)   ? std::isnan(got)
                      : std::isinf(right) ? got == right
                                          : std::abs(got - expected[i]) <= error;
    if (!same) return fmt::format("{}: {} in the place of {}", i, got, right);
  }
  return "";
}

Tensor numbers(const Shape& shape, std::uint64_t seed, double scale = 1) {
  Generator generator(seed);
  return randn(shape, f32, generator) * scale;
}

/// Compares all three results under all instruction sets; each element may have an error of `error`
/// plus an underflow.
void check_all(const Case& c, const Tensor& x, const Tensor& weight, const Tensor& dy,
               const std::array<double, 3>& error) {
  const Results expected = defined(c, x, weight, dy);
  constexpr double unit = 64 * static_cast<double>(smallest);
  for (const auto set : sets()) {
    const Using use(set);
    CAPTURE(c.name);
    CAPTURE(set_name(set));
    CHECK(difference(conv2d(x, weight, {}, c.options), expected.y, error[0] + unit) == "");
    CHECK(difference(conv2d_input_gradient(dy, weight, c.x, c.options), expected.dx,
                     error[1] + unit) == "");
    CHECK(difference(conv2d_weight_gradient(x, dy, c.weight, c.options), expected.dweight,
                     error[2] + unit) == "");
  }
}

Shape output_of(const Case& c) {
  return conv2d(zeros(c.x), zeros(c.weight), {}, c.options).shape();
}

}  // namespace

TEST_CASE("conv2d: one infinity or NaN reaches what sees it, and nothing else") {
  for (const Case& c : cases) {
    const Shape y = output_of(c);
    for (std::size_t turn = 0; turn < 9; ++turn) {
      const Tensor x = numbers(c.x, 1), weight = numbers(c.weight, 2), dy = numbers(y, 3);
      // The first and the last element are at the edges.
      const Tensor& changed = turn % 3 == 0 ? x : turn % 3 == 1 ? weight : dy;
      const std::int64_t last = changed.numel() - 1;
      const std::int64_t at = std::array{std::int64_t{0}, last, last * 20 / 41}[turn / 3];
      changed.mutable_data<float>()[static_cast<std::size_t>(at)] =
          turn / 3 == 1 ? nan_value : infinity;
      CAPTURE(turn);
      check_all(c, x, weight, dy, {1e-3, 1e-3, 1e-2});
    }
  }
}

TEST_CASE("conv2d: large numbers, whose sums overflow though the results do not") {
  for (const Case& c : cases) {
    // Neighbours of opposite sign: their sums stay in range, their differences overflow.
    const Shape y = output_of(c);
    const auto alternating = [](const Shape& shape, double scale) {
      const Tensor t(shape, f32);
      const auto values = t.mutable_data<float>();
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<float>(i % 2 ? -scale : scale);
      }
      return t;
    };
    const double terms = 1e4, large = 0.9 * static_cast<double>(largest);
    const Tensor small_weight = numbers(c.weight, 2, 1e-30), small_dy = numbers(y, 3, 1e-30);
    const auto bound = [&](double a, double b) { return 1e-6 * terms * a * b; };
    check_all(c, alternating(c.x, large), small_weight, small_dy,
              {bound(large, 1e-30), bound(1e-30, 1e-30), bound(large, 1e-30)});
    check_all(c, numbers(c.x, 1, 1e-30), alternating(c.weight, large), small_dy,
              {bound(1e-30, large), bound(1e-30, large), bound(1e-30, 1e-30)});
    check_all(c, numbers(c.x, 1, 1e-30), small_weight, alternating(y, large),
              {bound(1e-30, 1e-30), bound(1e-30, large), bound(1e-30, large)});
  }
}

TEST_CASE("conv2d: denormal weights and large inputs") {
  for (const Case& c : cases) {
    const Tensor x = numbers(c.x, 1, 1e37), dy = numbers(output_of(c), 3, 1e-37);
    const Tensor weight(c.weight, f32);
    const auto values = weight.mutable_data<float>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = smallest * static_cast<float>(static_cast<int>(i * 7 % 11) - 5);
    }
    check_all(c, x, weight, dy, {1e-3 * 7e-45 * 1e37, 0, 1e-2});
    check_all(c, numbers(c.x, 1, 1e-37), weight, numbers(output_of(c), 3, 1e37),
              {0, 1e-3 * 7e-45 * 1e37, 1e-2});
  }
}
