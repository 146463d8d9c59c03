#pragma once

#include <engram/autograd/create.h>
#include <engram/nn/module.h>

#include <functional>
#include <string>

namespace engram::nn {

/// The same, for a network that is called in another way than with one tensor.
std::string summary(const Module& net, const std::function<Tensor()>& call);

/// A table of the network's layers: names, types, output shapes, and how many numbers each has to
/// learn, with sums below. `input_shape` counts the batch; the input is 0 everywhere.
///
///     fmt::print("{}", nn::summary(net, {1, 784}));
///
/// Calls the network once, in evaluation mode and without recording, and puts the modes and the
/// default generator back as they were. Layers that are no part of the library show no output
/// shape, unless they end with `report`.
template <class Net>
requires std::is_invocable_r_v<Tensor, const Net&, const Tensor&> std::string summary(
    const Net& net, const Shape& input_shape, DType dtype = f32) {
  return summary(net, [&]() -> Tensor { return net(zeros(input_shape, dtype)); });
}

}  // namespace engram::nn
