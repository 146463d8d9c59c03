#include <engram/autograd/kernels/elementwise.h>
#include <engram/optim/sgd.h>

namespace engram::optim {

void SGD::check_options(const SGDOptions& options) const {
  check_at_least_0("lr", options.lr);
  check_at_least_0("weight_decay", options.weight_decay);
}

std::vector<Optimizer::Option> SGD::list(SGDOptions& options) const {
  return {{"lr", &options.lr},
          {"weight_decay", &options.weight_decay},
          {"maximize", &options.maximize}};
}

void SGD::update(Parameter& parameter, const SGDOptions& options) {
  dispatch_floating(name(), parameter.value.dtype(), [&]<class T>() {
    const T lr(options.lr), decay(options.weight_decay), sign(options.maximize ? -1 : 1);
    const T* gradient = parameter.value.grad().data<T>().data();
    T* w = parameter.value.mutable_data<T>().data();
    kernels::for_each_index(parameter.value.numel(), [=](std::int64_t i) {
      const T g = sign * gradient[i] + decay * w[i];
      w[i] -= lr * g;
    });
  });
}

}  // namespace engram::optim
