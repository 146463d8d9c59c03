#include "common/optimizer.h"

#include <engram/optim/adagrad.h>
#include <engram/optim/adam.h>
#include <engram/optim/rmsprop.h>
#include <engram/optim/sgd.h>

namespace engram::examples {

std::unique_ptr<optim::Optimizer> make_optimizer(const std::string& name,
                                                 const std::vector<Tensor>& parameters, double lr) {
  using namespace optim;
  if (name == "sgd") return std::make_unique<SGD>(parameters, SGDOptions{.lr = lr});
  if (name == "momentum") {
    return std::make_unique<SGD>(parameters, SGDOptions{.lr = lr, .momentum = 0.9});
  }
  if (name == "adagrad") return std::make_unique<Adagrad>(parameters, AdagradOptions{.lr = lr});
  if (name == "rmsprop") return std::make_unique<RMSProp>(parameters, RMSPropOptions{.lr = lr});
  if (name == "adam") return std::make_unique<Adam>(parameters, AdamOptions{.lr = lr});
  fail<Error>("make_optimizer: there is no optimizer {}", name);
}

}  // namespace engram::examples
