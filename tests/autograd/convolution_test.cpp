#include <doctest/doctest.h>
#include <engram/autograd/gradcheck.h>
#include <engram/autograd/memory.h>
#include <engram/autograd/ops/convolution.h>
#include <engram/autograd/sanitized.h>
#include <engram/autograd/threads.h>

#include <engram/engram.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "instruction_sets.h"

using namespace engram;

namespace {

struct Case {
  std::string name;
  Shape x, weight;
  Conv2dOptions options{};
};

// Among them: a kernel as large as its padded input, a window that never reaches the last rows, one
// entirely in the padding, and enough images for several blocks of columns and threads.
const Case cases[] = {
    {"plain", {2, 3, 5, 6}, {4, 3, 3, 2}},
    {"one pixel", {1, 1, 1, 1}, {1, 1, 1, 1}},
    {"pointwise", {3, 4, 3, 5}, {2, 4, 1, 1}},
    {"pointwise, grouped", {2, 4, 3, 3}, {6, 2, 1, 1}, {.groups = 2}},
    {"pointwise, padded", {2, 2, 3, 3}, {2, 2, 1, 1}, {.padding = {1, 0}}},
    {"stride", {2, 2, 7, 6}, {3, 2, 3, 2}, {.stride = {2, 3}}},
    {"padding", {2, 2, 4, 5}, {3, 2, 3, 3}, {.padding = {1, 2}}},
    {"only padding", {1, 1, 2, 2}, {2, 1, 2, 2}, {.stride = 2, .padding = 3}},
    {"kernel fills it", {2, 1, 2, 3}, {2, 1, 4, 3}, {.padding = {1, 0}}},
    {"dilation", {2, 2, 7, 8}, {2, 2, 3, 3}, {.dilation = {2, 3}}},
    {"groups", {2, 6, 4, 4}, {4, 3, 2, 3}, {.groups = 2}},
    {"depthwise", {2, 3, 4, 5}, {6, 1, 3, 3}, {.padding = 1, .groups = 3}},
    {"all at once", {3, 4, 9, 8}, {6, 2, 2, 3}, {2, {2, 1}, {3, 2}, 2}},
    {"no images", {0, 2, 4, 4}, {3, 2, 3, 3}},
    {"no input channels", {2, 0, 4, 4}, {3, 0, 3, 3}},
    {"no output channels", {2, 2, 4, 4}, {0, 2, 3, 3}},
    {"strides beyond the kernel", {2, 4, 5, 6}, {2, 4, 2, 1}, {.stride = 2}},
    {"strides, padded", {1, 4, 5, 4}, {2, 4, 3, 3}, {.stride = 2, .padding = {1, 3}}},
    {"strides, no images", {0, 4, 5, 5}, {2, 4, 3, 3}, {.stride = 2}},
    {"strides of the columns", {2, 4, 7, 6}, {3, 4, 3, 3}, {{1, 2}, 1, {2, 1}}},
    {"strides of one column", {2, 4, 3, 1}, {3, 4, 2, 1}, {.stride = 2}},
    {"larger strides", {2, 5, 11, 10}, {3, 5, 3, 3}, {.stride = 3}},
    {"strides and dilation", {2, 4, 11, 10}, {3, 4, 3, 3}, {.stride = 2, .dilation = 2}},
    {"strides beyond the image", {2, 4, 1, 2}, {3, 4, 1, 2}, {.stride = 2, .padding = {0, 1}}},
};

// Several blocks, strips and threads; enough channels for dx to be a convolution of dy.
const Case large_cases[] = {
    {"strided", {5, 6, 70, 40}, {4, 3, 5, 5}, {.stride = {1, 2}, .padding = 2, .groups = 2}},
    {"channels", {2, 50, 9, 11}, {3, 50, 3, 3}, {.padding = 1}},
    {"strips", {1, 48, 150, 40}, {49, 48, 3, 3}},
    {"only padding", {1, 64, 8, 8}, {5, 64, 1, 1}, {.padding = 2}},
    {"dilated groups", {2, 100, 9, 10}, {4, 50, 3, 3}, {1, 2, 2, 2}},
    {"deep", {3, 49, 5, 5}, {2, 49, 2, 2}, {.stride = 2, .padding = 1}},
    {"pixels", {3, 60, 1, 1}, {7, 60, 1, 1}},
    // Enough channels and tiles for Winograd's convolution, and once too few: tiles that extend
    // past the image, images smaller than a tile, strips of several images, images of several
    // strips, and large padding. With many channels few tiles are one strip.
    {"tiles", {4, 33, 9, 21}, {35, 33, 3, 3}},
    {"tiles, padded", {4, 32, 13, 10}, {32, 32, 3, 3}, {.padding = {1, 2}}},
    {"few tiles, few channels", {1, 17, 12, 11}, {16, 17, 3, 3}, {.padding = 1}},
    {"too few tiles", {1, 40, 6, 9}, {33, 40, 3, 3}, {.padding = 1}},
    {"one strip", {1, 130, 8, 7}, {81, 130, 3, 3}, {.padding = 1}},
    {"one strip, small images", {17, 65, 3, 3}, {160, 65, 3, 3}, {.padding = {1, 2}}},
    {"one strip, as large as it may be", {1, 103, 32, 34}, {102, 103, 3, 3}, {.padding = {1, 0}}},
    {"one strip, wide", {1, 120, 2, 99}, {90, 120, 3, 3}, {.padding = 1}},
    {"small images", {130, 32, 3, 3}, {33, 32, 3, 3}},
    {"small images, padded", {129, 32, 1, 2}, {32, 32, 3, 3}, {.padding = 1}},
    {"wide tiles", {2, 32, 3, 150}, {32, 32, 3, 3}},
    {"high tiles", {2, 32, 150, 3}, {32, 32, 3, 3}},
    {"tiles, padded more than the kernel", {130, 32, 3, 3}, {32, 32, 3, 3}, {.padding = {3, 5}}},
    {"far padding", {2, 32, 2, 3}, {32, 32, 3, 3}, {.padding = {9, 12}}},
    // Enough positions and few enough channels for conv2d_weight_gradient_by_dot: with and without
    // a remainder of a vector, several strips, strides, gaps, groups.
    {"one channel", {3, 1, 18, 18}, {7, 1, 3, 3}, {.padding = 1}},
    {"whole vectors", {2, 2, 16, 16}, {3, 2, 5, 5}, {.padding = 2}},
    {"few channels, strips", {2, 2, 300, 250}, {2, 2, 3, 3}},
    {"few channels, strided", {2, 3, 40, 37}, {4, 3, 5, 3}, {.stride = 2, .padding = 1}},
    {"few channels, all at once", {2, 4, 60, 50}, {6, 2, 4, 3}, {2, {2, 1}, {1, 3}, 2}},
    {"few channels, a kernel too wide for that", {2, 1, 1, 20000}, {3, 1, 1, 600}},
    // The input's gradient with strides, several strips and threads.
    {"strides", {3, 20, 45, 38}, {70, 20, 3, 3}, {.stride = 2, .padding = 1}},
    {"strides of one axis, grouped", {3, 10, 45, 38}, {8, 5, 5, 4}, {{2, 1}, {2, 1}, 1, 2}},
    // Gaps wider than the positions, or not much narrower.
    {"as wide as the image", {2, 3, 40, 30}, {5, 3, 3, 30}},
    {"nearly as wide", {2, 3, 9, 35}, {5, 3, 2, 14}, {{1, 2}, {0, 1}, {1, 2}}},
    {"gaps of vectors", {2, 5, 6, 70}, {5, 5, 3, 9}, {.dilation = {1, 4}}}};
const Case& large = large_cases[0];

Tensor numbers(const Shape& shape, std::uint64_t seed, DType dtype = f64) {
  Generator generator(seed);
  return randn(shape, dtype, generator);
}

/// The formula of the documentation.
Tensor direct(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dOptions& o) {
  const auto out_size = [](auto in, auto k, auto stride, auto padding, auto dilation) {
    return (in + 2 * padding - dilation * (k - 1) - 1) / stride + 1;
  };
  const std::int64_t h = x.size(2), w = x.size(3), kh = weight.size(2), kw = weight.size(3);
  const std::int64_t channels = weight.size(1), out = weight.size(0);
  Tensor y =
      zeros({x.size(0), out, out_size(h, kh, o.stride.height, o.padding.height, o.dilation.height),
             out_size(w, kw, o.stride.width, o.padding.width, o.dilation.width)},
            f64);
  std::size_t at = 0;
  for (std::int64_t n = 0; n < y.size(0); ++n)
    for (std::int64_t m = 0; m < out; ++m)
      for (std::int64_t i = 0; i < y.size(2); ++i)
        for (std::int64_t j = 0; j < y.size(3); ++j, ++at) {
          double total = bias.data<double>()[static_cast<std::size_t>(m)];
          for (std::int64_t c = 0; c < channels; ++c)
            for (std::int64_t k = 0; k < kh; ++k)
              for (std::int64_t l = 0; l < kw; ++l) {
                const std::int64_t row =
                    i * o.stride.height - o.padding.height + k * o.dilation.height;
                const std::int64_t column =
                    j * o.stride.width - o.padding.width + l * o.dilation.width;
                if (row < 0 || row >= h || column < 0 || column >= w) continue;
                const std::int64_t channel = m / (out / o.groups) * channels + c;
                const auto xi = ((n * x.size(1) + channel) * h + row) * w + column;
                const auto wi = ((m * channels + c) * kh + k) * kw + l;
                total += x.data<double>()[static_cast<std::size_t>(xi)] *
                         weight.data<double>()[static_cast<std::size_t>(wi)];
              }
          y.data<double>()[at] = total;
        }
  return y;
}

double largest_difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  return a.numel() == 0 ? 0 : max(abs(a - b)).item();
}

