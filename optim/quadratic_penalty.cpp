#include <engram/autograd/create.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/tape.h>
#include <engram/optim/quadratic_penalty.h>

#include <atomic>

namespace engram::optim {
namespace {

constexpr std::int64_t block = 4096;  // elements that are summed in their own type

/// Returns Σ Ω(θ − θ*)² and writes the gradient strength·Ω(θ − θ*), in one pass over the memory.
/// Blocks of fixed size are summed one after the other, so that the result does not depend on the
/// number of threads.
template <class T>
double penalty_and_gradient(std::int64_t n, const T* theta, const T* omega, const T* center,
                            T strength, T* gradient) {
  const std::int64_t blocks = (n + block - 1) / block;
  const Tensor sums({blocks}, f64);
  double* sum = sums.data<double>().data();
  kernels::parallel_for(blocks, 4, [=](std::int64_t first, std::int64_t last) {
    for (std::int64_t b = first; b < last; ++b) {
      constexpr int lanes = 16;
      T partial[lanes] = {};
      const std::int64_t begin = b * block, end = std::min(n, begin + block);
      std::int64_t i = begin;
      for (; i + lanes <= end; i += lanes) {
        for (int lane = 0; lane < lanes; ++lane) {
          const T away = theta[i + lane] - center[i + lane];
          const T pull = omega[i + lane] * away;
          gradient[i + lane] = strength * pull;
          partial[lane] += pull * away;
        }
      }
      for (; i < end; ++i) {
        const T away = theta[i] - center[i];
        gradient[i] = strength * omega[i] * away;
        partial[0] += omega[i] * away * away;
      }
      sum[b] = 0;
      for (T each : partial) sum[b] += static_cast<double>(each);
    }
  });
  double total = 0;
  for (std::int64_t b = 0; b < blocks; ++b) total += sum[b];
  return total;
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
  std::vector<Tensor> gradients;
  gradients.reserve(parameters.size());
  double total = 0;
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const Tensor &theta = parameters[k], &omega = importance[k], &star = center[k];
    check_shape(omega.shape() == theta.shape() && star.shape() == theta.shape(),
                "quadratic_penalty: parameter {} is {}, its importance {}, its center {}", k,
                theta.shape(), omega.shape(), star.shape());
    check_dtype(theta.dtype() == dtype && omega.dtype() == dtype && star.dtype() == dtype,
                "quadratic_penalty: parameter {} is {}, its importance {}, its center {}, the rest "
                "{}",
                k, theta.dtype(), omega.dtype(), star.dtype(), dtype);
    gradients.emplace_back(theta.shape(), dtype);
    total += dispatch_floating("quadratic_penalty", dtype, [&]<class T>() {
      return penalty_and_gradient(theta.numel(), theta.data<T>().data(), omega.data<T>().data(),
                                  star.data<T>().data(), static_cast<T>(strength),
                                  gradients[k].data<T>().data());
    });
  }
  const std::vector<TensorRef> inputs(parameters.begin(), parameters.end());
  return record("quadratic_penalty", scalar(0.5 * strength * total, dtype), std::span(inputs),
                [parameters, importance, center, strength, gradients = std::move(gradients)](
                    const Tensor& dy, Gradients& d) {
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      const int input = static_cast<int>(k);
      if (!d.wants(input)) continue;
      if (Tape::current()) {  // these gradients are to be differentiated themselves
        d[input] = dy * strength * importance[k] * (parameters[k] - center[k]);
      } else {
        d[input] = dy.item() == 1 ? gradients[k] : dy * gradients[k];
      }
    }
  });
}

}  // namespace engram::optim
