#pragma once

#include <engram/autograd/shape.h>

#include <cstdint>

// Softmax, log-softmax and cross entropy along the middle axis of x (outer, n, inner). A "line" is
// n elements along this axis; there are outer·inner lines. f32 and f64. The largest element of a
// line is subtracted first, so that nothing overflows.
namespace engram::kernels {

/// y = e^x / Σ e^x
template <class T>
void softmax(const AxisView& view, const T* x, T* y);
/// dx = y (dy − Σ dy·y)
template <class T>
void softmax_backward(const AxisView& view, const T* y, const T* dy, T* dx);

/// y = x − log Σ e^x
template <class T>
void log_softmax(const AxisView& view, const T* x, T* y);
/// dx = dy − e^y Σ dy
template <class T>
void log_softmax_backward(const AxisView& view, const T* y, const T* dy, T* dx);

/// The labels of cross entropy. Line l with label t = label[l] has the target distribution
///     q[c] = weight[c] · (confidence·[c = t] + uniform),
/// and with the ignored label 0.
template <class T>
struct Labels {
  const std::int64_t* label;
  std::int64_t ignored;
  const T* weight;  // (n,), or null for all ones
  T confidence;     // 1 − label smoothing
  T uniform;        // label smoothing / n

  T weight_of(std::int64_t c) const { return weight ? weight[c] : T{1}; }
};

/// log Σ e^x of each line as two terms: in their sum the second would be lost to rounding where the
/// first is large.
template <class T>
struct LogSumExp {
  T* largest;  // of the line
  T* log_sum;  // log Σ e^(x − largest)
};

/// A factor for each line, or one for all.
template <class T>
struct LineScale {
  const T* data;
  bool per_line;
};

/// loss[l] = −Σ q log softmax(x), 0 for an ignored line, and the terms of log Σ e^x, which backward
/// reads.
template <class T>
void cross_entropy(const AxisView& view, const T* x, const Labels<T>& labels, T* loss,
                   const LogSumExp<T>& log_sum_exp);
/// dx = scale · (softmax(x) Σ q − q)
template <class T>
void cross_entropy_backward(const AxisView& view, const T* x, const Labels<T>& labels,
                            const LogSumExp<const T>& log_sum_exp, const LineScale<T>& scale,
                            T* dx);

}  // namespace engram::kernels
