#pragma once

#include <engram/optim/curvature/layer_uses.h>

#include <functional>
#include <optional>
#include <vector>

// The gradients of single samples, without a pass for each: a dense layer with rows a of its input
// and δ of its output's gradient, one a sample, has the gradients δ_n⊗a_n.
namespace engram::optim {

/// One loss for each sample of a batch: x (N, …), y (N, …) -> (N,). It must treat the samples
/// independently.
using SampleLosses = std::function<Tensor(const Tensor& x, const Tensor& y)>;

/// The gradient of each sample's own loss, (N, …) for a parameter (…); 0 where the loss does not
/// depend on the parameter, or it is frozen. Every loss goes backward alone unless all parameters
/// belong to dense layers of N rows and to convolutions that are used once.
///
///     const auto gradients = optim::per_sample_gradients(
///         [&](const Tensor& x, const Tensor& y) {
///           return cross_entropy(net(x), y, {.reduction = Reduction::none});
///         },
///         net.parameters(), x, y);
///
/// ShapeError unless the losses are (N,).
std::vector<Tensor> per_sample_gradients(const SampleLosses& losses,
                                         const std::vector<Tensor>& parameters, const Tensor& x,
                                         const Tensor& y);

/// Calls `visit` with the gradients of g·y with respect to the parameters, for each sample n of so
/// many, y = `output(n)` recorded of that sample alone and each g of `cotangents(n, y)`: a backward
/// for each of them, slower than by layers and right for any network. Undefined for a parameter
/// that y does not depend on.
void visit_sample_gradients(
    std::int64_t samples, const std::function<Tensor(std::int64_t n)>& output,
    const std::function<std::vector<Tensor>(std::int64_t n, const Tensor& y)>& cotangents,
    const std::vector<Tensor>& parameters,
    const std::function<void(const std::vector<Tensor>& gradients)>& visit);

/// Whether the gradients of all parameters that learn and were used fall into those of the samples:
/// each belongs to a dense layer of that many rows, or to a convolution of that many images, and to
/// nothing else.
bool separates_samples(const std::vector<Tensor>& parameters, const LayerUses& uses,
                       std::int64_t samples);

/// For each parameter, the sum over the cotangents g and the samples n of (∂(g_n·y_n)/∂θ)², element
/// by element, where y (N, …) was recorded by the call that `uses` is of, and g has y's shape.
/// Keeps the recording. Undefined for a parameter that y does not depend on. The uses must separate
/// the samples.
///
/// Of a dense layer (δ∘δ)ᵀ(a∘a), which is linear in δ∘δ: one product for all cotangents.
std::vector<Tensor> per_sample_squares(Tape& tape, const Tensor& y,
                                       const std::vector<Tensor>& parameters, const LayerUses& uses,
                                       const std::vector<Tensor>& cotangents);

}  // namespace engram::optim
