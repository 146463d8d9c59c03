#include "optimizers/contender.h"

#include "common/optimizer.h"

#include <engram/autograd/error.h>
#include <engram/optim/adagrad.h>
#include <engram/optim/adam.h>
#include <engram/optim/rmsprop.h>
#include <engram/optim/sgd.h>

namespace engram::examples::study {
namespace {

const Contender all[] = {
    {"gd", "GD", optim::SGDOptions{}.lr, "#909090", 3, 6},                 // circle, open
    {"sgd", "SGD", optim::SGDOptions{}.lr, "#f2ac00", 1, 7},               // circle
    {"momentum", "Momentum", optim::SGDOptions{}.lr, "#00549a", 1, 5},     // square
    {"adagrad", "Adagrad", optim::AdagradOptions{}.lr, "#1eb58c", 2, 9},   // triangle
    {"rmsprop", "RMSProp", optim::RMSPropOptions{}.lr, "#b0457f", 4, 11},  // triangle, down
    {"adam", "Adam", optim::AdamOptions{}.lr, "#000000", 1, 13},           // diamond
};

}  // namespace

std::span<const Contender> contenders() { return all; }

std::span<const Contender> batch_contenders() { return contenders().subspan(1); }

const Contender& contender(const std::string& name) {
  for (const Contender& one : all) {
    if (name == one.name) return one;
  }
  fail<Error>("contender: there is no {}", name);
}

std::unique_ptr<optim::Optimizer> make_contender(const std::string& name,
                                                 const std::vector<Tensor>& parameters,
                                                 const Hyperparameters& with) {
  using namespace optim;
  if (name == "momentum") {
    return std::make_unique<SGD>(parameters, SGDOptions{.lr = with.lr, .momentum = with.momentum});
  }
  if (name == "rmsprop") {
    return std::make_unique<RMSProp>(parameters,
                                     RMSPropOptions{.lr = with.lr, .alpha = with.alpha});
  }
  return make_optimizer(name == "gd" ? "sgd" : name, parameters, with.lr);
}

}  // namespace engram::examples::study
