#include <engram/autograd/create.h>
#include <engram/autograd/kernels/elementwise.h>
#include <engram/autograd/kernels/reduce_blocks.h>
#include <engram/autograd/kernels/runs.h>
#include <engram/autograd/tape.h>
#include <engram/continual/replay/a_gem.h>

#include <functional>

namespace engram::continual {
namespace {

/// a·b, summed in double; 0 where one of them is undefined.
double dot(const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined()) return 0;
  return dispatch_floating("AGEM", a.dtype(), [&]<class T>() {
    const T *x = a.data<T>().data(), *y = b.data<T>().data();
    return kernels::reduce_blocks(
        a.numel(),
        [=](std::int64_t begin, std::int64_t end) {
          return kernels::sum_run<double>(end - begin, [=](std::int64_t i) {
            return static_cast<double>(x[begin + i]) * static_cast<double>(y[begin + i]);
          });
        },
        std::plus<>());
  });
}

/// a ← a − factor·b
void subtract(const Tensor& a, double factor, const Tensor& b) {
  dispatch_floating("AGEM", a.dtype(), [&]<class T>() {
    T* x = a.mutable_data<T>().data();
    const T* y = b.data<T>().data();
    const T scale(factor);
    kernels::for_each_index(a.numel(), [=](std::int64_t i) { x[i] -= scale * y[i]; });
  });
}

}  // namespace

AGEM::AGEM(Network network, const AGEMOptions& options)
    : network_(std::move(network)),
      options_(options),
      memory_({.capacity = options.per_class ? Reservoir::unlimited : options.capacity,
               .owner = "AGEM"}) {
  check(options_.per_class.value_or(0) >= 0, "AGEM: per_class must be at least 0, got {}",
        options_.per_class.value_or(0));
  check(options_.batch >= 1, "AGEM: batch must be at least 1, got {}", options_.batch);
}

void AGEM::begin_task(const Task& task) {
  generator_.reset(random_stream(options_.seed, "replay", task.number));
  scenario_ = task.scenario;
  outputs_ = task.outputs;
}

void AGEM::before_update() {
  if (!memory_.empty()) project_gradient(network_.parameters(), reference_gradient());
}

void AGEM::end_task(const Task& task) {
  offer_task(memory_, task, options_.per_class, options_.seed);
}

std::vector<Tensor> AGEM::reference_gradient() {
  const Replay samples = memory_.draw(options_.batch, generator_);
  Tape tape;
  const Tensor loss = replay_loss(network_(samples.x), samples, scenario_, outputs_);
  return tape.gradient(loss, network_.parameters(), {.allow_unused = true});
}

bool project_gradient(const std::vector<Tensor>& parameters, const std::vector<Tensor>& reference) {
  check(reference.size() == parameters.size(),
        "project_gradient: {} parameters, but {} reference gradients", parameters.size(),
        reference.size());
  double along = 0, squared = 0;
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const Tensor &parameter = parameters[k], &each = reference[k];
    if (!each.defined()) continue;
    check_shape(each.shape() == parameter.shape(),
                "project_gradient: parameter {} is {}, its reference gradient {}", k,
                parameter.shape(), each.shape());
    check_dtype(each.dtype() == parameter.dtype(),
                "project_gradient: parameter {} is {}, its reference gradient {}", k,
                parameter.dtype(), each.dtype());
    along += dot(parameter.grad(), each);
  }
  if (!(along < 0)) return false;
  for (const Tensor& each : reference) squared += dot(each, each);
  if (squared == 0) return false;  // underflow
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    if (!reference[k].defined()) continue;
    if (!parameters[k].grad().defined()) parameters[k].set_grad(zeros_like(parameters[k]));
    subtract(parameters[k].grad(), along / squared, reference[k]);
  }
  return true;
}

}  // namespace engram::continual
