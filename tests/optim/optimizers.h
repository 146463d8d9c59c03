#pragma once

#include <engram/optim/adadelta.h>
#include <engram/optim/adagrad.h>
#include <engram/optim/adam.h>
#include <engram/optim/rmsprop.h>
#include <engram/optim/sgd.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

/// For tests of properties common to all optimizers.
struct OptimizerKind {
  std::string name;
  std::function<std::unique_ptr<engram::optim::Optimizer>(
      std::vector<std::vector<engram::Tensor>> groups)>
      make;
};

template <class Optimizer, class Options>
OptimizerKind kind(std::string name, Options options) {
  return {std::move(name), [options](auto groups) {
            return std::make_unique<Optimizer>(std::move(groups), options);
          }};
}

/// Each with the options that give it the largest state.
inline std::vector<OptimizerKind> optimizer_kinds() {
  namespace optim = engram::optim;
  return {kind<optim::SGD>("SGD", optim::SGDOptions{.lr = 0.01, .weight_decay = 0.1}),
          kind<optim::SGD>("SGD with momentum",
                           optim::SGDOptions{.lr = 0.01, .momentum = 0.9, .nesterov = true}),
          kind<optim::Adadelta>("Adadelta", optim::AdadeltaOptions{.weight_decay = 0.1}),
          kind<optim::Adagrad>("Adagrad", optim::AdagradOptions{.lr_decay = 0.1}),
          kind<optim::RMSProp>("RMSProp", optim::RMSPropOptions{.momentum = 0.5, .centered = true}),
          kind<optim::Adam>("Adam", optim::AdamOptions{.lr = 0.01, .amsgrad = true}),
          kind<optim::Adam>("AdamW", optim::AdamOptions{.weight_decay = 0.1, .decoupled = true}),
          kind<optim::Adam>("NAdam", optim::AdamOptions{.lr = 0.01, .nesterov = true})};
}