double inner_product(const Tensor& a, const Tensor& b) { return sum(a * b).item(); }

Tensor image(const Tensor& batch, std::int64_t n) {
  return view(batch, batch.shape().with(0, 1), n * batch.numel() / batch.size(0));
}

}  // namespace

TEST_CASE("conv2d: values by hand") {
  const Tensor x = tensor({1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 1, 3, 3});
  const Tensor weight = tensor({1, 0, 0, -2}, {1, 1, 2, 2});
  CHECK(largest_difference(conv2d(x, weight), tensor({-9, -10, -12, -13}, {1, 1, 2, 2})) == 0);
  CHECK(largest_difference(conv2d(x, weight, tensor({10}), {.stride = 2, .padding = 1}),
                           tensor({8, 4, -4, -3}, {1, 1, 2, 2})) == 0);
}

TEST_CASE("conv2d: the formula, for every case") {
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const Tensor x = numbers(c.x, 1), weight = numbers(c.weight, 2),
                 bias = numbers({c.weight[0]}, 3);
    const Tensor expected = direct(x, weight, bias, c.options);
    CHECK(largest_difference(conv2d(x, weight, bias, c.options), expected) < 1e-13);
    CHECK(largest_difference(conv2d(x, weight, {}, c.options),
                             direct(x, weight, zeros_like(bias), c.options)) < 1e-13);
  }
  for (const Case& c : large_cases) {
    CAPTURE(c.name);
    const Tensor x = numbers(c.x, 1), weight = numbers(c.weight, 2),
                 bias = numbers({c.weight[0]}, 3);
    const Tensor expected = direct(x, weight, bias, c.options);
    for (const auto set : sets()) {
      const Using use(set);
      CAPTURE(set_name(set));
      CHECK(largest_difference(conv2d(x, weight, bias, c.options), expected) < 1e-12);
    }
  }
}

