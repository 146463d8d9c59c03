#include <engram/autograd/error.h>
#include <engram/autograd/kernels/elementwise.h>
#include <engram/autograd/kernels/reduce_blocks.h>
#include <engram/autograd/kernels/runs.h>
#include <engram/optim/clip.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace engram::optim {
namespace {

double larger_or_nan(double a, double b) { return a > b || std::isnan(a) ? a : b; }

double largest_magnitude(const Tensor& x) {
  return dispatch_floating("clip_grad_norm", x.dtype(), [&]<class T>() {
    const T* v = x.data<T>().data();
    return kernels::reduce_blocks(
        x.numel(),
        [=](std::int64_t begin, std::int64_t end) {
          double largest = 0;
          for (std::int64_t i = begin; i < end; ++i) {
            largest = larger_or_nan(largest, std::abs(static_cast<double>(v[i])));
          }
          return largest;
        },
        larger_or_nan);
  });
}

/// Σ |x|^p, summed in double.
double sum_of_powers(const Tensor& x, double p) {
  return dispatch_floating("clip_grad_norm", x.dtype(), [&]<class T>() {
    const T* v = x.data<T>().data();
    const auto sum = [&](auto power) {
      return kernels::reduce_blocks(
          x.numel(),
          [=](std::int64_t begin, std::int64_t end) {
            return kernels::sum_run<double>(end - begin, [=](std::int64_t i) {
              return power(static_cast<double>(v[begin + i]));
            });
          },
          std::plus<>());
    };
    if (p == 2) return sum([](double e) { return e * e; });
    return sum([p](double e) { return std::pow(std::abs(e), p); });
  });
}

/// As in an optimizer's step: the leftover gradient of a frozen parameter has no effect.
bool takes_part(const Tensor& parameter) {
  return parameter.requires_grad() && parameter.grad().defined();
}

}  // namespace

double clip_grad_norm(const std::vector<Tensor>& parameters, double max_norm,
                      const ClipGradNormOptions& options) {
  const double norm_type = options.norm_type;
  check(max_norm >= 0, "clip_grad_norm: max_norm must be at least 0, got {}", max_norm);
  check(norm_type > 0, "clip_grad_norm: norm_type must be above 0, got {}", norm_type);
  const bool largest = norm_type == std::numeric_limits<double>::infinity();
  double norm = 0;
  for (const Tensor& parameter : parameters) {
    if (!takes_part(parameter)) continue;
    const Tensor& gradient = parameter.grad();
    if (largest)
      norm = larger_or_nan(norm, largest_magnitude(gradient));
    else
      norm += sum_of_powers(gradient, norm_type);
  }
  if (!largest) norm = std::pow(norm, 1 / norm_type);
  check(!options.error_if_nonfinite || std::isfinite(norm),
        "clip_grad_norm: the norm of the gradients is {}", norm);
  const double factor = max_norm / (norm + 1e-6);
  if (factor >= 1) return norm;  // false for NaN
  for (const Tensor& parameter : parameters) {
    if (!takes_part(parameter)) continue;
    const Tensor& gradient = parameter.grad();
    dispatch_floating("clip_grad_norm", gradient.dtype(), [&]<class T>() {
      T* g = gradient.mutable_data<T>().data();
      const T scale(factor);
      kernels::for_each_index(gradient.numel(), [=](std::int64_t i) { g[i] *= scale; });
    });
  }
  return norm;
}

void clip_grad_value(const std::vector<Tensor>& parameters, double clip_value) {
  check(clip_value >= 0, "clip_grad_value: clip_value must be at least 0, got {}", clip_value);
  for (const Tensor& parameter : parameters) {
    if (!takes_part(parameter)) continue;
    const Tensor& gradient = parameter.grad();
    dispatch_floating("clip_grad_value", gradient.dtype(), [&]<class T>() {
      T* g = gradient.mutable_data<T>().data();
      const T limit(clip_value);
      kernels::for_each_index(gradient.numel(), [=](std::int64_t i) {
        g[i] = std::min(std::max(g[i], -limit), limit);  // in this order NaN stays
      });
    });
  }
}

}  // namespace engram::optim
