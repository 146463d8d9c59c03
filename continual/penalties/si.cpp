#include <engram/autograd/create.h>
#include <engram/autograd/kernels/elementwise.h>
#include <engram/continual/penalties/si.h>
#include <engram/continual/tensor_lists.h>

#include <algorithm>

namespace engram::continual {
namespace {

// The path integral is summed by parts, which saves a copy of the parameters before each step. With
// φ = θ − θ_start and steps 0 to n − 1,
//
//     −Σ_t g_t (φ_t+1 − φ_t) = Σ_t (g_t − g_t−1) φ_t − g_n−1 φ_n,    g_−1 = 0
//
// so a step adds (g_t − g_t−1) φ_t, and the end subtracts g_n−1 φ_n.

/// One step: adds to the path integral, stores the gradient, and adds the penalty's gradient. A
/// single pass, because the loop is bound by memory bandwidth.
template <class T>
void step(std::int64_t n, const T* __restrict theta, const T* __restrict start,
          const T* __restrict omega, T twice_c, T* __restrict path, T* __restrict last_gradient,
          T* __restrict gradient) {
  for (std::int64_t i = 0; i < n; ++i) {
    const T away = theta[i] - start[i], g = gradient[i];
    path[i] += (g - last_gradient[i]) * away;
    last_gradient[i] = g;
    gradient[i] = g + twice_c * omega[i] * away;
  }
}

}  // namespace

SI::SI(Network network, const SIOptions& options)
    : network_(std::move(network)),
      options_(options),
      importance_(zeros_like(network_.parameters())),
      center_(copies(network_.parameters())) {
  check(options_.strength >= 0, "SI: strength must be at least 0, got {}", options_.strength);
  check(options_.damping > 0, "SI: damping must be above 0, got {}", options_.damping);
  begin_path();
}

void SI::begin_path() {
  path_ = zeros_like(center_);
  last_gradient_ = zeros_like(center_);
}

void SI::begin_task(const Task&) {
  if (tasks_ == 0) copy_values("SI", network_.parameters(), center_);
  begin_path();
}

void SI::before_update() {
  check_like("SI", network_.parameters(), center_);
  for (std::size_t k = 0; k < center_.size(); ++k) {
    const Tensor& parameter = network_.parameters()[k];
    if (!parameter.requires_grad()) continue;  // frozen: does not move
    const bool reached = parameter.grad().defined();
    const Tensor gradient = reached ? parameter.grad() : engram::zeros_like(center_[k]);
    dispatch_floating("SI", parameter.dtype(), [&]<class T>() {
      const T* theta = parameter.data<T>().data();
      const T *start = center_[k].data<T>().data(), *omega = importance_[k].data<T>().data();
      T *path = path_[k].data<T>().data(), *last = last_gradient_[k].data<T>().data();
      T* g = gradient.data<T>().data();
      const T twice_c(2 * options_.strength);
      kernels::parallel_for(parameter.numel(), kernels::elementwise_grain,
                            [=](std::int64_t begin, std::int64_t end) {
                              step<T>(end - begin, theta + begin, start + begin, omega + begin,
                                      twice_c, path + begin, last + begin, g + begin);
                            });
    });
    if (!reached && tasks_ > 0) parameter.set_grad(gradient);  // of the penalty alone
  }
}

void SI::end_task(const Task&) {
  check_like("SI", network_.parameters(), center_);
  std::vector<Tensor> importance;
  for (std::size_t k = 0; k < center_.size(); ++k) {
    importance.emplace_back(center_[k].shape(), center_[k].dtype());
    dispatch_floating("SI", center_[k].dtype(), [&]<class T>() {
      const T *theta = network_.parameters()[k].data<T>().data(),
              *start = center_[k].data<T>().data();
      const T *path = path_[k].data<T>().data(), *last = last_gradient_[k].data<T>().data();
      const T* before = importance_[k].data<T>().data();
      T* omega = importance[k].data<T>().data();
      const T damping(options_.damping);
      kernels::for_each_index(center_[k].numel(), [=](std::int64_t i) {
        const T away = theta[i] - start[i];
        const T w = path[i] - last[i] * away;
        omega[i] = std::max(before[i] + w / (away * away + damping), T(0));  // keeps NaN
      });
    });
  }
  check_importances("SI", importance);
  importance_ = std::move(importance);
  copy_values("SI", network_.parameters(), center_);
  ++tasks_;
}

StateDict SI::state_dict() const {
  StateDict state{{"SI.tasks", scalar(tasks_, i64)}};
  state.add_list("importance", importance_);
  state.add_list("center", center_);
  return state;
}

void SI::read_state(StateReader& state) {
  state.set(tasks_, state.count<int>("SI.tasks"));
  state.set(importance_, state.finite_list("importance", importance_, 0));
  state.set(center_, state.finite_list("center", center_));
}

}  // namespace engram::continual
