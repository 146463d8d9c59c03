#include <engram/autograd/kernels/elementwise.h>
#include <engram/optim/adadelta.h>

#include <cmath>

namespace engram::optim {

void Adadelta::check_options(const AdadeltaOptions& options) const {
  check_at_least_0("lr", options.lr);
  check_option(options.rho >= 0 && options.rho <= 1, "rho", "must be in [0, 1]", options.rho);
  check_at_least_0("eps", options.eps);
  check_at_least_0("weight_decay", options.weight_decay);
}

std::vector<Optimizer::Option> Adadelta::list(AdadeltaOptions& options) const {
  return {{"lr", &options.lr},
          {"rho", &options.rho},
          {"eps", &options.eps},
          {"weight_decay", &options.weight_decay},
          {"maximize", &options.maximize}};
}

void Adadelta::update(Parameter& parameter, const AdadeltaOptions& options) {
  dispatch_floating(name(), parameter.value.dtype(), [&]<class T>() {
    const T lr(options.lr), eps(options.eps);
    const T rho(options.rho), rest(1 - options.rho);
    const T decay(options.weight_decay), sign(options.maximize ? -1 : 1);
    const T* gradient = parameter.value.grad().data<T>().data();
    T* w = parameter.value.mutable_data<T>().data();
    T* square = state(parameter, 0).data<T>().data();
    T* steps = state(parameter, 1).data<T>().data();
    kernels::for_each_index(parameter.value.numel(), [=](std::int64_t i) {
      const T g = sign * gradient[i] + decay * w[i];
      square[i] = rho * square[i] + rest * g * g;
      const T step = std::sqrt(steps[i] + eps) / std::sqrt(square[i] + eps) * g;
      steps[i] = rho * steps[i] + rest * step * step;
      w[i] -= lr * step;
    });
  });
}

}  // namespace engram::optim
