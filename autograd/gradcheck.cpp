#include <engram/autograd/create.h>
#include <engram/autograd/gradcheck.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace engram {
namespace {

using Tensors = std::vector<Tensor>;
using Function = std::function<Tensor(const Tensors&)>;

bool is_checked(const Tensor& x) { return x.defined() && is_floating(x.dtype()); }

/// Copies of the inputs, the floating ones as parameters.
Tensors parameters(const char* caller, const Tensors& inputs) {
  Tensors copies = inputs;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    if (!is_checked(inputs[k])) continue;
    check_dtype(inputs[k].dtype() == f64, "{}: input {} is {}, only f64 is precise enough", caller,
                k, inputs[k].dtype());
    copies[k] = tensor(std::span<const double>(inputs[k].data<double>()), inputs[k].shape());
    copies[k].set_requires_grad();
  }
  check_dtype(std::ranges::any_of(copies, is_checked), "{}: no input is f64", caller);
  return copies;
}

Tensor call(const char* caller, const Function& f, const Tensors& inputs) {
  Tensor y = f(inputs);
  check_dtype(y.dtype() == f64, "{}: f returned {}, not f64", caller, y.dtype());
  return y;
}

/// Σ y·weight, the scalar that is differentiated.
Tensor weighted_sum(const Tensor& y, const Tensor& weight) { return sum(y * weight); }

/// The gradients of a scalar, undefined where it does not depend on an x.
Tensors gradients(Tape& tape, const Tensor& scalar, const Tensors& x,
                  const GradientOptions& options = {.allow_unused = true}) {
  return scalar.requires_grad() ? tape.gradient(scalar, x, options) : Tensors(x.size());
}

/// Compares element by element, and remembers the one with the largest error.
class Comparison {
 public:
  explicit Comparison(const GradcheckOptions& options) : options_(options) {}

  void add(const std::string& input, const Shape& shape, std::int64_t element, double analytic,
           double numeric) {
    ++count_;
    const double allowed = options_.atol + options_.rtol * std::abs(numeric);
    const double excess = std::abs(analytic - numeric) / allowed;
    if (excess <= 1) return;  // false for NaN
    ++failed_;
    if (excess <= worst_) return;
    worst_ = std::isnan(excess) ? std::numeric_limits<double>::infinity() : excess;
    worst_text_ =
        fmt::format("{}, element {} of {}: analytic {:.10g}, numeric {:.10g}, allowed {:.2g}",
                    input, index_of(element, shape), shape, analytic, numeric, allowed);
  }

  GradcheckResult result(const std::string& op) const {
    if (failed_ == 0) return {};
    return {false,
            fmt::format("{}: {}; {} of {} elements differ", op, worst_text_, failed_, count_)};
  }

 private:
  GradcheckOptions options_;
  std::int64_t count_ = 0;
  std::int64_t failed_ = 0;
  double worst_ = 0;
  std::string worst_text_;
};

/// Compares `analytic` with central differences of `value`, a function of the parameters x, which
/// are changed in place.
void compare(const Tensors& x, const Tensors& analytic, const std::function<double()>& value,
             const std::function<std::string(std::size_t)>& name, const GradcheckOptions& options,
             Comparison& comparison) {
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (!is_checked(x[k])) continue;
    const auto elements = x[k].data<double>();
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const double middle = elements[i];
      const double step = options.step * std::max(1.0, std::abs(middle));
      const double above = middle + step, below = middle - step;
      elements[i] = above;
      double difference = value();
      elements[i] = below;
      difference -= value();
      elements[i] = middle;
      comparison.add(name(k), x[k].shape(), static_cast<std::int64_t>(i),
                     analytic[k].defined() ? analytic[k].data<double>()[i] : 0.0,
                     difference / (above - below));
    }
  }
}

/// The operation that a report names: the last one that f recorded.
std::string last_op(const Tape& tape) {
  return tape.size() == 0 ? "f, which recorded nothing" : tape.op(tape.size() - 1);
}

/// The parameters among the inputs.
Tensors checked(const Tensors& inputs) {
  Tensors x;
  std::ranges::copy_if(inputs, std::back_inserter(x), is_checked);
  return x;
}

/// One gradient for each input, undefined for those that are not checked.
Tensors for_each_input(const Tensors& inputs, const Tensors& gradients_of_checked) {
  Tensors all(inputs.size());
  std::size_t next = 0;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    if (is_checked(inputs[k])) all[k] = gradients_of_checked[next++];
  }
  return all;
}

}  // namespace

GradcheckResult gradcheck(const Function& f, const Tensors& inputs,
                          const GradcheckOptions& options) {
  const Tensors x = parameters("gradcheck", inputs);
  Generator generator(options.seed);
  Tensor dy;
  Tensors analytic;
  std::string op;
  {
    Tape tape;
    const Tensor y = call("gradcheck", f, x);
    op = last_op(tape);
    dy = randn(y.shape(), f64, generator);
    analytic = for_each_input(x, gradients(tape, weighted_sum(y, dy), checked(x)));
  }
  Comparison comparison(options);
  const auto value = [&] {
    const NoGrad no_grad;
    return weighted_sum(call("gradcheck", f, x), dy).item();
  };
  const auto name = [](std::size_t k) { return fmt::format("input {}", k); };
  compare(x, analytic, value, name, options, comparison);
  return comparison.result(op);
}

GradcheckResult gradgradcheck(const Function& f, const Tensors& inputs,
                              const GradcheckOptions& options) {
  Tensors x = parameters("gradgradcheck", inputs);
  Generator generator(options.seed);
  Tensors weights;  // of the elements of each dx in the scalar that is differentiated
  for (const Tensor& each : checked(x)) weights.push_back(randn(each.shape(), f64, generator));

  // Σ weight·dx over all inputs, with dx the gradient of f for the gradient dy of its output.
  std::string op;
  Tensor dy;
  const auto gradient_of_f = [&](Tape& tape, bool create_graph) {
    const Tensor y = call("gradgradcheck", f, x);
    op = last_op(tape);
    if (!dy.defined()) {
      dy = randn(y.shape(), f64, generator);
      dy.set_requires_grad();
    }
    const Tensors dx = gradients(tape, weighted_sum(y, dy), checked(x),
                                 {.create_graph = create_graph, .allow_unused = true});
    Tensor total = scalar(0, f64);
    for (std::size_t k = 0; k < dx.size(); ++k) {
      if (dx[k].defined()) total = total + weighted_sum(dx[k], weights[k]);
    }
    return total;
  };

  Tensors analytic;
  Tensors variables = x;
  {
    Tape tape;
    const Tensor total = gradient_of_f(tape, true);
    variables.push_back(dy);
    analytic = for_each_input(variables, gradients(tape, total, checked(variables)));
  }
  Comparison comparison(options);
  const auto value = [&] {
    Tape tape;
    return gradient_of_f(tape, false).item();
  };
  const auto name = [&](std::size_t k) {
    return k < x.size() ? fmt::format("dx by input {}", k) : "dx by dy";
  };
  compare(variables, analytic, value, name, options, comparison);
  return comparison.result(op);
}

}  // namespace engram
