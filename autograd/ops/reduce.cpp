#include <engram/autograd/create.h>
#include <engram/autograd/kernels/reduce.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/compare.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/map.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>

#include <cstdint>
#include <limits>
#include <type_traits>

namespace engram {
namespace {

/// The shapes of a reduction's result, and the number of elements reduced to each of its elements.
struct ReducedAxes {
  Shape kept;     // x's shape with 1 for each reduced axis
  Shape reduced;  // x's shape without the reduced axes
  std::int64_t count = 1;

  ReducedAxes(const char* op, const Shape& shape, const Axes& axes) : kept(shape) {
    bool drop[Shape::max_rank] = {};
    for (std::int64_t each : axes) {
      const int axis = shape.axis(each);
      check_shape(!drop[axis], "{}: axis {} is named twice", op, each);
      drop[axis] = true;
    }
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (axes.rank() == 0 || drop[axis]) {
        count *= shape[axis];
        kept[axis] = 1;
      } else {
        reduced.push_back(shape[axis]);
      }
    }
  }

  const Shape& shape(bool keepdim) const { return keepdim ? kept : reduced; }
};

/// The axes counted from the front; none means all.
Attributes reduction_attributes(const Shape& shape, const Axes& axes, bool keepdim) {
  Axes numbers = axes;
  for (std::int64_t& axis : numbers) axis = shape.axis(axis);
  return {{"axes", numbers}, {"keepdim", keepdim}};
}

/// Reduces one run of adjacent axes after the other by kernel(view, in, out), which must be
/// associative, as sums and extrema are.
template <class Kernel>
Tensor reduce(const Tensor& x, const ReducedAxes& reduction, bool keepdim, DType dtype,
              Kernel kernel) {
  Tensor y = x;
  for (int axis = x.rank() - 1; axis >= 0; --axis) {
    const Shape& from = x.shape();
    if (from[axis] == reduction.kept[axis]) continue;
    int first = axis;
    std::int64_t n = from[axis];
    while (first > 0 && from[first - 1] != reduction.kept[first - 1]) n *= from[--first];
    std::int64_t outer = 1, inner = 1;
    for (int i = 0; i < first; ++i) outer *= from[i];
    for (int i = axis + 1; i < x.rank(); ++i) inner *= reduction.kept[i];
    Tensor out({outer, inner}, dtype);
    kernel(AxisView{outer, n, inner}, y, out);
    y = out;
    axis = first;
  }
  if (y.is(x)) {  // all reduced axes have size 1; the result must still be a new tensor
    const InnerOperations inner;
    y = x.dtype() == dtype ? clone(x) : cast(x, dtype);
  }
  return view(y, reduction.shape(keepdim));
}

}  // namespace

Tensor sum(const Tensor& x, const Axes& axes, const ReduceOptions& options) {
  const ReducedAxes r("sum", x.shape(), axes);
  const DType dtype = is_floating(x.dtype()) ? x.dtype() : i64;
  const auto add_up = [](const AxisView& view, const Tensor& in, const Tensor& out) {
    dispatch(in.dtype(), [&]<class X>() {
      using Y = std::conditional_t<std::is_floating_point_v<X>, X, std::int64_t>;
      kernels::sum(view, readable<X>(in), out.data<Y>().data());
    });
  };
  const Tensor y = reduce(x, r, options.keepdim, dtype, add_up);
  return record(
      "sum", y, {x},
      [shape = x.shape(), kept = r.kept](const Tensor& dy, Gradients& d) {
        d[0] = expand(reshape(dy, kept), shape);
      },
      [&] { return reduction_attributes(x.shape(), axes, options.keepdim); });
}

Tensor mean(const Tensor& x, const Axes& axes, const ReduceOptions& options) {
  const ReducedAxes r("mean", x.shape(), axes);
  const auto n = static_cast<double>(r.count);
  if (is_floating(x.dtype())) return averaged(sum(x, axes, options), n);
  // In f64, where sums of i64 do not wrap around.
  const Tensor total =
      x.dtype() == i64 ? sum(cast(x, f64), axes, options) : cast(sum(x, axes, options), f64);
  return cast(averaged(total, n), f32);
}

namespace {

/// f(number of true elements, number of elements) over the axes.
template <class F>
Tensor counted(const char* op, const Tensor& x, const Axes& axes, bool keepdim, F f) {
  check_among(Types<bool>(), op, x.dtype());
  const ReducedAxes r(op, x.shape(), axes);
  const Tensor y = [&] {
    const InnerOperations inner;
    return f(sum(x, axes, {.keepdim = keepdim}), static_cast<double>(r.count));
  }();
  return traced(op, y, {x}, [&] { return reduction_attributes(x.shape(), axes, keepdim); });
}

}  // namespace

Tensor any(const Tensor& x, const Axes& axes, const ReduceOptions& options) {
  return counted("any", x, axes, options.keepdim,
                 [](const Tensor& count, double) { return count != 0; });
}

