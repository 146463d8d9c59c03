#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/continual/layers.h>

#include <algorithm>

namespace engram::continual {
namespace {

/// The use of a layer in one call of the network; null when the call does not use the layer, such
/// as another task's head.
const optim::LayerUse* use_of(const Layer& layer, const optim::LayerUses& uses) {
  const auto found = std::ranges::find(uses.layers, layer.number, &optim::LayerUse::weight_number);
  return found == uses.layers.end() ? nullptr : &*found;
}

/// Calls visit(x, y) for batches of the samples that `rows` names.
template <class F>
void for_each_batch(const Task& task, std::span<const std::int64_t> rows, std::size_t batch_size,
                    F visit) {
  for (std::size_t begin = 0; begin < rows.size(); begin += batch_size) {
    const auto [x, y] =
        task.train.batch(rows.subspan(begin, std::min(batch_size, rows.size() - begin)));
    visit(x, y);
  }
}

Tensor drawn_rows(const Task& task, std::int64_t samples, Generator& generator) {
  const std::int64_t size = task.train.size();
  check_data(size > 0, "task {}: the data set is empty", task.number);
  const Tensor order = randperm(size, generator);
  return samples == 0 ? order : slice(order, 0, 0, std::min(samples, size));
}

}  // namespace

std::vector<Layer> find_layers(const char* caller, const Network& network, const Task& task) {
  check_data(task.train.size() > 0, "{}: the data set of task {} is empty", caller, task.number);
  const std::int64_t row = 0;
  const Tensor x = task.train.batch({&row, 1}).x;
  const auto mode = network.eval_mode();
  const std::vector<Tensor>& parameters = network.parameters();
  const Tape tape;  // records the call: the logits need a place
  Tensor logits;
  const optim::LayerUses uses = optim::layer_uses(parameters, [&] { logits = network(x); });
  std::vector<Layer> layers;
  std::vector<bool> found(parameters.size());
  for (const optim::LayerUse& use : uses.layers) {
    if (use.convolution && use.convolution->groups != 1) continue;
    const std::int64_t out = use.weight.size(0), in = use.weight.shape().without(0).numel();
    const bool has_bias = use.bias.defined();
    found[use.weight_number] = true;
    if (has_bias) found[use.bias_number] = true;
    layers.push_back({.number = use.weight_number,
                      .bias_number = use.bias_number,
                      .weight = use.weight,
                      .bias = use.bias,
                      .out = out,
                      .in = in + (has_bias ? 1 : 0),
                      .head = use.output == logits.place()});
  }
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    check(found[k] || !parameters[k].requires_grad(),
          "{}: parameter {}, {}, is not of a dense or convolution layer (in one group) that is "
          "used once",
          caller, k, parameters[k].shape());
  }
  return layers;
}

void check_layers(const char* caller, const Network& network, const std::vector<Layer>& layers) {
  const std::vector<Tensor>& parameters = network.parameters();
  std::vector<bool> learned(parameters.size());
  for (const Layer& layer : layers) {
    learned[layer.number] = true;
    if (layer.bias.defined()) learned[layer.bias_number] = true;
  }
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    check(parameters[k].requires_grad() == learned[k],
          "{}: parameter {}, {}, {} when the first task began, and {} now", caller, k,
          parameters[k].shape(), learned[k] ? "learned" : "was frozen",
          learned[k] ? "is frozen" : "learns");
  }
}

std::vector<Tensor> input_moments(const Network& network, const std::vector<Layer>& layers,
                                  const Task& task, std::int64_t samples, Generator& generator) {
  std::vector<Tensor> moments;
  for (const Layer& layer : layers) moments.push_back(zeros({layer.in, layer.in}, f64));
  const Tensor rows = drawn_rows(task, samples, generator);
  const auto mode = network.eval_mode();
  const NoGrad no_grad;
  for_each_batch(task, rows.data<std::int64_t>(), 250, [&](const Tensor& x, const Tensor&) {
    const optim::LayerUses uses = optim::layer_uses(network.parameters(), [&] { network(x); });
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const optim::LayerUse* use = use_of(layers[l], uses);
      if (!use) continue;
      moments[l] = moments[l] + optim::input_moment(*use) / static_cast<double>(rows.numel());
    }
  });
  return moments;
}

std::vector<optim::KroneckerFactors> kronecker_fisher(const Network& network,
                                                      const std::vector<Layer>& layers,
                                                      const Task& task,
                                                      const optim::FisherOptions& options) {
  std::vector<optim::KroneckerFactors> sums;
  for (const Layer& layer : layers) {
    sums.push_back({zeros({layer.in, layer.in}, f64), zeros({layer.out, layer.out}, f64)});
  }
  Generator generator = Generator(options.seed, "Fisher").substream(options.stream);
  const Tensor rows = drawn_rows(task, options.samples, generator);
  const auto samples = static_cast<double>(rows.numel());
  const Outputs active = active_outputs(task, task);
  const auto mode = network.eval_mode();
  for_each_batch(task, rows.data<std::int64_t>(), static_cast<std::size_t>(options.batch),
                 [&](const Tensor& x, const Tensor& y) {
                   Tape tape;
                   Tensor logits;
                   const optim::LayerUses uses = optim::layer_uses(
                       network.parameters(), [&] { logits = select_outputs(network(x), active); });
                   const NoGrad no_grad;
                   std::vector<optim::LayerUse> used;
                   std::vector<std::size_t> numbers;  // indices of `used` among the layers
                   for (std::size_t l = 0; l < layers.size(); ++l) {
                     const optim::LayerUse* use = use_of(layers[l], uses);
                     if (!use) continue;
                     used.push_back(*use);
                     numbers.push_back(l);
                     sums[l].inputs = sums[l].inputs + optim::input_moment(*use) / samples;
                   }
                   for (const Tensor& cotangent : optim::fisher_cotangents(
                            logits, y - active.begin, options.labels, generator)) {
                     optim::visit_output_gradients(
                         tape, logits, cotangent, used, [&](std::size_t k, const Tensor& delta) {
                           const std::int64_t positions = used[k].rows() / x.size(0);
                           Tensor& sum = sums[numbers[k]].gradients;
                           sum = sum + optim::gradient_moment(used[k], delta) /
                                           (samples * static_cast<double>(positions));
                         });
                   }
                 });
  return sums;
}

}  // namespace engram::continual
