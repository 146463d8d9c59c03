#include <engram/autograd/kernels/elementwise.h>
#include <engram/optim/momentum.h>

namespace engram::optim {

void Momentum::check_options(const MomentumOptions& options) const {
  check_at_least_0("lr", options.lr);
  check_at_least_0("momentum", options.momentum);
  check_at_least_0("weight_decay", options.weight_decay);
  check(!options.nesterov || (options.momentum > 0 && options.dampening == 0),
        "Momentum: nesterov needs momentum and no dampening, got momentum {}, dampening {}",
        options.momentum, options.dampening);
  check(!options.moving_average || (options.momentum < 1 && options.dampening == 0),
        "Momentum: moving_average needs momentum below 1 and no dampening, got momentum {}, "
        "dampening {}",
        options.momentum, options.dampening);
  check(!options.moving_average || !options.nesterov,
        "Momentum: moving_average and nesterov exclude each other");
}

std::vector<Optimizer::Option> Momentum::list(MomentumOptions& options) const {
  return {{"lr", &options.lr},
          {"momentum", &options.momentum},
          {"dampening", &options.dampening},
          {"weight_decay", &options.weight_decay},
          {"nesterov", &options.nesterov},
          {"moving_average", &options.moving_average},
          {"maximize", &options.maximize}};
}

void Momentum::update(Parameter& parameter, const MomentumOptions& options) {
  const double mu = options.momentum;
  const bool starts = !parameter.state[0].defined() || mu == 0;  // V ← g
  const double dampening = options.moving_average ? mu : starts ? 0 : options.dampening;

  dispatch_floating(name(), parameter.value.dtype(), [&]<class T>() {
    const T lr(options.lr), decay(options.weight_decay), sign(options.maximize ? -1 : 1);
    // V ← keep·V + take·g ; w ← w − η(direct·g + through·V)
    const T keep(starts ? 0 : mu), take(1 - dampening);
    const T direct(options.nesterov ? 1 : 0), through(options.nesterov ? mu : 1);
    const T* gradient = parameter.value.grad().data<T>().data();
    T* w = parameter.value.mutable_data<T>().data();
    T* v = state(parameter, 0).data<T>().data();
    kernels::for_each_index(parameter.value.numel(), [=](std::int64_t i) {
      const T g = sign * gradient[i] + decay * w[i];
      v[i] = keep * v[i] + take * g;
      w[i] -= lr * (direct * g + through * v[i]);
    });
  });
}

}  // namespace engram::optim