Tensor all(const Tensor& x, const Axes& axes, const ReduceOptions& options) {
  return counted("all", x, axes, options.keepdim,
                 [](const Tensor& count, double n) { return count == n; });
}

Tensor averaged(const Tensor& total, double n) {
  return n == 0 ? total + std::numeric_limits<double>::quiet_NaN() : total / n;
}

namespace {

/// max or min: the elements equal to the result, or NaN if the result is, share its gradient.
template <class Kernel>
Tensor extremum(const char* op, const Tensor& x, const Axes& axes, bool keepdim, Kernel kernel) {
  check_among(NumberTypes(), op, x.dtype());
  const ReducedAxes r(op, x.shape(), axes);
  check_shape(r.count > 0, "{}: no elements to choose from in shape {}", op, x.shape());
  const Tensor y = reduce(x, r, keepdim, x.dtype(), kernel);
  return record(
      op, y, {x},
      [op, x = Saved(x), y = Saved(y), kept = r.kept, axes](const Tensor& dy, Gradients& d) {
        // NaN among the elements makes the result NaN, which equals none of them.
        const Tensor chosen = compare(op, x, reshape(y, kept), [](auto each, auto best) {
          return (each == best) | (each != each);
        });
        const Tensor count = sum(cast(chosen, x.dtype()), axes, {.keepdim = true});
        d[0] = where(chosen, reshape(dy, kept) / count, 0);
      },
      [&] { return reduction_attributes(x.shape(), axes, keepdim); });
}

}  // namespace

Tensor max(const Tensor& x, const Axes& axes, const ReduceOptions& options) {
  return extremum("max", x, axes, options.keepdim, [](const AxisView& view, auto& in, auto& out) {
    choose(NumberTypes(), in.dtype(), [&]<class T>() {
      kernels::max(view, in.template data<T>().data(), out.template data<T>().data());
    });
  });
}

Tensor min(const Tensor& x, const Axes& axes, const ReduceOptions& options) {
  return extremum("min", x, axes, options.keepdim, [](const AxisView& view, auto& in, auto& out) {
    choose(NumberTypes(), in.dtype(), [&]<class T>() {
      kernels::min(view, in.template data<T>().data(), out.template data<T>().data());
    });
  });
}

namespace {

/// x - mean(x), twice: the rounding error of the first mean is the mean of the first difference.
Tensor deviations(const Tensor& x, const Axes& axes) {
  const Tensor d = x - mean(x, axes, {.keepdim = true});
  return d - mean(d, axes, {.keepdim = true});
}

}  // namespace

Tensor var(const Tensor& x, const Axes& axes, const VarOptions& options) {
  check_floating("var", x);
  const ReducedAxes r("var", x.shape(), axes);
  const double divisor = std::max<double>(0, static_cast<double>(r.count - options.correction));
  const Tensor y = [&] {
    const InnerOperations inner;
    return sum(square(deviations(x, axes)), axes) / divisor;
  }();
  const double scale = r.count == 0 ? 0 : 2 / divisor;
  return record(
      "var", view(y, r.shape(options.keepdim)), {x},
      [x = Saved(x), axes, scale, kept = r.kept](const Tensor& dy, Gradients& d) {
        d[0] = deviations(x, axes) * (reshape(dy, kept) * scale);
      },
      [&] {
        Attributes attributes = reduction_attributes(x.shape(), axes, options.keepdim);
        attributes.emplace_back("correction", options.correction);
        return attributes;
      });
}

Tensor logsumexp(const Tensor& x, const Axes& axes, const ReduceOptions& options) {
  check_floating("logsumexp", x);
  const ReducedAxes r("logsumexp", x.shape(), axes);
  if (r.count == 0) {
    return full(r.shape(options.keepdim), -std::numeric_limits<double>::infinity(), x.dtype());
  }
  // The shift is a constant, as it cancels, and finite, so that ∞ - ∞ does not occur.
  const Tensor largest = [&] {
    const NoGrad no_grad;
    const double limit = dispatch_floating(
        "logsumexp", x.dtype(), []<class T>() { return double{std::numeric_limits<T>::max()}; });
    return clamp(max(x, axes, {.keepdim = true}), -limit, limit);
  }();
  const Tensor total = sum(exp(x - largest), axes, {.keepdim = true});
  return reshape(log(total) + largest, r.shape(options.keepdim));
}

Tensor argmax(const Tensor& x, std::int64_t axis, const ReduceOptions& options) {
  axis = x.shape().axis(axis);
  const ReducedAxes r("argmax", x.shape(), {axis});
  check_shape(r.count > 0, "argmax: no elements to choose from in shape {}", x.shape());
  const AxisView view = view_along(x.shape(), axis);
  Tensor y(r.shape(options.keepdim), i64);
  dispatch(NumberTypes(), "argmax", x.dtype(), [&]<class T>() {
    kernels::argmax(view, x.data<T>().data(), y.data<std::int64_t>().data());
  });
  return traced("argmax", y, {x}, [&] {
    return Attributes{{"axis", axis}, {"keepdim", options.keepdim}};
  });
}

}  // namespace engram
