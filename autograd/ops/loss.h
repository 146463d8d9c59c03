#pragma once

#include <engram/autograd/tensor.h>

#include <cstdint>

namespace engram {

// Losses, with PyTorch's definitions and defaults; f32 or f64.

/// What becomes of the losses of the single positions: their mean, their sum, or a tensor of them.
enum class Reduction { mean, sum, none };

struct CrossEntropyOptions {
  Reduction reduction = Reduction::mean;
  double label_smoothing = 0;        ///< ε in [0, 1]: mixes the target with the uniform distribution
  std::int64_t ignore_index = -100;  ///< positions with this label do not count
  Tensor weight{};                   ///< of each class, (C,); by default 1
};

/// −Σ_c q_c · w_c · log softmax(logits)_c for each position, where the classes are axis 1 of
/// logits (N, C, …) and q is the target distribution.
///
/// target (N, …) of i64 holds class indices: q is one-hot. The mean divides by the sum of the
/// weights of the labels that count; it is NaN when there are none. Error for a label that is no
/// class and not ignored.
/// target (N, C, …) of the logits' dtype holds q itself. The mean divides by the number of positions,
/// and ignore_index must be negative, since it has no meaning.
/// ShapeError and DTypeError for anything else.
Tensor cross_entropy(const Tensor& logits, const Tensor& target,
                     const CrossEntropyOptions& options = {});

struct NLLLossOptions {
  Reduction reduction = Reduction::mean;
  std::int64_t ignore_index = -100;  ///< positions with this label do not count
  Tensor weight{};                   ///< of each class, (C,); by default 1
};

/// −w_t · log_probs_t for each position with label t: the second half of cross_entropy, with the
/// same shapes and errors, for log_probs that `log_softmax` made. Only class indices.
Tensor nll_loss(const Tensor& log_probs, const Tensor& target, const NLLLossOptions& options = {});

}  // namespace engram
