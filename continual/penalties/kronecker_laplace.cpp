#include <engram/autograd/create.h>
#include <engram/autograd/kernels/elementwise.h>
#include <engram/autograd/kernels/gemm.h>
#include <engram/autograd/kernels/reduce_blocks.h>
#include <engram/autograd/kernels/runs.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/eigen.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/record.h>
#include <engram/continual/penalties/kronecker_laplace.h>

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace engram::continual {
namespace {

/// A truncated root r (n, k), x ≈ r·rᵀ: the fewest largest eigenvalues whose sum is this share of
/// the sum of all.
Tensor root(const Tensor& x, double share) {
  const auto [values, vectors] = symmetric_eigen(x);  // ascending
  const auto value = values.data<double>();
  double total = 0, kept = 0;
  for (const double each : value) total += std::max(each, 0.0);
  constexpr double nothing = 1e-14;  // relative rounding error of an eigenvalue 0
  auto first = std::ssize(value);
  while (first > 0 && kept < share * total &&
         value[static_cast<std::size_t>(first - 1)] > nothing * total) {
    kept += value[static_cast<std::size_t>(--first)];
  }
  const std::int64_t n = x.size(0);
  return slice(vectors, 1, first, n) * sqrt(slice(values, 0, first, n));
}

/// [W b] (out, in) in f64: the bias is the last column.
Tensor joined(const Tensor& weight, const Tensor& bias) {
  const std::int64_t out = weight.size(0);
  const Tensor matrix = reshape(cast(weight, f64), {out, weight.shape().without(0).numel()});
  return bias.defined() ? cat({matrix, reshape(cast(bias, f64), {out, 1})}, 1) : matrix;
}

Tensor from_root(const Tensor& root) { return matmul(root, root, {.transpose_b = true}); }

/// a - b, not recorded.
template <class T>
Tensor difference(const Tensor& a, const Tensor& b) {
  Tensor c(a.shape(), a.dtype());
  kernels::map(a.numel(), a.data<T>().data(), b.data<T>().data(), c.data<T>().data(),
               [](T x, T y) { return x - y; });
  return c;
}

/// x ← factor·x; returns Σ x² of the old x.
template <class T>
double square_sum_and_scale(const Tensor& x, T factor) {
  T* elements = x.data<T>().data();
  return kernels::reduce_blocks(
      x.numel(),
      [=](std::int64_t begin, std::int64_t end) {
        return kernels::sum_run<T>(end - begin, [=](std::int64_t at) {
          const T value = elements[begin + at];
          elements[begin + at] = factor * value;
          return value * value;
        });
      },
      std::plus<>());
}

}  // namespace

KroneckerLaplace::KroneckerLaplace(Network network, const KroneckerLaplaceOptions& options)
    : network_(std::move(network)), options_(options), factors_(network_.parameters().size()) {
  check(options_.lambda >= 0, "KroneckerLaplace: lambda must be at least 0, got {}",
        options_.lambda);
  check(options_.energy >= 0 && options_.energy <= 1,
        "KroneckerLaplace: energy must be in [0, 1], got {}", options_.energy);
  check(options_.fisher.samples >= 0, "KroneckerLaplace: samples must be at least 0, got {}",
        options_.fisher.samples);
  check(options_.fisher.batch >= 1, "KroneckerLaplace: batch must be at least 1, got {}",
        options_.fisher.batch);
  const std::vector<Tensor>& parameters = network_.parameters();
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    check_dtype(parameters[k].dtype() == parameters[0].dtype(),
                "KroneckerLaplace: parameter {} is {}, the first {}", k, parameters[k].dtype(),
                parameters[0].dtype());
  }
}

void KroneckerLaplace::find_layers_once(const Task& task) {
  if (!layers_.empty()) return check_layers("KroneckerLaplace", network_, layers_);
  std::vector<Layer> layers = find_layers("KroneckerLaplace", network_, task);
  for (const Layer& layer : layers) {
    for (const Factor& factor : factors_[layer.number]) {  // from a state that was loaded
      check(factor.inputs.size(0) == layer.in,
            "KroneckerLaplace: parameter {} has {} inputs with the bias's, the loaded factor {}",
            layer.number, layer.in, factor.inputs.size(0));
    }
  }
  layers_ = std::move(layers);
}

void KroneckerLaplace::begin_task(const Task& task) { find_layers_once(task); }

Tensor KroneckerLaplace::loss(const Step&, const Tensor& loss) {
  return tasks_ == 0 ? loss : loss + penalty();
}

