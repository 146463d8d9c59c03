#pragma once

#include <engram/autograd/create.h>
#include <engram/nn/module.h>

#include <concepts>
#include <functional>
#include <string>

namespace engram::nn {

/// A table of the network's layers: names, types, output shapes, and how many numbers each has to
/// learn, with sums below. `call` calls the network once; what it returns is the network's output.
///
/// The network is called in evaluation mode and without recording; modes and the default generator
/// are then as they were. Layers that are no part of the library show no output shape, unless they
/// end with `report`.
std::string summary(const Module& net, const std::function<Tensor()>& call);

/// The same for a network that is called with one tensor. `input_shape` counts the batch; the input
/// is 0 everywhere.
///
///     fmt::print("{}", nn::summary(net, {1, 784}));
template <std::derived_from<Module> Net>
std::string summary(const Net& net, const Shape& input_shape, DType dtype = f32) {
  return summary(net, [&]() -> Tensor { return net(zeros(input_shape, dtype)); });
}

}  // namespace engram::nn
