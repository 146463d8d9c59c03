#include <engram/autograd/kernels/math.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/runs.h>
#include <engram/autograd/kernels/softmax.h>

#include <cmath>
#include <limits>
#include <type_traits>

namespace engram::kernels {
namespace {

/// Calls f(line, offset, stride) for every line: its number, the offset of its first element, and
/// the stride of its elements, where possible a compile-time 1.
template <class F>
void for_lines(const AxisView& view, F f) {
  const std::int64_t n = view.n, inner = view.inner;
  constexpr std::int64_t cost_of_exp = 8;  // in elements of a plain loop
  parallel_for(view.outer * inner, groups_per_grain(cost_of_exp * n),
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t line = begin; line < end; ++line) {
                   if (inner == 1) {
                     f(line, line * n, std::integral_constant<std::int64_t, 1>());
                   } else {
                     f(line, line / inner * n * inner + line % inner, inner);
                   }
                 }
               });
}

template <class T>
T largest_of(std::int64_t n, const T* x, auto stride) {
  return fold_run(
      n, -std::numeric_limits<T>::infinity(), [=](std::int64_t k) { return x[k * stride]; },
      [](T a, T b) { return a < b ? b : a; });
}

/// Σ e^(x − largest)
template <class T>
T sum_of_exp(std::int64_t n, const T* x, auto stride, T largest) {
  return static_cast<T>(
      sum_run<T>(n, [=](std::int64_t k) { return math::exp(x[k * stride] - largest); }));
}

}  // namespace

template <class T>
void softmax(const AxisView& view, const T* x, T* y) {
  const std::int64_t n = view.n;
  for_lines(view, [=](std::int64_t, std::int64_t offset, auto stride) {
    const T* in = x + offset;
    T* out = y + offset;
    const T largest = largest_of(n, in, stride);
    const T total = static_cast<T>(sum_run<T>(
        n, [=](std::int64_t k) { return out[k * stride] = math::exp(in[k * stride] - largest); }));
    for (std::int64_t k = 0; k < n; ++k) out[k * stride] /= total;
  });
}

template <class T>
void softmax_backward(const AxisView& view, const T* y, const T* dy, T* dx) {
  const std::int64_t n = view.n;
  for_lines(view, [=](std::int64_t, std::int64_t offset, auto stride) {
    const T *out = y + offset, *dout = dy + offset;
    T* din = dx + offset;
    const T dot = static_cast<T>(
        sum_run<T>(n, [=](std::int64_t k) { return dout[k * stride] * out[k * stride]; }));
    for (std::int64_t k = 0; k < n; ++k) {
      din[k * stride] = out[k * stride] * (dout[k * stride] - dot);
    }
  });
}

template <class T>
void log_softmax(const AxisView& view, const T* x, T* y) {
  const std::int64_t n = view.n;
  for_lines(view, [=](std::int64_t, std::int64_t offset, auto stride) {
    const T* in = x + offset;
    T* out = y + offset;
    const T largest = largest_of(n, in, stride);
    const T log_sum = math::log(sum_of_exp(n, in, stride, largest));
    for (std::int64_t k = 0; k < n; ++k) out[k * stride] = in[k * stride] - largest - log_sum;
  });
}

template <class T>
void log_softmax_backward(const AxisView& view, const T* y, const T* dy, T* dx) {
  const std::int64_t n = view.n;
  for_lines(view, [=](std::int64_t, std::int64_t offset, auto stride) {
    const T *out = y + offset, *dout = dy + offset;
    T* din = dx + offset;
    const T total = static_cast<T>(sum_run<T>(n, [=](std::int64_t k) { return dout[k * stride]; }));
    for (std::int64_t k = 0; k < n; ++k) {
      din[k * stride] = dout[k * stride] - math::exp(out[k * stride]) * total;
    }
  });
}

template <class T>
void cross_entropy(const AxisView& view, const T* x, const Labels<T>& labels, T* loss,
                   const LogSumExp<T>& log_sum_exp) {
  const std::int64_t n = view.n;
  T *const largest = log_sum_exp.largest, *const log_sum = log_sum_exp.log_sum;
  for_lines(view, [=](std::int64_t line, std::int64_t offset, auto stride) {
    const T* in = x + offset;
    const T top = largest_of(n, in, stride);
    const T log_total = math::log(sum_of_exp(n, in, stride, top));
    largest[line] = top;
    log_sum[line] = log_total;
    const std::int64_t label = labels.label[line];
    if (label == labels.ignored) {
      loss[line] = 0;
      return;
    }
    const auto surprise = [&](std::int64_t c) {  // −w log softmax(x)
      return labels.weight_of(c) * (top - in[c * stride] + log_total);
    };
    T total = labels.confidence * surprise(label);
    if (labels.uniform != 0) {
      for (std::int64_t c = 0; c < n; ++c) total += labels.uniform * surprise(c);
    }
    loss[line] = total;
  });
}

template <class T>
void cross_entropy_backward(const AxisView& view, const T* x, const Labels<T>& labels,
                            const LogSumExp<const T>& log_sum_exp, const LineScale<T>& scale,
                            T* dx) {
  const std::int64_t n = view.n;
  T uniform_mass = 0;
  for (std::int64_t c = 0; labels.uniform != 0 && c < n; ++c) {
    uniform_mass += labels.uniform * labels.weight_of(c);
  }
  for_lines(view, [=](std::int64_t line, std::int64_t offset, auto stride) {
    const T* in = x + offset;
    T* din = dx + offset;
    const std::int64_t label = labels.label[line];
    if (label == labels.ignored) {
      for (std::int64_t c = 0; c < n; ++c) din[c * stride] = 0;
      return;
    }
    const T factor = scale.data[scale.per_line ? line : 0];
    const T at_label = labels.confidence * labels.weight_of(label);
    const T mass = at_label + uniform_mass;
    const T largest = log_sum_exp.largest[line], log_sum = log_sum_exp.log_sum[line];
    // factor · (p · mass − q): the difference comes first, as factor may be infinite.
    const auto expected = [=](std::int64_t c) {
      return mass * math::exp(in[c * stride] - largest - log_sum);
    };
    if (labels.uniform == 0) {
      for (std::int64_t c = 0; c < n; ++c) din[c * stride] = factor * expected(c);
    } else {
      for (std::int64_t c = 0; c < n; ++c) {
        din[c * stride] = factor * (expected(c) - labels.uniform * labels.weight_of(c));
      }
    }
    const T others = labels.uniform == 0 ? T{0} : labels.uniform * labels.weight_of(label);
    din[label * stride] = factor * (expected(label) - at_label - others);
  });
}

#define INSTANTIATE(T)                                                              \
  template void softmax(const AxisView&, const T*, T*);                             \
  template void softmax_backward(const AxisView&, const T*, const T*, T*);          \
  template void log_softmax(const AxisView&, const T*, T*);                         \
  template void log_softmax_backward(const AxisView&, const T*, const T*, T*);      \
  template void cross_entropy(const AxisView&, const T*, const Labels<T>&, T*,      \
                              const LogSumExp<T>&);                                 \
  template void cross_entropy_backward(const AxisView&, const T*, const Labels<T>&, \
                                       const LogSumExp<const T>&, const LineScale<T>&, T*);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace engram::kernels
