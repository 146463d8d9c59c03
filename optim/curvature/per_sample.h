#pragma once

#include <engram/optim/curvature/layer_uses.h>

#include <functional>
#include <optional>
#include <vector>

// Per-sample gradients without a backward pass for each sample: with the row a_n of a dense layer's
// input and δ_n of the gradient with respect to its output, sample n has the gradient δ_n⊗a_n.
namespace engram::optim {

/// One loss for each sample of a batch: x (N, …), y (N, …) -> (N,). Each sample's is independent of
/// the other samples.
using SampleLosses = std::function<Tensor(const Tensor& x, const Tensor& y)>;

/// The gradient of each sample's own loss, (N, …) for a parameter (…); 0 for a parameter that is
/// frozen or does not affect the loss. Takes one backward pass if all parameters belong to dense
/// layers of N rows and to convolutions that are used once, else one for each sample.
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

/// For each sample n of `samples`, with y = `output(n)` recorded for the sample alone, and for each
/// g of `cotangents(n, y)`: calls `visit` with the gradients of g·y with respect to the parameters.
/// One backward pass for each g: slower than by layers, and correct for any network. The gradient
/// of a parameter that y does not depend on is undefined.
void visit_sample_gradients(
    std::int64_t samples, const std::function<Tensor(std::int64_t n)>& output,
    const std::function<std::vector<Tensor>(std::int64_t n, const Tensor& y)>& cotangents,
    const std::vector<Tensor>& parameters,
    const std::function<void(const std::vector<Tensor>& gradients)>& visit);

/// Whether the gradients of all trainable parameters in use are sums of per-sample gradients by
/// layers: each parameter belongs to one dense layer of `samples` rows, or one convolution of
/// `samples` images, and has no other use.
bool separates_samples(const std::vector<Tensor>& parameters, const LayerUses& uses,
                       std::int64_t samples);

/// For each parameter θ, Σ (∂(g_n·y_n)/∂θ)² over the cotangents g and the samples n, elementwise.
/// The call that `uses` describes recorded y (N, …); g has y's shape. Keeps the recording.
/// Undefined for a parameter that y does not depend on. `separates_samples` must hold.
///
/// For a dense layer the sum is (δ∘δ)ᵀ(a∘a), linear in δ∘δ: one product for all cotangents.
std::vector<Tensor> per_sample_squares(Tape& tape, const Tensor& y,
                                       const std::vector<Tensor>& parameters, const LayerUses& uses,
                                       const std::vector<Tensor>& cotangents);

}  // namespace engram::optim
