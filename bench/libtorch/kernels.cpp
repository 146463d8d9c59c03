// Single operations without gradients, into preallocated memory:
//
//     map add|relu|exp|tanh N
//     sum N
//     softmax ROWS COLUMNS
//     conv forward|input|weight IMAGES CHANNELS HEIGHT WIDTH OUT KERNEL STRIDE PADDING
#include "data.h"
#include "makers.h"

#include "common/work.h"

#include <stdexcept>

namespace bench {
namespace {

using torch::Tensor;

/// A work that calls f(result), and compares `result`.
template <class F>
Work call(F f) {
  auto result = std::make_shared<Tensor>(torch::empty({0}));
  return repeat(
      [=] {
        torch::NoGradGuard no_grad;
        f(*result);
      },
      [result] { return digest(*result); });
}

Work map(std::istream& words) {
  std::string name;
  std::int64_t n;
  words >> name >> n;
  const Tensor x = uniform({n}, BENCH_INPUT, -1, 1);
  if (name == "relu") return call([=](Tensor& y) { torch::clamp_min_out(y, x, 0); });
  if (name == "exp") return call([=](Tensor& y) { torch::exp_out(y, x); });
  if (name == "tanh") return call([=](Tensor& y) { torch::tanh_out(y, x); });
  if (name != "add") throw std::invalid_argument("no operation " + name);
  const Tensor other = uniform({n}, BENCH_OTHER, -1, 1);
  return call([=](Tensor& y) { torch::add_out(y, x, other); });
}

Work convolution(std::istream& words) {
  std::string direction;
  std::int64_t n, c, h, w, out, k, stride, pad;
  words >> direction >> n >> c >> h >> w >> out >> k >> stride >> pad;
  const Tensor x = uniform({n, c, h, w}, BENCH_INPUT, -1, 1);
  const Tensor weight = uniform({out, c, k, k}, BENCH_OTHER, -1, 1);
  if (direction == "forward") {
    return call([=](Tensor& y) { y = torch::conv2d(x, weight, {}, stride, pad); });
  }
  const std::int64_t y_h = (h + 2 * pad - k) / stride + 1, y_w = (w + 2 * pad - k) / stride + 1;
  const Tensor dy = uniform({n, out, y_h, y_w}, BENCH_GRADIENT, -1, 1);
  const bool input = direction == "input";
  const std::vector<std::int64_t> strides(2, stride), padding(2, pad), ones(2, 1), zeros(2, 0);
  return call([=](Tensor& y) {
    const auto gradients =
        torch::convolution_backward(dy, x, weight, c10::nullopt, strides, padding, ones, false,
                                    zeros, 1, {input, !input, false});
    y = input ? std::get<0>(gradients) : std::get<1>(gradients);
  });
}

}  // namespace

Work make_kernel_work(std::istringstream& words) {
  std::string kind;
  words >> kind;
  if (kind == "map") return map(words);
  if (kind == "conv") return convolution(words);
  std::int64_t rows = 0, columns = 0;
  if (kind == "sum" && words >> rows) {
    return call([x = uniform({rows}, BENCH_INPUT, 0, 1)](Tensor& y) { y = torch::sum(x); });
  }
  if (kind == "softmax" && words >> rows >> columns) {
    return call([x = uniform({rows, columns}, BENCH_INPUT, -1, 1)](Tensor& y) {
      torch::softmax_out(y, x, 1);
    });
  }
  return {};
}

}  // namespace bench
