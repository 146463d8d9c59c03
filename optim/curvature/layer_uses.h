#pragma once

#include <engram/autograd/ops/convolution.h>
#include <engram/autograd/tape.h>
#include <engram/autograd/tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace engram::optim {

/// One call of a layer y = x·Wᵀ + b: a dense layer, or a convolution as a product over its patches
/// (im2col).
struct LayerUse {
  Tensor weight;              ///< (out, in) or (out, in / groups, kh, kw)
  Tensor bias;                ///< (out,), or undefined without a trainable bias
  std::size_t weight_number;  ///< index of the weight among the parameters
  std::size_t bias_number;    ///< index of the bias, if there is one
  Tensor input;               ///< (…, in) or (n, in, h, w)
  Shape output_shape;         ///< (…, out) or (n, out, h', w')
  Place output;               ///< its place on the tape alone: its memory may be reused
  std::optional<Conv2dOptions> convolution{};

  /// The number of rows: the product of a dense output's leading sizes, n·h'·w' of a convolution.
  std::int64_t rows() const;
  /// The rows a of the input: (rows, in), or the patches (n·h'·w', in·kh·kw). Error for a grouped
  /// convolution.
  Tensor input_rows() const;
  /// The rows δ of the gradient with respect to the output, (rows, out), in the order of those of
  /// a: the weight's gradient is Σ δ⊗a over the rows, the bias's Σ δ.
  Tensor gradient_rows(const Tensor& output_gradient) const;
};

/// The uses of a network's parameters in one forward pass.
struct LayerUses {
  /// The calls of `linear` and `conv2d` with a trainable weight among the parameters, in order. A
  /// layer whose weight or bias has another use too is left out: its gradient has other terms.
  std::vector<LayerUse> layers;
  /// For each parameter, how often it was the input of an operation.
  std::vector<int> counts;
};

/// Calls `forward`, recorded or not, and returns its uses of the parameters:
///
///     Tensor logits;
///     const LayerUses uses = layer_uses(parameters, [&] { logits = net(x); });
LayerUses layer_uses(const std::vector<Tensor>& parameters, const std::function<void()>& forward);

/// Runs the backward pass from y, keeping the recording, and calls visit(k, δ) with the gradient
/// with respect to the output of layers[k] as soon as it is known: only one δ is alive at a time. A
/// layer that y does not depend on is skipped. Errors as `Tape::backward`.
void visit_output_gradients(
    Tape& tape, const Tensor& y, const Tensor& cotangent, std::span<const LayerUse> layers,
    const std::function<void(std::size_t k, const Tensor& output_gradient)>& visit);

}  // namespace engram::optim
