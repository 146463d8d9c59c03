#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/random.h>
#include <engram/continual/penalties/mas.h>
#include <engram/continual/tensor_lists.h>
#include <engram/optim/curvature/per_sample.h>
#include <engram/optim/quadratic_penalty.h>

#include <algorithm>
#include <optional>

namespace engram::continual {
namespace {

using Logits = std::function<Tensor(const Tensor& x)>;

/// ∂‖f‖²/∂f
Tensor cotangent(const Tensor& logits) { return 2 * detach(logits); }

/// Σ_n |∂ ‖f(x_n)‖² / ∂θ| for each parameter, 0 for a frozen one. nullopt unless all other
/// parameters in use belong to dense layers with a row for each sample.
std::optional<std::vector<Tensor>> magnitudes_of_layers(const Logits& f,
                                                        const std::vector<Tensor>& parameters,
                                                        const Tensor& x) {
  Tape tape;
  Tensor logits;
  const optim::LayerUses uses = optim::layer_uses(parameters, [&] { logits = f(x); });
  const auto is_dense = [](const optim::LayerUse& layer) { return !layer.convolution; };
  if (!logits.requires_grad() || !std::ranges::all_of(uses.layers, is_dense) ||
      !optim::separates_samples(parameters, uses, x.size(0))) {
    return std::nullopt;
  }
  const NoGrad no_grad;
  std::vector<Tensor> sums = zeros_like(parameters);
  optim::visit_output_gradients(
      tape, logits, cotangent(logits), uses.layers, [&](std::size_t k, const Tensor& delta) {
        const optim::LayerUse& layer = uses.layers[k];
        const Tensor magnitude = abs(delta);
        sums[layer.weight_number] = matmul(magnitude, abs(layer.input), {.transpose_a = true});
        if (layer.bias.defined()) sums[layer.bias_number] = sum(magnitude, {0});
      });
  return sums;
}

/// The same for any network, by a backward pass for each sample.
std::vector<Tensor> magnitudes_sample_by_sample(const Logits& f,
                                                const std::vector<Tensor>& parameters,
                                                const Tensor& x) {
  std::vector<Tensor> sums = zeros_like(parameters);
  const auto logits = [&](std::int64_t n) { return f(slice(x, 0, n, n + 1)); };
  const auto cotangents = [](std::int64_t, const Tensor& y) { return std::vector{cotangent(y)}; };
  optim::visit_sample_gradients(x.size(0), logits, cotangents, parameters,
                                [&](const auto& gradients) {
                                  for (std::size_t k = 0; k < sums.size(); ++k) {
                                    if (gradients[k].defined())
                                      sums[k] = sums[k] + abs(gradients[k]);
                                  }
                                });
  return sums;
}

}  // namespace

MAS::MAS(Network network, const MASOptions& options)
    : network_(std::move(network)),
      options_(options),
      importance_(zeros_like(network_.parameters())),
      center_(zeros_like(network_.parameters())) {
  check(options_.lambda >= 0, "MAS: lambda must be at least 0, got {}", options_.lambda);
  check(options_.samples >= 0, "MAS: samples must be at least 0, got {}", options_.samples);
  check(options_.batch >= 1, "MAS: batch must be at least 1, got {}", options_.batch);
}

Tensor MAS::loss(const Step&, const Tensor& loss) {
  if (tasks_ == 0) return loss;
  return loss +
         optim::quadratic_penalty(network_.parameters(), importance_, center_, 2 * options_.lambda);
}

void MAS::end_task(const Task& task) {
  std::vector<Tensor> importance = measure(task);
  {
    const NoGrad no_grad;
    for (std::size_t k = 0; k < importance.size(); ++k) {
      importance[k] = importance_[k] + importance[k];
    }
  }
  check_importances("MAS", importance);
  copy_values("MAS", network_.parameters(), center_);
  importance_ = std::move(importance);
  ++tasks_;
}

/// 1/N Σ_n |∂ ‖f(x_n)‖² / ∂θ| for each parameter.
std::vector<Tensor> MAS::measure(const Task& task) const {
  check_data(task.train.size() > 0, "MAS: the data set is empty");
  const std::int64_t size = task.train.size();
  const std::int64_t count = options_.samples == 0 ? size : std::min(options_.samples, size);
  Generator generator(random_stream(options_.seed, "MAS", task.number));
  const Tensor order = randperm(size, generator);
  const auto rows = order.data<std::int64_t>().first(static_cast<std::size_t>(count));

  const auto mode = network_.eval_mode();
  const Logits f = [&](const Tensor& x) {
    return select_outputs(network_(x), active_outputs(task, task));
  };
  const std::vector<Tensor>& parameters = network_.parameters();
  std::vector<Tensor> sums = zeros_like(parameters);
  for (std::size_t begin = 0; begin < rows.size();) {
    const auto part = rows.subspan(
        begin, std::min(rows.size() - begin, static_cast<std::size_t>(options_.batch)));
    begin += part.size();
    const Tensor x = task.train.batch(part).x;
    auto more = magnitudes_of_layers(f, parameters, x);
    if (!more) more = magnitudes_sample_by_sample(f, parameters, x);
    const NoGrad no_grad;
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] = sums[k] + (*more)[k];
  }
  const NoGrad no_grad;
  for (Tensor& sum : sums) sum = sum / static_cast<double>(count);
  return sums;
}

StateDict MAS::state_dict() const {
  StateDict state{{"MAS.tasks", scalar(tasks_, i64)}};
  state.add_list("importance", importance_);
  state.add_list("center", center_);
  return state;
}

void MAS::read_state(StateReader& state) {
  state.set(tasks_, state.count<int>("MAS.tasks"));
  state.set(importance_, state.finite_list("importance", importance_, 0));
  state.set(center_, state.finite_list("center", center_));
}

}  // namespace engram::continual
