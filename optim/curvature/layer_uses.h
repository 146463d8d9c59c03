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

/// One call of a layer y = x·Wᵀ + b: dense, or a convolution, which is the same over the patches
/// that its kernel sees.
struct LayerUse {
  Tensor weight;  ///< (out, in) or (out, in / groups, kh, kw)
  Tensor bias;    ///< (out,), or undefined where none of the parameters that learn is one
  std::size_t weight_number;  ///< of the weight among the parameters
  std::size_t bias_number;    ///< of the bias, if there is one
  Tensor input;               ///< (…, in) or (n, in, h, w)
  Shape output_shape;         ///< (…, out) or (n, out, h', w')
  Place output;               ///< its place alone, so that what comes next may still use its memory
  std::optional<Conv2dOptions> convolution{};

  /// How many rows the layer is: samples, or samples times positions of a convolution's window.
  std::int64_t rows() const;
  /// The rows a of the input: (rows, in), or the patches (n·h'·w', in·kh·kw). Error for a
  /// convolution in groups.
  Tensor input_rows() const;
  /// The rows δ of the gradient with respect to the output, (rows, out), beside those of a: the
  /// weight's gradient is Σ δ⊗a over the rows, the bias's Σ δ.
  Tensor gradient_rows(const Tensor& output_gradient) const;
};

/// How the parameters of a network were used by one call of it.
struct LayerUses {
  /// The calls of `linear` and `conv2d` with a weight among the parameters that learns, in order.
  /// Left out is a layer whose weight or bias had another use too: its gradient is not that of the
  /// layer alone.
  std::vector<LayerUse> layers;
  /// For each parameter, how often it was the input of an operation.
  std::vector<int> counts;
};

/// Calls `forward`, whether or not a tape records, and says how it used the parameters:
///
///     Tensor logits;
///     const LayerUses uses = layer_uses(parameters, [&] { logits = net(x); });
LayerUses layer_uses(const std::vector<Tensor>& parameters, const std::function<void()>& forward);

/// Runs backward from y, keeping the recording, and calls visit(k, δ) with the gradient with
/// respect to the output of layers[k] as soon as it is known: one of them at a time is alive. Not
/// called for a layer that y does not depend on. Errors as `Tape::backward`.
void visit_output_gradients(
    Tape& tape, const Tensor& y, const Tensor& cotangent, std::span<const LayerUse> layers,
    const std::function<void(std::size_t k, const Tensor& output_gradient)>& visit);

}  // namespace engram::optim
