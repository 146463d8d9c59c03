#include <engram/autograd/create.h>
#include <engram/autograd/kernels/normalize.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/compare.h>
#include <engram/autograd/ops/map.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/normalization.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/record.h>

#include <algorithm>
#include <limits>

namespace engram {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The groups of x, each normalized by its own statistics, for the kernels and the operations.
struct Layout {
  kernels::Groups groups;
  kernels::Parameters parameters;
  Shape shape;     // of weight and bias
  Shape beside;    // the same, broadcastable to x
  Axes axes = {};  // of x, spanned by a group
};

struct Normalized {
  Tensor y, mean, variance;
};

Normalized normalize(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias,
                     const Layout& layout, double eps) {
  const Tensor y(x.shape(), x.dtype());
  const Tensor means({layout.groups.count}, x.dtype()), variances({layout.groups.count}, x.dtype()),
      inverse_stds({layout.groups.count}, x.dtype());
  const Tensor w = weight.defined() ? weight : ones(layout.shape, x.dtype());
  const Tensor b = bias.defined() ? bias : zeros(layout.shape, x.dtype());
  dispatch_floating(op, x.dtype(), [&]<class T>() {
    kernels::normalize<T>({.groups = layout.groups,
                           .parameters = layout.parameters,
                           .eps = eps,
                           .x = x.data<T>().data(),
                           .weight = w.data<T>().data(),
                           .bias = b.data<T>().data(),
                           .y = y.data<T>().data(),
                           .mean = means.data<T>().data(),
                           .variance = variances.data<T>().data(),
                           .inverse_std = inverse_stds.data<T>().data()});
  });
  const auto backward = [op, x = Saved(x), w = Saved(w), means, inverse_stds, layout, eps](
                            const Tensor& dy, Gradients& d) {
    if (Tape::current()) {
      const auto average = [&](const Tensor& v) { return mean(v, layout.axes, {.keepdim = true}); };
      const Tensor centred = x - average(x);
      const Tensor variance = average(square(centred));
      const Tensor inverse_std = where(variance < infinity, 1 / sqrt(variance + eps), not_a_number);
      const Tensor x_hat = centred * inverse_std;
      const Tensor g = dy * reshape(w, layout.beside);
      if (d.wants(0)) d[0] = inverse_std * (g - average(g) - x_hat * average(g * x_hat));
      if (d.wants(1)) d[1] = reshape(sum_to(dy * x_hat, layout.beside), layout.shape);
      if (d.wants(2)) d[2] = reshape(sum_to(dy, layout.beside), layout.shape);
      return;
    }
    const Tensor dx(x.shape(), x.dtype()), dw(w.shape(), x.dtype()), db(w.shape(), x.dtype());
    dispatch_floating(op, x.dtype(), [&]<class T>() {
      kernels::normalize_backward<T>({.groups = layout.groups,
                                      .parameters = layout.parameters,
                                      .x = x.data<T>().data(),
                                      .weight = w.data<T>().data(),
                                      .mean = means.data<T>().data(),
                                      .inverse_std = inverse_stds.data<T>().data(),
                                      .dy = dy.data<T>().data(),
                                      .dx = dx.data<T>().data(),
                                      .dweight = dw.data<T>().data(),
                                      .dbias = db.data<T>().data()});
    });
    if (d.wants(0)) d[0] = dx;
    if (d.wants(1)) d[1] = dw;
    if (d.wants(2)) d[2] = db;
  };
  const auto attributes = [&] {
    Attributes all{{"eps", eps}};
    if (layout.parameters == kernels::Parameters::of_place) {
      all.emplace_back("normalized_shape", layout.shape);
    }
    return all;
  };
  return {record(op, y, {x, weight, bias}, backward, attributes), means, variances};
}

void check_parameter(const char* op, const char* name, const Tensor& x, const Tensor& parameter,
                     const Shape& expected) {
  if (!parameter.defined()) return;
  check_shape(parameter.shape() == expected, "{}: {} is {}, x {} expects {}", op, name,
              parameter.shape(), x.shape(), expected);
  check_dtype(parameter.dtype() == x.dtype(), "{}: {} is {}, x is {}", op, name, parameter.dtype(),
              x.dtype());
}

/// running ← (1 − momentum) · running + momentum · scale · batch, in place.
void update_running(const Tensor& running, const Tensor& batch, double momentum, double scale) {
  if (!running.defined()) return;
  dispatch_floating("batch_norm", running.dtype(), [&]<class T>() {
    std::ranges::transform(running.data<T>(), batch.data<T>(), running.mutable_data<T>().begin(),
                           [=](T old, T now) {
                             return static_cast<T>((1 - momentum) * static_cast<double>(old) +
                                                   momentum * scale * static_cast<double>(now));
                           });
  });
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                  const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormOptions& options) {
  check_floating("batch_norm", x);
  check_shape(x.rank() >= 2, "batch_norm: x must be (N, C, ...), got {}", x.shape());
  const AxisView view = view_along(x.shape(), 1);
  const Shape channels{view.n};
  check_parameter("batch_norm", "weight", x, weight, channels);
  check_parameter("batch_norm", "bias", x, bias, channels);
  check_parameter("batch_norm", "running_mean", x, running_mean, channels);
  check_parameter("batch_norm", "running_var", x, running_var, channels);

  Layout layout{.groups = {view.outer, view.n, view.inner},
                .parameters = kernels::Parameters::of_group,
                .shape = channels,
                .beside = {1, view.n},
                .axes = {0}};
  for (int axis = 2; axis < x.rank(); ++axis) {
    layout.axes.push_back(axis);
    layout.beside.push_back(1);
  }

  if (options.training) {
    const auto n = static_cast<double>(layout.groups.size());
    check_shape(n > 1, "batch_norm: training needs more than one element a channel, x is {}",
                x.shape());
    const Normalized result = normalize("batch_norm", x, weight, bias, layout, options.eps);
    update_running(running_mean, result.mean, options.momentum, 1);
    update_running(running_var, result.variance, options.momentum, n / (n - 1));
    return result.y;
  }
  check(running_mean.defined() && running_var.defined(),
        "batch_norm: without training, running_mean and running_var must be defined");
  Tensor scale = 1 / sqrt(running_var + options.eps);
  if (weight.defined()) scale = scale * weight;
  Tensor shift = -running_mean * scale;
  if (bias.defined()) shift = shift + bias;
  return x * reshape(scale, layout.beside) + reshape(shift, layout.beside);
}

Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight,
                  const Tensor& bias, double eps) {
  check_floating("layer_norm", x);
  const int leading = x.rank() - normalized_shape.rank();
  check_shape(normalized_shape.rank() >= 1 && leading >= 0 &&
                  std::equal(normalized_shape.begin(), normalized_shape.end(),
                             x.shape().begin() + std::max(leading, 0)),
              "layer_norm: x is {}, its last axes must be normalized_shape {}", x.shape(),
              normalized_shape);
  check_parameter("layer_norm", "weight", x, weight, normalized_shape);
  check_parameter("layer_norm", "bias", x, bias, normalized_shape);

  Layout layout{.groups = {.inner = normalized_shape.numel()},
                .parameters = kernels::Parameters::of_place,
                .shape = normalized_shape,
                .beside = normalized_shape};
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis < leading)
      layout.groups.count *= x.shape()[axis];
    else
      layout.axes.push_back(axis);
  }
  return normalize("layer_norm", x, weight, bias, layout, eps).y;
}

}  // namespace engram