/// Returns Σ_t ‖gᵀ·ΔW·a + offset‖² of a layer, and writes the penalty's gradients. The last row of
/// a is the bias's.
template <class T>
double KroneckerLaplace::penalty_of(const Layer& layer, const Tensor& weight_gradient,
                                    const Tensor& bias_gradient) const {
  using kernels::gemm;
  const bool biased = layer.bias.defined();
  const std::int64_t out = layer.out, in = biased ? layer.in - 1 : layer.in;
  const Tensor away = difference<T>(layer.weight, center_[layer.number]);
  const Tensor bias_away =
      biased ? difference<T>(layer.bias, center_[layer.bias_number]) : Tensor();
  const T* dw = away.data<T>().data();
  const T* db = biased ? bias_away.data<T>().data() : nullptr;
  T* weight_sum = weight_gradient.data<T>().data();
  T* bias_sum = biased ? bias_gradient.data<T>().data() : nullptr;

  double total = 0;
  bool add = false;
  for (const Factor& factor : factors_[layer.number]) {
    const std::int64_t r = factor.inputs.size(1), s = factor.gradients.size(1);
    const T* a = factor.inputs.data<T>().data();
    const T* g = factor.gradients.data<T>().data();
    const Tensor left({s, in}, away.dtype()), bias_left({s}, away.dtype());
    const Tensor inner({s, r}, away.dtype());
    T* u = left.data<T>().data();
    T* v = bias_left.data<T>().data();
    T* e = inner.data<T>().data();
    if (factor.offset.defined()) std::ranges::copy(factor.offset.data<T>(), e);

    const kernels::StoredMatrix<const T> gt{g, 0, true}, at{a, 0, true},
        bias_at{a + in * r, 0, true};
    gemm<T>({.m = s, .n = in, .k = out, .a = gt, .b = {dw}, .c = {u}});  // gᵀΔW
    const bool on_offset = factor.offset.defined();
    gemm<T>({.m = s, .n = r, .k = in, .a = {u}, .b = {a}, .c = {e}, .add = on_offset});  // gᵀΔW·a
    if (biased) {
      gemm<T>({.m = s, .n = 1, .k = out, .a = gt, .b = {db}, .c = {v}});
      gemm<T>({.m = s, .n = r, .k = 1, .a = {v}, .b = {a + in * r}, .c = {e}, .add = true});
    }
    total += square_sum_and_scale<T>(inner, static_cast<T>(options_.lambda));
    gemm<T>({.m = s, .n = in, .k = r, .a = {e}, .b = at, .c = {u}});
    // g(gᵀΔW·a)aᵀ
    gemm<T>({.m = out, .n = in, .k = s, .a = {g}, .b = {u}, .c = {weight_sum}, .add = add});
    if (biased) {
      gemm<T>({.m = s, .n = 1, .k = r, .a = {e}, .b = bias_at, .c = {v}});
      gemm<T>({.m = out, .n = 1, .k = s, .a = {g}, .b = {v}, .c = {bias_sum}, .add = add});
    }
    add = true;
  }
  return total;
}

Tensor KroneckerLaplace::penalty() const {
  const std::vector<Tensor>& parameters = network_.parameters();
  const DType dtype = parameters[0].dtype();
  if (tasks_ == 0) return scalar(0, dtype);
  check(!layers_.empty(), "KroneckerLaplace: begin_task comes before the penalty");
  std::vector<Tensor> gradients(parameters.size());  // undefined for parameters of no layer
  double total = 0;
  for (const Layer& layer : layers_) {
    gradients[layer.number] = Tensor(layer.weight.shape(), dtype);
    if (layer.bias.defined()) gradients[layer.bias_number] = Tensor(layer.bias.shape(), dtype);
    total += dispatch_floating("KroneckerLaplace", dtype, [&]<class T>() {
      return penalty_of<T>(layer, gradients[layer.number],
                           layer.bias.defined() ? gradients[layer.bias_number] : Tensor());
    });
  }
  const std::vector<TensorRef> inputs(parameters.begin(), parameters.end());
  return record("kronecker_penalty", scalar(0.5 * options_.lambda * total, dtype), inputs,
                [gradients = std::move(gradients)](const Tensor& dy, Gradients& d) {
                  check_autograd(!Tape::current(),
                                 "kronecker_penalty: it cannot be differentiated twice");
                  for (std::size_t k = 0; k < gradients.size(); ++k) {
                    const int input = static_cast<int>(k);
                    if (!d.wants(input) || !gradients[k].defined()) continue;
                    d[input] = dy.item() == 1 ? gradients[k] : dy * gradients[k];
                  }
                });
}

KroneckerLaplace::Factor KroneckerLaplace::factor_of(const optim::KroneckerFactors& factors,
                                                     DType dtype) const {
  return {cast(root(factors.inputs, options_.energy), dtype),
          cast(root(factors.gradients, options_.energy), dtype),
          {}};
}

