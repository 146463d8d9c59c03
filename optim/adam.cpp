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
  check_at_least_0("momentum_decay", options.momentum_decay);
}

std::vector<Optimizer::Option> Adam::list(AdamOptions& options) const {
  return {{"lr", &options.lr},
          {"betas.0", &options.betas[0]},
          {"betas.1", &options.betas[1]},
          {"eps", &options.eps},
          {"weight_decay", &options.weight_decay},
          {"decoupled", &options.decoupled},
          {"nesterov", &options.nesterov, true},
          {"momentum_decay", &options.momentum_decay, true},
          {"amsgrad", &options.amsgrad},
          {"eps_inside_root", &options.eps_inside_root},
          {"maximize", &options.maximize}};
}

void Adam::update(Parameter& parameter, const AdamOptions& options) {
  const auto t = static_cast<double>(parameter.step);
  // η m̂ = mean_rate·m + gradient_rate·g
  double mean_rate = options.lr / (1 - std::pow(options.betas[0], t)), gradient_rate = 0;
  if (options.nesterov) {
    const auto momentum = [&](double step) {
      return options.betas[0] * (1 - 0.5 * std::pow(0.96, step * options.momentum_decay));
    };
    const double mu = momentum(t), next = momentum(t + 1);
    const double product = number(parameter, 3, 1) *= mu;
    mean_rate = options.lr * next / (1 - product * next);
    gradient_rate = options.lr * (1 - mu) / (1 - product);
  }
  dispatch_floating(name(), parameter.value.dtype(), [&]<class T>() {
    const T sign(options.maximize ? -1 : 1);
    const T decay(options.decoupled ? 0 : options.weight_decay);
    const T keep(options.decoupled ? 1 - options.lr * options.weight_decay : 1);
    const T beta1(options.betas[0]), rest1(1 - options.betas[0]);
    const T beta2(options.betas[1]), rest2(1 - options.betas[1]);
    const T of_mean(mean_rate), of_gradient(gradient_rate);
    // √v̂ as √v / √(1 − β₂ᵗ): v̂ may overflow where √v̂ does not.
    const double correction = 1 - std::pow(options.betas[1], t);
    const T of_root(1 / std::sqrt(correction));
    const T inside(options.eps_inside_root ? options.eps * correction : 0);
    const T outside(options.eps_inside_root ? 0 : options.eps);
    const T* gradient = parameter.value.grad().data<T>().data();
    T* w = parameter.value.mutable_data<T>().data();
    T* m = state(parameter, 0).data<T>().data();
    T* v = state(parameter, 1).data<T>().data();

    const auto run = [&]<bool nesterov, bool amsgrad>() {
      T* largest = amsgrad ? state(parameter, 2).data<T>().data() : nullptr;
      kernels::for_each_index(parameter.value.numel(), [=](std::int64_t i) {
        const T g = sign * gradient[i] + decay * w[i];
        m[i] = beta1 * m[i] + rest1 * g;
        v[i] = beta2 * v[i] + rest2 * g * g;
        T square = v[i];
        if constexpr (amsgrad) square = largest[i] = std::max(square, largest[i]);
        T direction = of_mean * m[i];
        if constexpr (nesterov) direction += of_gradient * g;
        w[i] = keep * w[i] - direction / (of_root * std::sqrt(square + inside) + outside);
      });
    };
    if (options.nesterov) {
      options.amsgrad ? run.template operator()<true, true>()
                      : run.template operator()<true, false>();
    } else {
      options.amsgrad ? run.template operator()<false, true>()
                      : run.template operator()<false, false>();
    }
  });
}

}  // namespace engram::optim
