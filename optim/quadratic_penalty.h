#pragma once

#include <engram/autograd/tensor.h>

#include <cstddef>
#include <vector>

namespace engram::optim {

/// ½·strength·Σ Ω(θ − θ*)² over all elements of all parameters, a scalar: a quadratic penalty on
/// the distance of each parameter θ from its center θ*, weighted by its importance Ω. EWC, online
/// EWC, SI and MAS differ in Ω only. The three lists are parallel; a parameter, its importance and
/// its center have one shape and dtype (ShapeError, DTypeError), and importances are finite and at
/// least 0 (Error). Gradients flow into the parameters, not into Ω and θ*. An undefined importance
/// is 1 everywhere. An empty list gives an undefined tensor, as its dtype is unknown.
Tensor quadratic_penalty(const std::vector<Tensor>& parameters,
                         const std::vector<Tensor>& importance, const std::vector<Tensor>& center,
                         double strength);

/// Error, in the name of `caller`, unless all importances of parameter k are finite and at least 0:
/// others would make the penalty NaN, or push the parameter away from its center.
void check_importance(const char* caller, std::size_t k, const Tensor& importance);

}  // namespace engram::optim
