#include <engram/autograd/kernels/elementwise.h>
#include <engram/optim/adagrad.h>

#include <cmath>

namespace engram::optim {

void Adagrad::check_options(const AdagradOptions& options) const {
  check_at_least_0("lr", options.lr);
  check_at_least_0("lr_decay", options.lr_decay);
  check_at_least_0("weight_decay", options.weight_decay);
  check_at_least_0("initial_accumulator_value", options.initial_accumulator_value);
  check_at_least_0("eps", options.eps);
}

std::vector<Optimizer::Option> Adagrad::list(AdagradOptions& options) const {
  return {{"lr", &options.lr},
          {"lr_decay", &options.lr_decay},
          {"weight_decay", &options.weight_decay},
          {"initial_accumulator_value", &options.initial_accumulator_value},
          {"eps", &options.eps},
          {"eps_inside_root", &options.eps_inside_root},
          {"maximize", &options.maximize}};
}

void Adagrad::update(Parameter& parameter, const AdagradOptions& options) {
  const auto t = static_cast<double>(parameter.step);
  dispatch_floating(name(), parameter.value.dtype(), [&]<class T>() {
    const T lr(options.lr / (1 + (t - 1) * options.lr_decay));
    const T decay(options.weight_decay), sign(options.maximize ? -1 : 1);
    const T inside(options.eps_inside_root ? options.eps : 0);
    const T outside(options.eps_inside_root ? 0 : options.eps);
    const T* gradient = parameter.value.grad().data<T>().data();
    T* w = parameter.value.mutable_data<T>().data();
    T* sum = state(parameter, 0, options.initial_accumulator_value).data<T>().data();
    kernels::for_each_index(parameter.value.numel(), [=](std::int64_t i) {
      const T g = sign * gradient[i] + decay * w[i];
      sum[i] += g * g;
      w[i] -= lr * g / (std::sqrt(sum[i] + inside) + outside);
    });
  });
}

}  // namespace engram::optim
