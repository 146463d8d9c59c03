#include <engram/autograd/kernels/elementwise.h>
#include <engram/optim/adam.h>

#include <algorithm>
#include <cmath>

namespace engram::optim {

void Adam::check_options(const AdamOptions& options) const {
  check_at_least_0("lr", options.lr);
  check_in_0_1("betas[0]", options.betas[0]);
  check_in_0_1("betas[1]", options.betas[1]);
  check_at_least_0("eps", options.eps);
  check_at_least_0("weight_decay", options.weight_decay);
}

std::vector<Optimizer::Option> Adam::list(AdamOptions& options) const {
  return {{"lr", &options.lr},
          {"betas.0", &options.betas[0]},
          {"betas.1", &options.betas[1]},
          {"eps", &options.eps},
          {"weight_decay", &options.weight_decay},
          {"decoupled", &options.decoupled},
          {"amsgrad", &options.amsgrad},
          {"eps_inside_root", &options.eps_inside_root},
          {"maximize", &options.maximize}};
}

void Adam::update(Parameter& parameter, const AdamOptions& options) {
  const auto t = static_cast<double>(parameter.step);
  dispatch_floating(name(), parameter.value.dtype(), [&]<class T>() {
    const T sign(options.maximize ? -1 : 1);
    const T decay(options.decoupled ? 0 : options.weight_decay);
    const T keep(options.decoupled ? 1 - options.lr * options.weight_decay : 1);
    const T beta1(options.betas[0]), rest1(1 - options.betas[0]);
    const T beta2(options.betas[1]), rest2(1 - options.betas[1]);
    const T step_size(options.lr / (1 - std::pow(options.betas[0], t)));
    const T correction(1 / (1 - std::pow(options.betas[1], t)));
    const T inside(options.eps_inside_root ? options.eps : 0);
    const T outside(options.eps_inside_root ? 0 : options.eps);
    const T* gradient = parameter.value.grad().data<T>().data();
    T* w = parameter.value.data<T>().data();
    T* m = state(parameter, 0).data<T>().data();
    T* v = state(parameter, 1).data<T>().data();

    const auto run = [&]<bool amsgrad>() {
      T* largest = amsgrad ? state(parameter, 2).data<T>().data() : nullptr;
      kernels::for_each_index(parameter.value.numel(), [=](std::int64_t i) {
        const T g = sign * gradient[i] + decay * w[i];
        m[i] = beta1 * m[i] + rest1 * g;
        v[i] = beta2 * v[i] + rest2 * g * g;
        T square = v[i];
        if constexpr (amsgrad) square = largest[i] = std::max(square, largest[i]);
        w[i] = keep * w[i] - step_size * m[i] / (std::sqrt(correction * square + inside) + outside);
      });
    };
    options.amsgrad ? run.template operator()<true>() : run.template operator()<false>();
  });
}

}  // namespace engram::optim
