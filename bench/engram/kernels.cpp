// Single operations, without a tape:
//
//     conv forward|input|weight IMAGES CHANNELS HEIGHT WIDTH OUT KERNEL STRIDE PADDING
//     gemm TRANSPOSE_A TRANSPOSE_B M N K
//     map add|relu|exp|tanh N
//     sum N
//     softmax ROWS COLUMNS
#include "makers.h"
#include "network.h"

#include "common/work.h"

#include <stdexcept>

namespace bench {
namespace {

using namespace engram;

/// A work that calls f, and compares its result.
template <class F>
Work call(F f) {
  auto result = std::make_shared<Tensor>();
  return repeat([=] { *result = f(); }, [result] { return digest(*result); });
}

Work convolution(std::istream& words) {
  std::string direction;
  std::int64_t n, c, h, w, out, k, stride, pad;
  words >> direction >> n >> c >> h >> w >> out >> k >> stride >> pad;
  const Conv2dOptions options = {.stride = stride, .padding = pad};
  const Shape y_shape = {n, out, (h + 2 * pad - k) / stride + 1, (w + 2 * pad - k) / stride + 1};
  const Tensor x = uniform({n, c, h, w}, BENCH_INPUT, -1, 1);
  const Tensor weight = uniform({out, c, k, k}, BENCH_OTHER, -1, 1);
  const Tensor dy = uniform(y_shape, BENCH_GRADIENT, -1, 1);
  if (direction == "forward") return call([=] { return conv2d(x, weight, {}, options); });
  if (direction == "input") {
    return call([=] { return conv2d_input_gradient(dy, weight, x.shape(), options); });
  }
  return call([=] { return conv2d_weight_gradient(x, dy, weight.shape(), options); });
}

Work product(std::istream& words) {
  bool ta, tb;
  std::int64_t m, n, k;
  words >> ta >> tb >> m >> n >> k;
  const Tensor a = uniform(ta ? Shape{k, m} : Shape{m, k}, BENCH_INPUT, -1, 1);
  const Tensor b = uniform(tb ? Shape{n, k} : Shape{k, n}, BENCH_OTHER, -1, 1);
  return call([=] { return matmul(a, b, {.transpose_a = ta, .transpose_b = tb}); });
}

Work map(std::istream& words) {
  std::string name;
  std::int64_t n;
  words >> name >> n;
  const Tensor x = uniform({n}, BENCH_INPUT, -1, 1);
  if (name == "relu") return call([=] { return relu(x); });
  if (name == "exp") return call([=] { return exp(x); });
  if (name == "tanh") return call([=] { return tanh(x); });
  if (name != "add") throw std::invalid_argument("no operation " + name);
  const Tensor y = uniform({n}, BENCH_OTHER, -1, 1);
  return call([=] { return x + y; });
}

}  // namespace

Work make_kernel_work(std::istringstream& words) {
  std::string kind;
  words >> kind;
  if (kind == "conv") return convolution(words);
  if (kind == "gemm") return product(words);
  if (kind == "map") return map(words);
  std::int64_t rows = 0, columns = 0;
  if (kind == "sum" && words >> rows) {
    return call([x = uniform({rows}, BENCH_INPUT, 0, 1)] { return sum(x); });
  }
  if (kind == "softmax" && words >> rows >> columns) {
    return call([x = uniform({rows, columns}, BENCH_INPUT, -1, 1)] { return softmax(x, 1); });
  }
  return {};
}

}  // namespace bench
