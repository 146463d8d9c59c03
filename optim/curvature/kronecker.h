#pragma once

#include <engram/optim/curvature/layer_uses.h>

namespace engram::optim {

/// The Fisher information of a layer y = [W b]·[a, 1], approximately A⊗G. The bias is the weight of
/// a constant input 1. Exact for a dense layer where a and δ are independent, as they are with a
/// single sample.
///
/// Martens and Grosse, "Optimizing Neural Networks with Kronecker-factored Approximate Curvature",
/// 2015, arXiv 1503.05671; of convolutions: Grosse and Martens, 2016, arXiv 1602.01407.
struct KroneckerFactors {
  Tensor inputs;  ///< A (in, in): the mean over samples of Σ [a, 1]·[a, 1]ᵀ over the positions of
                  ///< a convolution's window
  Tensor gradients;  ///< G (out, out): the mean over samples and positions of Σ_c p_c δ_c·δ_cᵀ
};

/// Σ [a, 1]·[a, 1]ᵀ over the rows of a layer's input, or Σ a·aᵀ without a bias: (in, in), f64.
Tensor input_moment(const LayerUse& layer);
/// Σ δ·δᵀ over the rows of the gradient with respect to the layer's output: (out, out), f64.
Tensor gradient_moment(const LayerUse& layer, const Tensor& output_gradient);

}  // namespace engram::optim