TEST_CASE("conv2d: f32 agrees with f64") {
  const auto widened = [](const Tensor& t) {
    std::vector<double> values(t.data<float>().begin(), t.data<float>().end());
    return tensor(values, t.shape());
  };
  // In units of the error bound of a sum of these terms in any order: eps · Σ |a||b|.
  const auto error = [&](const Tensor& y, const Tensor& exact, const Tensor& magnitude) {
    return largest_difference(widened(y), exact) / (max(magnitude).item() * 0x1p-23);
  };
  for (const Case& c : large_cases) {
    if (c.x.numel() > 500'000) continue;
    CAPTURE(c.name);
    const Tensor x = numbers(c.x, 1, f32), weight = numbers(c.weight, 2, f32);
    const Tensor dy = numbers(conv2d(x, weight, {}, c.options).shape(), 3, f32);
    const auto compute = [&](const Tensor& u, const Tensor& v, const Tensor& w) {
      return std::array{conv2d(u, v, {}, c.options), conv2d_input_gradient(w, v, c.x, c.options),
                        conv2d_weight_gradient(u, w, c.weight, c.options)};
    };
    const Tensor wide_x = widened(x), wide_weight = widened(weight), wide_dy = widened(dy);
    const auto exact = compute(wide_x, wide_weight, wide_dy);
    const auto magnitude = compute(abs(wide_x), abs(wide_weight), abs(wide_dy));
    for (const auto set : sets()) {
      const Using use(set);
      CAPTURE(set_name(set));
      const auto narrow = compute(x, weight, dy);
      for (std::size_t k = 0; k < 3; ++k) CHECK(error(narrow[k], exact[k], magnitude[k]) < 4);
    }
  }
}

TEST_CASE("conv2d: first and second derivatives") {
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const auto f = [&](const auto& in) { return conv2d(in[0], in[1], in[2], c.options); };
    const std::vector<Tensor> inputs = {numbers(c.x, 1), numbers(c.weight, 2),
                                        numbers({c.weight[0]}, 3)};
    const auto first = gradcheck(f, inputs), second = gradgradcheck(f, inputs);
    CHECK_MESSAGE(first, first.report);
    CHECK_MESSAGE(second, second.report);
  }
}

