#include <engram/autograd/create.h>
#include <engram/autograd/kernels/elementwise.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/optim/curvature/per_sample.h>

#include <algorithm>

namespace engram::optim {
namespace {

/// sum ← sum + part², in place; part² for an undefined sum.
void add_square(Tensor& sum, const Tensor& part) {
  const bool first = !sum.defined();
  if (first) sum = Tensor(part.shape(), part.dtype());
  dispatch_floating("per_sample_squares", part.dtype(), [&]<class T>() {
    const T* x = part.data<T>().data();
    T* y = sum.data<T>().data();
    if (first) {
      kernels::map(part.numel(), x, y, [](T v) { return v * v; });
    } else {
      kernels::map(part.numel(), y, x, y, [](T before, T v) { return before + v * v; });
    }
  });
}

void add(Tensor& sum, const Tensor& part) { sum = sum.defined() ? sum + part : part; }

/// δ_n⊗a_n for each sample n, in the weight's shape.
Tensor weight_gradients(const LayerUse& layer, const Tensor& delta) {
  const std::int64_t samples = layer.input.size(0);
  if (!layer.convolution) {
    return reshape(delta, {samples, -1, 1}) * reshape(layer.input, {samples, 1, -1});
  }
  std::vector<Tensor> each;
  for (std::int64_t n = 0; n < samples; ++n) {
    each.push_back(conv2d_weight_gradient(slice(layer.input, 0, n, n + 1),
                                          slice(delta, 0, n, n + 1), layer.weight.shape(),
                                          *layer.convolution));
  }
  return stack(each);
}

/// Each sample's own part of the bias's gradient, (N, out).
Tensor bias_gradients(const LayerUse& layer, const Tensor& delta) {
  return layer.convolution ? sum(delta, {2, 3}) : delta;
}

/// The gradients of all samples by a backward pass for each.
std::vector<Tensor> one_by_one(const SampleLosses& losses, const std::vector<Tensor>& parameters,
                               const Tensor& x, const Tensor& y) {
  std::vector<std::vector<Tensor>> rows(parameters.size());
  const auto loss = [&](std::int64_t n) {
    return losses(slice(x, 0, n, n + 1), slice(y, 0, n, n + 1));
  };
  const auto whole = [](std::int64_t, const Tensor& each) { return std::vector{ones_like(each)}; };
  visit_sample_gradients(x.size(0), loss, whole, parameters, [&](const auto& gradients) {
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      const bool learns = gradients[k].defined() && parameters[k].requires_grad();
      rows[k].push_back(learns ? gradients[k] : zeros_like(parameters[k]));
    }
  });
  std::vector<Tensor> stacked;
  for (const std::vector<Tensor>& each : rows) stacked.push_back(stack(each));
  return stacked;
}

}  // namespace

void visit_sample_gradients(
    std::int64_t samples, const std::function<Tensor(std::int64_t n)>& output,
    const std::function<std::vector<Tensor>(std::int64_t n, const Tensor& y)>& cotangents,
    const std::vector<Tensor>& parameters,
    const std::function<void(const std::vector<Tensor>& gradients)>& visit) {
  for (std::int64_t n = 0; n < samples; ++n) {
    Tape tape;
    const Tensor y = output(n);
    for (const Tensor& cotangent : cotangents(n, y)) {
      std::vector<Tensor> gradients(parameters.size());
      if (y.requires_grad()) {
        gradients = tape.gradient(
            y, parameters, {.gradient = cotangent, .retain_graph = true, .allow_unused = true});
      }
      const NoGrad no_grad;
      visit(gradients);
    }
  }
}

bool separates_samples(const std::vector<Tensor>& parameters, const LayerUses& uses,
                       std::int64_t samples) {
  std::vector<bool> separated(parameters.size());
  for (const LayerUse& layer : uses.layers) {
    const bool of_samples = layer.convolution || layer.input.rank() == 2;
    if (!of_samples || layer.input.size(0) != samples) return false;
    separated[layer.weight_number] = true;
    if (layer.bias.defined()) separated[layer.bias_number] = true;
  }
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    if (uses.counts[k] > 0 && parameters[k].requires_grad() && !separated[k]) return false;
  }
  return true;
}

std::vector<Tensor> per_sample_gradients(const SampleLosses& losses,
                                         const std::vector<Tensor>& parameters, const Tensor& x,
                                         const Tensor& y) {
  check_shape(x.rank() >= 1 && y.rank() >= 1 && x.size(0) == y.size(0),
              "per_sample_gradients: x is {}, y is {}; both need a row for each sample", x.shape(),
              y.shape());
  const std::int64_t samples = x.size(0);
  std::vector<Tensor> gradients;
  for (const Tensor& parameter : parameters) {
    Shape shape{samples};
    for (std::int64_t size : parameter.shape()) shape.push_back(size);
    gradients.push_back(zeros(shape, parameter.dtype()));
  }
  if (samples == 0) return gradients;
  Tape tape;
  Tensor each;
  const LayerUses uses = layer_uses(parameters, [&] { each = losses(x, y); });
  check_shape(each.shape() == Shape{samples},
              "per_sample_gradients: the losses must be ({},), got {}", samples, each.shape());
  if (!each.requires_grad()) return gradients;
  const NoGrad no_grad;
  if (!separates_samples(parameters, uses, samples)) return one_by_one(losses, parameters, x, y);
  visit_output_gradients(tape, each, ones_like(each), uses.layers,
                         [&](std::size_t k, const Tensor& delta) {
                           const LayerUse& layer = uses.layers[k];
                           gradients[layer.weight_number] = weight_gradients(layer, delta);
                           if (layer.bias.defined())
                             gradients[layer.bias_number] = bias_gradients(layer, delta);
                         });
  return gradients;
}

std::vector<Tensor> per_sample_squares(Tape& tape, const Tensor& y,
                                       const std::vector<Tensor>& parameters, const LayerUses& uses,
                                       const std::vector<Tensor>& cotangents) {
  std::vector<Tensor> weight_squares(uses.layers.size()), bias_squares(uses.layers.size());
  std::vector<Tensor> sums(uses.layers.size());  // of δ∘δ over the cotangents so far
  for (const Tensor& cotangent : cotangents) {
    const bool last = &cotangent == &cotangents.back();
    visit_output_gradients(
        tape, y, cotangent, uses.layers, [&](std::size_t k, const Tensor& delta) {
          const LayerUse& layer = uses.layers[k];
          if (layer.convolution) {
            add(weight_squares[k], conv2d_weight_squares(layer.input, delta, layer.weight.shape(),
                                                         *layer.convolution));
            if (layer.bias.defined()) {
              add(bias_squares[k], sum(square(bias_gradients(layer, delta)), {0}));
            }
            return;
          }
          add_square(sums[k], delta);
          if (!last) return;
          weight_squares[k] = matmul(sums[k], square(layer.input), {.transpose_a = true});
          if (layer.bias.defined()) bias_squares[k] = sum(sums[k], {0});
          sums[k] = Tensor();
        });
  }
  std::vector<Tensor> squares(parameters.size());
  for (std::size_t k = 0; k < uses.layers.size(); ++k) {
    const LayerUse& layer = uses.layers[k];
    squares[layer.weight_number] = weight_squares[k];
    if (layer.bias.defined()) squares[layer.bias_number] = bias_squares[k];
  }
  return squares;
}

}  // namespace engram::optim
