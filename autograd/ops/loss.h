#pragma once

#include <engram/autograd/tensor.h>

#include <cstdint>

namespace engram {

// Losses, with PyTorch's definitions and defaults; f32 or f64.

/// The losses of the positions reduced to their mean or sum, or returned as a tensor.
enum class Reduction { mean, sum, none };

struct CrossEntropyOptions {
  Reduction reduction = Reduction::mean;
  double label_smoothing = 0;  ///< ε in [0, 1]: mixes the target with the uniform distribution
  std::int64_t ignore_index = -100;  ///< positions with this label do not count
  Tensor weight{};                   ///< of each class, (C,); by default 1; a constant
};

/// −Σ_c q_c · w_c · log softmax(logits)_c for each position, where the classes are axis 1 of
/// logits (N, C, …) and q is the target distribution. The gradient is dy·(softmax(logits)·Σq − q).
///
/// target (N, …) of i64 holds class indices: q is one-hot. The mean divides by the sum of the
/// weights of the labels that are not ignored; it is NaN when all are. Logits at an ignored
/// position may be NaN, and their gradient is 0 (PyTorch: NaN then). Error for a label that is no
/// class and not ignored. target (N, C, …) of the logits' dtype holds q itself. The mean divides by
/// the number of positions; ignore_index has no meaning, and must be negative. ShapeError and
/// DTypeError for any other target.
Tensor cross_entropy(const Tensor& logits, const Tensor& target,
                     const CrossEntropyOptions& options = {});

struct NLLLossOptions {
  Reduction reduction = Reduction::mean;
  std::int64_t ignore_index = -100;  ///< positions with this label do not count
  Tensor weight{};                   ///< of each class, (C,); by default 1
};

/// −w_t · log_probs_t for each position with label t: cross_entropy of the result of `log_softmax`,
/// with the same shapes and errors. Only class indices.
Tensor nll_loss(const Tensor& log_probs, const Tensor& target, const NLLLossOptions& options = {});

// The losses below compare input and target element by element. Both must have one shape
// (ShapeError; PyTorch broadcasts, with a warning, though unequal shapes are nearly always a
// mistake) and one dtype (DTypeError). A gradient flows into either.

struct LossOptions {
  Reduction reduction = Reduction::mean;
};

/// (input − target)²
Tensor mse_loss(const Tensor& input, const Tensor& target, const LossOptions& options = {});

/// |input − target|; the gradient is 0 where they are equal.
Tensor l1_loss(const Tensor& input, const Tensor& target, const LossOptions& options = {});

struct HuberLossOptions {
  Reduction reduction = Reduction::mean;
  double delta = 1;  ///< δ: |input − target| where the parabola meets the line; Error unless > 0
};

/// With e = input − target: ½e² where |e| ≤ δ, δ(|e| − ½δ) elsewhere.
Tensor huber_loss(const Tensor& input, const Tensor& target, const HuberLossOptions& options = {});

struct BCEWithLogitsOptions {
  Reduction reduction = Reduction::mean;
  Tensor weight{};      ///< of each element
  Tensor pos_weight{};  ///< p, of the positive class: above 1 for recall, below for precision
};

/// −(p · t log σ(x) + (1 − t) log(1 − σ(x))) · weight for logits x and targets t in [0, 1], stable
/// for any x. weight and pos_weight broadcast to x: ShapeError. The mean divides by the number of
/// elements. The gradient of x is ((1 − t)·σ(x) − p·t·σ(−x)) · weight, exact in both tails
/// (PyTorch: σ(x) − t, which rounds to 0 where a positive is nearly certain).
Tensor bce_with_logits(const Tensor& input, const Tensor& target,
                       const BCEWithLogitsOptions& options = {});

/// `batchmean` divides the sum by the size of the leading axis, as in the mathematical definition
/// of the divergence; `mean` divides by the number of elements.
enum class KLDivReduction { mean, batchmean, sum, none };

struct KLDivOptions {
  KLDivReduction reduction = KLDivReduction::mean;
  bool log_target = false;  ///< the target holds log-probabilities too
};

/// t (log t − input), where input holds log-probabilities and target the probabilities t. t = 0 is
/// allowed; its gradient, log t + 1 − input, is -∞ (PyTorch: NaN).
Tensor kl_div(const Tensor& input, const Tensor& target, const KLDivOptions& options = {});

}  // namespace engram
