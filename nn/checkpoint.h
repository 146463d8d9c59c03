#pragma once

#include <engram/autograd/tensor.h>

#include <functional>

namespace engram::nn {

/// f(x) without the intermediate results, which backward computes a second time: memory for time.
///
///     Tensor y = nn::checkpoint(net.layer1, x);  // in the place of net.layer1(x)
///
/// f is a module or a function. It may use parameters and other tensors that require a gradient;
/// all of them receive the same gradients, bit for bit, as without a checkpoint. Backward calls f
/// on the same thread, with the random numbers of the first call where they are of the default
/// generator; batch normalisation moves its running statistics in the first call only, and other
/// state that f changes must be guarded by `is_recomputing`.
///
/// AutogradError from backward when a tensor that f used was overwritten meanwhile, and when the
/// gradients are to be differentiated again.
Tensor checkpoint(const std::function<Tensor(const Tensor&)>& f, const Tensor& x);

/// Whether the running call of a function, on this thread, is a checkpoint's second one.
bool is_recomputing();

}  // namespace engram::nn
