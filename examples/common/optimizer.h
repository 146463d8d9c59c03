#pragma once

#include <engram/optim/optimizer.h>

#include <memory>
#include <string>
#include <vector>

namespace engram::examples {

/// The optimizer of this name (sgd, momentum, adagrad, rmsprop or adam), with this learning rate
/// and otherwise its defaults. Error for another name.
std::unique_ptr<optim::Optimizer> make_optimizer(const std::string& name,
                                                 const std::vector<Tensor>& parameters, double lr);

}  // namespace engram::examples
