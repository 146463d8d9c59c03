// oneDNN: convolutions, forward and both backward passes, and sgemm. The convolutions work in their
// fastest layout; the conversion to it is not measured, as in a network that stays in that layout.
// Winograd's algorithm, which trades accuracy for speed, is excluded.
#include "common/contestant.h"
#include "common/work.h"

#include <oneapi/dnnl/dnnl.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace bench {
namespace {

using namespace dnnl;

struct Device {
  engine cpu{engine::kind::cpu, 0};
  stream queue{cpu};
};

Device& device() {
  static Device only;
  return only;
}

std::size_t count(const memory::desc& desc) {
  std::size_t n = 1;
  for (memory::dim size : desc.dims()) n *= static_cast<std::size_t>(size);
  return n;
}

memory::desc plain(const memory::dims& dims) {
  return {dims, memory::data_type::f32, memory::format_tag::nchw};
}
/// Random numbers in the layout of `desc`.
memory input(const memory::dims& dims, const memory::desc& desc, std::uint64_t stream_number) {
  memory numbers(plain(dims), device().cpu), result(desc, device().cpu);
  bench_fill(static_cast<float*>(numbers.get_data_handle()), count(desc), stream_number, -1, 1);
  reorder(numbers, result).execute(device().queue, numbers, result);
  device().queue.wait();
  return result;
}

double digest(const memory& x) {
  memory numbers(plain(x.get_desc().dims()), device().cpu);
  memory source = x;
  reorder(source, numbers).execute(device().queue, source, numbers);
  device().queue.wait();
  return bench_digest(static_cast<const float*>(numbers.get_data_handle()), count(x.get_desc()));
}

Work work(const primitive& operation, const std::unordered_map<int, memory>& arguments,
          const memory& result) {
  return repeat(
      [=] {
        operation.execute(device().queue, arguments);
        device().queue.wait();
      },
      [=] { return digest(result); });
}

/// `forward|input|weight`, then images, channels, height, width, output channels, kernel, stride,
/// padding; all tensors in one layout, or each in the one that oneDNN prefers (`any`).
Work convolution(std::istringstream words, memory::format_tag layout) {
  std::string direction;
  memory::dim n, c, h, w, out, k, stride, pad;
  words >> direction >> n >> c >> h >> w >> out >> k >> stride >> pad;
  const memory::dims x_dims = {n, c, h, w}, w_dims = {out, c, k, k};
  const memory::dims y_dims = {n, out, (h + 2 * pad - k) / stride + 1,
                               (w + 2 * pad - k) / stride + 1};
  const memory::dims strides = {stride, stride}, padding = {pad, pad};
  const auto desc = [&](const memory::dims& dims) {
    return memory::desc(dims, memory::data_type::f32, layout);
  };
  const memory::desc x = desc(x_dims), weight = desc(w_dims), y = desc(y_dims);
  const auto algorithm = algorithm::convolution_direct;
  const engine& cpu = device().cpu;

  const convolution_forward::primitive_desc forward(
      {direction == "forward" ? prop_kind::forward_inference : prop_kind::forward_training,
       algorithm, x, weight, y, strides, padding, padding},
      cpu);
  if (direction == "forward") {
    const memory result(forward.dst_desc(), cpu);
    return work(convolution_forward(forward),
                {{DNNL_ARG_SRC, input(x_dims, forward.src_desc(), BENCH_INPUT)},
                 {DNNL_ARG_WEIGHTS, input(w_dims, forward.weights_desc(), BENCH_OTHER)},
                 {DNNL_ARG_DST, result}},
                result);
  }
  if (direction == "input") {
    const convolution_backward_data::primitive_desc backward(
        {algorithm, x, weight, y, strides, padding, padding}, cpu, forward);
    const memory result(backward.diff_src_desc(), cpu);
    return work(convolution_backward_data(backward),
                {{DNNL_ARG_DIFF_DST, input(y_dims, backward.diff_dst_desc(), BENCH_GRADIENT)},
                 {DNNL_ARG_WEIGHTS, input(w_dims, backward.weights_desc(), BENCH_OTHER)},
                 {DNNL_ARG_DIFF_SRC, result}},
                result);
  }
  const convolution_backward_weights::primitive_desc backward(
      {algorithm, x, weight, y, strides, padding, padding}, cpu, forward);
  const memory result(backward.diff_weights_desc(), cpu);
  return work(convolution_backward_weights(backward),
              {{DNNL_ARG_SRC, input(x_dims, backward.src_desc(), BENCH_INPUT)},
               {DNNL_ARG_DIFF_DST, input(y_dims, backward.diff_dst_desc(), BENCH_GRADIENT)},
               {DNNL_ARG_DIFF_WEIGHTS, result}},
              result);
}

double seconds_once(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work.run(1);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The faster of both layouts: oneDNN's preferred one is not always the faster.
Work best_convolution(std::istringstream& words) {
  const std::string rest(std::istreambuf_iterator<char>(words), {});
  const Work preferred = convolution(std::istringstream(rest), memory::format_tag::any);
  const Work ordinary = convolution(std::istringstream(rest), memory::format_tag::nchw);
  const auto least = [](const Work& work) {
    double time = seconds_once(work);
    for (int i = 0; i < 4; ++i) time = std::min(time, seconds_once(work));
    return time;
  };
  return least(preferred) <= least(ordinary) ? preferred : ordinary;
}

/// `gemm transpose_a transpose_b m n k`
Work product(std::istream& words) {
  bool ta, tb;
  memory::dim m, n, k;
  words >> ta >> tb >> m >> n >> k;
  std::vector<float> a(static_cast<std::size_t>(m * k)), b(static_cast<std::size_t>(k * n));
  bench_fill(a.data(), a.size(), BENCH_INPUT, -1, 1);
  bench_fill(b.data(), b.size(), BENCH_OTHER, -1, 1);
  auto c = std::make_shared<std::vector<float>>(static_cast<std::size_t>(m * n));
  return repeat(
      [=] {
        sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', m, n, k, 1, a.data(), ta ? m : k, b.data(),
              tb ? k : n, 0, c->data(), n);
      },
      [c] { return bench_digest(c->data(), c->size()); });
}

Work make(std::istringstream& words) {
  std::string kind;
  words >> kind;
  if (kind == "conv") return best_convolution(words);
  if (kind == "gemm") return product(words);
  return {};
}

}  // namespace
}  // namespace bench

int main() { return bench::serve<bench::make>(""); }