void KroneckerLaplace::end_task(const Task& task) {
  find_layers_once(task);
  const NoGrad no_grad;
  optim::FisherOptions fisher = options_.fisher;
  fisher.stream = static_cast<std::uint64_t>(task.number);
  const auto latest = kronecker_fisher(network_, layers_, task, fisher);
  const DType dtype = network_.parameters()[0].dtype();
  std::vector<std::vector<Factor>> all = factors_;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    std::vector<Factor>& factors = all[layer.number];
    if (options_.online) {
      if (tasks_ == 0) {
        factors = {factor_of(latest[l], dtype)};
      } else {
        const Tensor a = from_root(cast(factors[0].inputs, f64));
        const Tensor g = from_root(cast(factors[0].gradients, f64));
        factors[0] = factor_of(
            {(a * tasks_ + latest[l].inputs) / (tasks_ + 1), g + latest[l].gradients}, dtype);
      }
      continue;
    }
    if (tasks_ > 0) {  // the center moves, and its offset from each task's end too
      const Tensor moved = joined(layer.weight, layer.bias) -
                           joined(center_[layer.number],
                                  layer.bias.defined() ? center_[layer.bias_number] : Tensor());
      for (Factor& factor : factors) {
        const Tensor left = matmul(cast(factor.gradients, f64), moved, {.transpose_a = true});
        factor.offset =
            cast(cast(factor.offset, f64) + matmul(left, cast(factor.inputs, f64)), dtype);
      }
    }
    factors.push_back(factor_of(latest[l], dtype));
    factors.back().offset =
        zeros({factors.back().gradients.size(1), factors.back().inputs.size(1)}, dtype);
  }
  factors_ = std::move(all);
  center_.clear();
  for (const Tensor& parameter : network_.parameters()) {
    center_.push_back(clone(detach(parameter)));
  }
  ++tasks_;
}

StateDict KroneckerLaplace::state_dict() const {
  StateDict state{{"KroneckerLaplace.tasks", scalar(tasks_, i64)}};
  state.add_list("center", center_);
  for (std::size_t k = 0; k < center_.size(); ++k) {
    for (std::size_t t = 0; t < factors_[k].size(); ++t) {
      const auto& [inputs, gradients, offset] = factors_[k][t];
      state.add(fmt::format("{}.{}.inputs", k, t), clone(inputs));
      state.add(fmt::format("{}.{}.gradients", k, t), clone(gradients));
      if (offset.defined()) state.add(fmt::format("{}.{}.offset", k, t), clone(offset));
    }
  }
  return state;
}

void KroneckerLaplace::read_state(StateReader& state) {
  const std::vector<Tensor>& parameters = network_.parameters();
  const DType dtype = parameters[0].dtype();
  const int tasks = state.count<int>("KroneckerLaplace.tasks");
  const int of_each = options_.online ? std::min(tasks, 1) : tasks;
  std::vector<std::vector<Factor>> factors(parameters.size());
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const Shape& shape = parameters[k].shape();
    if (shape.rank() < 2) continue;
    // One row more with a bias; known once the layers were found.
    const std::int64_t inputs = shape.without(0).numel();
    const auto layer = std::ranges::find(layers_, k, &Layer::number);
    const auto fits = [&](std::int64_t rows) {
      return layer != layers_.end() ? rows == layer->in : rows == inputs || rows == inputs + 1;
    };
    for (int t = 0; t < of_each; ++t) {
      const auto key = [&](const char* name) { return fmt::format("{}.{}.{}", k, t, name); };
      const Tensor a = state.tensor(key("inputs"), dtype);
      state.check<ShapeError>(a.rank() == 2 && fits(a.size(0)), key("inputs"),
                              "is {}, which does not fit parameter {}, {}", a.shape(), k, shape);
      const Tensor g = state.tensor(key("gradients"), dtype);
      state.check<ShapeError>(g.rank() == 2 && g.size(0) == shape[0], key("gradients"),
                              "is {}, which does not fit parameter {}, {}", g.shape(), k, shape);
      state.check_finite(key("inputs"), a);
      state.check_finite(key("gradients"), g);
      factors[k].push_back({a, g, {}});
      if (options_.online) continue;
      const Tensor offset = state.tensor(key("offset"), dtype, {g.size(1), a.size(1)});
      state.check_finite(key("offset"), offset);
      factors[k].back().offset = offset;
    }
  }
  state.set(tasks_, tasks);
  state.set(center_, tasks > 0 ? state.finite_list("center", parameters) : std::vector<Tensor>());
  state.set(factors_, std::move(factors));
}

}  // namespace engram::continual
