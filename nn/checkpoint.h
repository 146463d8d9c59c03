#pragma once

#include <engram/autograd/tensor.h>

#include <functional>

namespace engram::nn {

/// f(x) without the intermediate results, which backward computes a second time: memory for time.
///
///     Tensor y = nn::checkpoint(net.layer1, x);  // in the place of net.layer1(x)
///
/// f is a module or a function, and is kept until backward: capture modules and tensors by value.
/// Parameters and other tensors that it uses receive the same gradients as without a checkpoint;
/// bit for bit, unless one is used several times, inside and outside: the terms of its gradient are
/// then added up in another order. Backward calls f on its thread, with the first call's numbers of
/// the default generator and in the modes (`is_training`) of the first call. Batch normalisation
/// moves its running statistics in the first call only; other state that f changes must be guarded
/// by `is_recomputing`.
///
/// AutogradError from backward when a tensor that requires a gradient, and that f used, was
/// overwritten meanwhile (constants are not watched), and when the gradients are to be
/// differentiated again.
Tensor checkpoint(const std::function<Tensor(const Tensor&)>& f, const Tensor& x);

/// Whether the running call of a function, on this thread, is a checkpoint's second one.
bool is_recomputing();

}  // namespace engram::nn
