#pragma once

#include <engram/autograd/create.h>
#include <engram/nn/module.h>

#include <concepts>
#include <functional>
#include <string>

namespace engram::nn {

/// A table of a network's forward pass, in order: each module with parameters or buffers, the
/// user's own modules included, with its name, type, output shape and number of parameters; each
/// operation outside such modules, with its name and output shape; then the modules that were not
/// called, and sums. `call` calls the network once.
///
///     layer  type    output    parameters
///     fc1    Linear  (1, 400)     314,000
///            relu    (1, 400)
///     fc2    Linear  (1, 10)        4,010
///     parameters: 318,010, 318,010 of them trainable, 1.2 MiB
///
/// The network is called in evaluation mode and not recorded; modes and the default generator are
/// then restored.
std::string summary(const Module& net, const std::function<Tensor()>& call);

/// The same for a network of one input tensor. `input_shape` includes the batch; the input is 0
/// everywhere.
///
///     fmt::print("{}", nn::summary(net, {1, 784}));
template <std::derived_from<Module> Net>
std::string summary(const Net& net, const Shape& input_shape, DType dtype = f32) {
  return summary(net, [&]() -> Tensor { return net(zeros(input_shape, dtype)); });
}

}  // namespace engram::nn
