#include <engram/autograd/kernels/elementwise.h>
#include <engram/optim/rmsprop.h>

#include <algorithm>
#include <cmath>

namespace engram::optim {

void RMSProp::check_options(const RMSPropOptions& options) const {
  check_at_least_0("lr", options.lr);
  check_in_0_1("alpha", options.alpha);
  check_at_least_0("eps", options.eps);
  check_at_least_0("weight_decay", options.weight_decay);
  check_at_least_0("momentum", options.momentum);
}

std::vector<Optimizer::Option> RMSProp::list(RMSPropOptions& options) const {
  return {{"lr", &options.lr},
          {"alpha", &options.alpha},
          {"eps", &options.eps},
          {"weight_decay", &options.weight_decay},
          {"momentum", &options.momentum},
          {"centered", &options.centered},
          {"eps_inside_root", &options.eps_inside_root},
          {"maximize", &options.maximize}};
}

void RMSProp::update(Parameter& parameter, const RMSPropOptions& options) {
  dispatch_floating(name(), parameter.value.dtype(), [&]<class T>() {
    const T lr(options.lr), mu(options.momentum);
    const T decay(options.weight_decay), sign(options.maximize ? -1 : 1);
    const T alpha(options.alpha), rest(1 - options.alpha);
    const T inside(options.eps_inside_root ? options.eps : 0);
    const T outside(options.eps_inside_root ? 0 : options.eps);
    const T* gradient = parameter.value.grad().data<T>().data();
    T* w = parameter.value.mutable_data<T>().data();
    T* square = state(parameter, 0).data<T>().data();

    const auto run = [&]<bool centered, bool momentum>() {
      T* mean = centered ? state(parameter, 1).data<T>().data() : nullptr;
      T* velocity = momentum ? state(parameter, 2).data<T>().data() : nullptr;
      kernels::for_each_index(parameter.value.numel(), [=](std::int64_t i) {
        const T g = sign * gradient[i] + decay * w[i];
        square[i] = alpha * square[i] + rest * g * g;
        T a = square[i];
        if constexpr (centered) {
          mean[i] = alpha * mean[i] + rest * g;
          a = std::max(a - mean[i] * mean[i], T{0});  // rounding may make the variance negative
        }
        T direction = g / (std::sqrt(a + inside) + outside);
        if constexpr (momentum) direction = velocity[i] = mu * velocity[i] + direction;
        w[i] -= lr * direction;
      });
    };
    if (options.centered) {
      mu > 0 ? run.template operator()<true, true>() : run.template operator()<true, false>();
    } else {
      mu > 0 ? run.template operator()<false, true>() : run.template operator()<false, false>();
    }
  });
}

}  // namespace engram::optim