TEST_CASE("conv2d: its two gradients are operations with gradients of their own") {
  const Case& c = cases[12];
  const Tensor x = numbers(c.x, 1), weight = numbers(c.weight, 2);
  const Tensor dy = numbers(conv2d(x, weight, {}, c.options).shape(), 3);
  const auto input_gradient = [&](const auto& in) {
    return conv2d_input_gradient(in[0], in[1], c.x, c.options);
  };
  const auto weight_gradient = [&](const auto& in) {
    return conv2d_weight_gradient(in[0], in[1], c.weight, c.options);
  };
  for (const auto& result :
       {gradcheck(input_gradient, {dy, weight}), gradgradcheck(input_gradient, {dy, weight}),
        gradcheck(weight_gradient, {x, dy}), gradgradcheck(weight_gradient, {x, dy})}) {
    CHECK_MESSAGE(result, result.report);
  }
}

TEST_CASE("conv2d: the gradients of large images, as adjoints") {
  for (const Case& c : large_cases) {
    CAPTURE(c.name);
    const Tensor x = numbers(c.x, 1), weight = numbers(c.weight, 2);
    const Tensor y = conv2d(x, weight, {}, c.options), dy = numbers(y.shape(), 3);
    const double expected = inner_product(dy, y);
    for (const auto set : sets()) {
      const Using use(set);
      CAPTURE(set_name(set));
      CHECK(inner_product(x, conv2d_input_gradient(dy, weight, c.x, c.options)) ==
            doctest::Approx(expected).epsilon(1e-11));
      CHECK(inner_product(weight, conv2d_weight_gradient(x, dy, c.weight, c.options)) ==
            doctest::Approx(expected).epsilon(1e-11));
    }
  }
}

