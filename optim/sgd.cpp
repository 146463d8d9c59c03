#include <engram/autograd/kernels/elementwise.h>
#include <engram/optim/sgd.h>

namespace engram::optim {

void SGD::check_options(const SGDOptions& options) const {
  check_at_least_0("lr", options.lr);
  check_at_least_0("momentum", options.momentum);
  check_at_least_0("weight_decay", options.weight_decay);
  check(!options.nesterov || (options.momentum > 0 && options.dampening == 0),
        "SGD: nesterov needs momentum and no dampening, got momentum {}, dampening {}",
        options.momentum, options.dampening);
  check(!options.moving_average || (options.momentum < 1 && options.dampening == 0),
        "SGD: moving_average needs momentum below 1 and no dampening, got momentum {}, dampening "
        "{}",
        options.momentum, options.dampening);
  check(!options.moving_average || !options.nesterov,
        "SGD: moving_average and nesterov exclude each other");
}

std::vector<Optimizer::Option> SGD::list(SGDOptions& options) const {
  return {{"lr", &options.lr},
          {"momentum", &options.momentum, true},
          {"dampening", &options.dampening, true},
          {"weight_decay", &options.weight_decay},
          {"nesterov", &options.nesterov, true},
          {"moving_average", &options.moving_average, true},
          {"maximize", &options.maximize}};
}

void SGD::update(Parameter& parameter, const SGDOptions& options) {
  const double mu = options.momentum;
  dispatch_floating(name(), parameter.value.dtype(), [&]<class T>() {
    const T lr(options.lr), decay(options.weight_decay), sign(options.maximize ? -1 : 1);
    const T* gradient = parameter.value.grad().data<T>().data();
    T* w = parameter.value.mutable_data<T>().data();
    const std::int64_t size = parameter.value.numel();
    if (mu == 0) {
      return kernels::for_each_index(size, [=](std::int64_t i) {
        const T g = sign * gradient[i] + decay * w[i];
        w[i] -= lr * g;
      });
    }

    // V ← keep·V + take·g ; w ← w − η(direct·g + through·V)
    const bool starts = !parameter.state[0].defined();  // V ← g
    const double dampening = options.moving_average ? mu : starts ? 0 : options.dampening;
    const T keep(starts ? 0 : mu), take(1 - dampening);
    const T direct(options.nesterov ? 1 : 0), through(options.nesterov ? mu : 1);
    T* v = state(parameter, 0).data<T>().data();
    kernels::for_each_index(size, [=](std::int64_t i) {
      const T g = sign * gradient[i] + decay * w[i];
      v[i] = keep * v[i] + take * g;
      w[i] -= lr * (direct * g + through * v[i]);
    });
  });
}

}  // namespace engram::optim
