#pragma once

#include <cstdint>

// Softmax and what is built on it, along the middle axis of x (outer, n, inner). A "line" is the n
// elements that belong together; there are outer·inner lines. f32 and f64. The largest element of a
// line is subtracted first, so nothing overflows.
namespace engram::kernels {

/// y = e^x / Σ e^x
template <class T>
void softmax(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* x, T* y);
/// dx = y (dy − Σ dy·y)
template <class T>
void softmax_backward(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* y,
                      const T* dy, T* dx);

/// y = x − log Σ e^x
template <class T>
void log_softmax(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* x, T* y);
/// dx = dy − e^y Σ dy
template <class T>
void log_softmax_backward(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* y,
                          const T* dy, T* dx);

/// The labels of cross entropy. Line l with label t = label[l] has the target distribution
///     q[c] = weight[c] · (confidence·[c = t] + uniform),
/// and one with the ignored label has none.
template <class T>
struct Labels {
  const std::int64_t* label;
  std::int64_t ignored;
  const T* weight;  // (n,), or null for all ones
  T confidence;     // 1 − label smoothing
  T uniform;        // label smoothing / n

  T weight_of(std::int64_t c) const { return weight ? weight[c] : T{1}; }
};

/// loss[l] = −Σ q log softmax(x), 0 for an ignored line; and what backward needs of each line: its
/// largest element, and the logarithm of Σ e^(x − largest). They are kept apart because their sum
/// would lose the second where the first is large.
template <class T>
void cross_entropy(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* x,
                   const Labels<T>& labels, T* loss, T* largest, T* log_sum);
/// dx = scale · (softmax(x) Σ q − q), with a scale for each line, or one for all.
template <class T>
void cross_entropy_backward(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* x,
                            const Labels<T>& labels, const T* largest, const T* log_sum,
                            const T* scale, bool scale_per_line, T* dx);

}  // namespace engram::kernels
