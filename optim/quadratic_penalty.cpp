#include <engram/autograd/create.h>
#include <engram/autograd/kernels/reduce_blocks.h>
#include <engram/autograd/kernels/runs.h>
#include <engram/autograd/memory.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/record.h>
#include <engram/optim/quadratic_penalty.h>

#include <atomic>
#include <functional>
#include <limits>

namespace engram::optim {
namespace {

/// Vectors in recycled memory: the penalty is computed in every step.
template <class T>
using Recycled = std::vector<T, memory::Allocator<T>>;

template <class T>
Recycled<T> recycled(const std::vector<Tensor>& tensors) {
  return Recycled<T>(tensors.begin(), tensors.end());
}

template <class T>
bool is_importance(T value) {
  return value >= 0 && value <= std::numeric_limits<T>::max();  // false for NaN
}

/// Returns Σ Ω(θ − θ*)² and writes the gradient strength·Ω(θ − θ*), in one pass over the memory.
/// omega(i) is Ω of element i. Sets `wrong` when one is not finite or below 0.
template <class T, class Omega>
double penalty_and_gradient(std::int64_t n, const T* theta, Omega omega, const T* center,
                            T strength, T* gradient, std::atomic<bool>& wrong) {
  return kernels::reduce_blocks(
      n,
      [=, &wrong](std::int64_t begin, std::int64_t end) {
        const T wrong_here = kernels::fold_run<T>(
            end - begin, T(0),
            [=](std::int64_t at) { return is_importance(omega(begin + at)) ? T(0) : T(1); },
            [](T a, T b) { return a + b; });
        if (wrong_here != 0) wrong.store(true, std::memory_order_relaxed);
        return kernels::sum_run<T>(end - begin, [=](std::int64_t at) {
          const std::int64_t i = begin + at;
          const T away = theta[i] - center[i];
          const T pull = omega(i) * away;
          gradient[i] = strength * pull;
          return pull * away;
        });
      },
      std::plus<>());
}

}  // namespace

Tensor quadratic_penalty(const std::vector<Tensor>& parameters,
                         const std::vector<Tensor>& importance, const std::vector<Tensor>& center,
                         double strength) {
  check(importance.size() == parameters.size() && center.size() == parameters.size(),
        "quadratic_penalty: {} parameters, {} importances, {} centers", parameters.size(),
        importance.size(), center.size());
  if (parameters.empty()) return {};
  const DType dtype = parameters[0].dtype();
  Recycled<Tensor> gradients;
  gradients.reserve(parameters.size());
  double total = 0;
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const Tensor &theta = parameters[k], &omega = importance[k], &star = center[k];
    const Tensor& like = omega.defined() ? omega : theta;
    check_shape(like.shape() == theta.shape() && star.shape() == theta.shape(),
                "quadratic_penalty: parameter {} is {}, its importance {}, its center {}", k,
                theta.shape(), like.shape(), star.shape());
    check_dtype(theta.dtype() == dtype && like.dtype() == dtype && star.dtype() == dtype,
                "quadratic_penalty: parameter {} is {}, its importance {}, its center {}, the rest "
                "{}",
                k, theta.dtype(), like.dtype(), star.dtype(), dtype);
    gradients.emplace_back(theta.shape(), dtype);
    std::atomic<bool> wrong = false;
    total += dispatch_floating("quadratic_penalty", dtype, [&]<class T>() {
      const auto compute = [&](auto omega_of) {
        return penalty_and_gradient(theta.numel(), theta.data<T>().data(), omega_of,
                                    star.data<T>().data(), static_cast<T>(strength),
                                    gradients[k].data<T>().data(), wrong);
      };
      if (!omega.defined()) return compute([](std::int64_t) { return T(1); });
      return compute([values = omega.data<T>().data()](std::int64_t i) { return values[i]; });
    });
    if (wrong) check_importance("quadratic_penalty", k, omega);
  }
  return record("quadratic_penalty", scalar(0.5 * strength * total, dtype),
                recycled<TensorRef>(parameters),
                [parameters = recycled<Saved>(parameters), importance = recycled<Saved>(importance),
                 center = recycled<Saved>(center), strength,
                 gradients = std::move(gradients)](const Tensor& dy, Gradients& d) {
                  for (std::size_t k = 0; k < parameters.size(); ++k) {
                    const int input = static_cast<int>(k);
                    if (!d.wants(input)) continue;
                    if (Tape::current()) {  // recorded, to be differentiated again
                      const Tensor pull = dy * strength * (parameters[k] - center[k]);
                      d[input] = importance[k].value().defined() ? importance[k] * pull : pull;
                    } else {
                      d[input] = dy.item() == 1 ? gradients[k] : dy * gradients[k];
                    }
                  }
                });
}

void check_importance(const char* caller, std::size_t k, const Tensor& importance) {
  dispatch_floating(caller, importance.dtype(), [&]<class T>() {
    for (const T value : importance.data<T>()) {
      check(is_importance(value),
            "{}: importances must be finite and at least 0, parameter {} has one of {}", caller, k,
            value);
    }
  });
}

}  // namespace engram::optim