TEST_CASE("conv2d: the same bits for every number of threads") {
  const int threads = num_threads();
  for (const Case& c : large_cases) {
    if (c.x.numel() > 500'000) continue;
    for (const DType dtype : {f32, f64}) {
      CAPTURE(c.name);
      CAPTURE(std::string(name_of(dtype)));
      const Tensor x = numbers(c.x, 1, dtype), weight = numbers(c.weight, 2, dtype);
      const Tensor dy = numbers(conv2d(x, weight, {}, c.options).shape(), 3, dtype);
      const auto compute = [&](int count) {
        set_num_threads(count);
        return std::array{conv2d(x, weight, {}, c.options),
                          conv2d_input_gradient(dy, weight, c.x, c.options),
                          conv2d_weight_gradient(x, dy, c.weight, c.options),
                          conv2d_weight_squares(x, dy, c.weight, c.options)};
      };
      for (const auto set : sets()) {
        const Using use(set);
        CAPTURE(set_name(set));
        const auto one = compute(1);
        for (const int count : {2, 3, 4, 8}) {
          const auto many = compute(count);
          CAPTURE(count);
          for (std::size_t k = 0; k < one.size(); ++k) {
            CAPTURE(k);
            CHECK(std::ranges::equal(one[k].bytes(), many[k].bytes()));
          }
        }
      }
    }
  }
  set_num_threads(threads);
}

TEST_CASE("conv2d_weight_squares: those of a loop over batches of one") {
  for (const Case& c : {cases[0], cases[2], cases[5], cases[11], cases[12], large}) {
    CAPTURE(c.name);
    const Tensor x = numbers(c.x, 1), weight = numbers(c.weight, 2);
    const Tensor dy = numbers(conv2d(x, weight, {}, c.options).shape(), 4);
    Tensor wanted = zeros_like(weight);
    for (std::int64_t n = 0; n < x.size(0); ++n) {
      wanted =
          wanted + square(conv2d_weight_gradient(image(x, n), image(dy, n), c.weight, c.options));
    }
    const Tensor squares = conv2d_weight_squares(x, dy, c.weight, c.options);
    CHECK(max(abs(squares / wanted - 1)).item() < 1e-12);
  }
}

TEST_CASE("conv2d_patches, conv2d_weight_squares: no gradient passes in silence") {
  const Tensor x = ones({1, 1, 3, 3}), dy = ones({1, 1, 2, 2});
  x.set_requires_grad();
  const Tape tape;
  CHECK_THROWS_WITH_AS(conv2d_patches(x, {1, 1, 2, 2}),
                       "conv2d_patches: it has no gradient; detach() makes a constant of its input",
                       AutogradError);
  CHECK_THROWS_WITH_AS(
      conv2d_weight_squares(x, dy, {1, 1, 2, 2}),
      "conv2d_weight_squares: it has no gradient; detach() makes a constant of its input",
      AutogradError);
}

TEST_CASE("conv2d_patches: their product with the kernels is the convolution") {
  for (const Case& c : cases) {
    if (c.options.groups != 1) continue;
    CAPTURE(c.name);
    const Tensor x = numbers(c.x, 1), weight = numbers(c.weight, 2);
    const Tensor patches = conv2d_patches(x, c.weight, c.options);
    if (patches.size(0) == 0 || weight.numel() == 0) continue;
    const Tensor y = permute(conv2d(x, weight, {}, c.options), {0, 2, 3, 1});
    const Tensor product =
        linear(patches, reshape(weight, {c.weight[0], weight.numel() / c.weight[0]}));
    CHECK(max(abs(reshape(product, y.shape()) - y)).item() <= 1e-12 * max(abs(y)).item() + 1e-300);
  }
}

#if !defined(ENGRAM_SANITIZED)  // under which the pool recycles nothing
TEST_CASE("conv2d: on one thread the second step takes no memory from the system") {
  const int threads = num_threads();
  set_num_threads(1);
  const Tensor x = numbers({8, 3, 40, 40}, 1), weight = numbers({5, 3, 3, 3}, 2);
  weight.set_requires_grad();
  const auto step = [&] {
    Tape tape;
    tape.backward(sum(conv2d(x, weight)));
    weight.set_grad({});
  };
  step();
  const auto before = memory::stats().allocations;
  step();
  CHECK(memory::stats().allocations == before);
  set_num_threads(threads);
}
#endif

TEST_CASE("conv2d: wrong shapes, dtypes and options") {
  const Tensor x = ones({2, 3, 4, 5}), weight = ones({8, 3, 3, 3});
  CHECK_THROWS_WITH_AS(conv2d(ones({3, 4, 5}), weight),
                       "conv2d: input must be (n, channels, height, width), got (3, 4, 5)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(conv2d(x, ones({8, 3, 3})),
                       "conv2d: weight must be (out, in / groups, height, width), got (8, 3, 3)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(conv2d(x, ones({8, 1, 5, 5})),
                       "conv2d: input has 3 channels, weight (8, 1, 5, 5) expects 1", ShapeError);
  CHECK_THROWS_WITH_AS(conv2d(x, weight, {}, {.groups = 2}),
                       "conv2d: 2 groups do not divide 3 input and 8 output channels", ShapeError);
  CHECK_THROWS_WITH_AS(conv2d(x, ones({8, 1, 3, 3}), {}, {.groups = 3}),
                       "conv2d: 3 groups do not divide 3 input and 8 output channels", ShapeError);
  CHECK_THROWS_WITH_AS(conv2d(x, ones({6, 3, 3, 3}), {}, {.groups = 3}),
                       "conv2d: input has 3 channels, weight (6, 3, 3, 3) expects 9", ShapeError);
  CHECK_THROWS_WITH_AS(conv2d(x, weight, ones({7})),
                       "conv2d: bias is (7,), weight (8, 3, 3, 3) expects (8,)", ShapeError);
  CHECK_THROWS_WITH_AS(conv2d(x, ones({8, 3, 5, 3})),
                       "conv2d: kernel (5, 3) is larger than the padded input (4, 5)", ShapeError);
  CHECK_THROWS_WITH_AS(
      conv2d(x, weight, {}, {.padding = {1, 0}, .dilation = 3}),
      "conv2d: kernel (3, 3) dilated to (7, 7) is larger than the padded input (6, 5)", ShapeError);
  CHECK_THROWS_WITH_AS(conv2d(ones({1, 3, 0, 5}), ones({8, 3, 1, 1})),
                       "conv2d: kernel (1, 1) is larger than the padded input (0, 5)", ShapeError);
  CHECK_THROWS_WITH_AS(conv2d(x, ones({8, 3, 0, 3})),
                       "conv2d: kernel must be at least 1, got (0, 3)", Error);
  CHECK_THROWS_WITH_AS(conv2d(x, weight, {}, {.stride = {1, 0}}),
                       "conv2d: stride must be at least 1, got (1, 0)", Error);
  CHECK_THROWS_WITH_AS(conv2d(x, weight, {}, {.padding = -1}),
                       "conv2d: padding must be at least 0, got (-1, -1)", Error);
  CHECK_THROWS_WITH_AS(conv2d(x, weight, {}, {.dilation = {0, 1}}),
                       "conv2d: dilation must be at least 1, got (0, 1)", Error);
  CHECK_THROWS_WITH_AS(conv2d(x, weight, {}, {.groups = 0}),
                       "conv2d: groups must be at least 1, got 0", Error);
  CHECK_THROWS_WITH_AS(conv2d(x, weight, {}, {.padding = {1, std::int64_t{1} << 40}}),
                       "conv2d: padding (1, 1099511627776) is too large", Error);
  CHECK_THROWS_WITH_AS(conv2d(x, weight, {}, {.padding = 1 << 20}),
                       "conv2d: output (2097154, 2097155) is too large", ShapeError);
  CHECK_THROWS_WITH_AS(conv2d(x, ones({8, 3, 3, 3}, f64)), "conv2d: dtypes differ: f32 and f64",
                       DTypeError);
  CHECK_THROWS_WITH_AS(conv2d(x, weight, ones({8}, f64)), "conv2d: dtypes differ: f32 and f64",
                       DTypeError);
  CHECK_THROWS_WITH_AS(conv2d(ones({1, 1, 2, 2}, i64), ones({1, 1, 2, 2}, i64)),
                       "conv2d: needs f32 or f64, got i64", DTypeError);
  CHECK_THROWS_WITH_AS(
      conv2d_input_gradient(ones({2, 8, 2, 2}), weight, x.shape()),
      "conv2d_input_gradient: dy is (2, 8, 2, 2), input (2, 3, 4, 5) and weight (8, 3, 3, 3) make "
      "(2, 8, 2, 3)",
      ShapeError);
  CHECK_THROWS_WITH_AS(
      conv2d_weight_gradient(x, ones({1, 8, 2, 3}), weight.shape()),
      "conv2d_weight_gradient: dy is (1, 8, 2, 3), input (2, 3, 4, 5) and weight (8, 3, 3, 3) make "
      "(2, 8, 2, 3)",
      ShapeError);
}
