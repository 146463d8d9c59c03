#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/continual/layers.h>

#include <algorithm>
#include <functional>

namespace engram::continual {
namespace {

const LayerFactors* find(const std::vector<LayerFactors>& factors, const Tensor& weight) {
  const auto found =
      std::ranges::find_if(factors, [&](const auto& each) { return each.weight.is(weight); });
  return found == factors.end() ? nullptr : &*found;
}

/// x (rows, n) in f64, beside a column of ones if there is a bias.
Tensor with_one(const Tensor& x, bool bias) {
  const Tensor wide = cast(x, f64);
  return bias ? cat({wide, ones({x.size(0), 1}, f64)}, 1) : wide;
}

Tensor gram(const Tensor& rows) { return matmul(rows, rows, {.transpose_a = true}); }

/// What is asked of the logits, and of which labels: a list of cotangents.
using Cotangents = std::function<std::vector<Tensor>(const Tensor& logits, const Tensor& y)>;

/// The means over the samples that `rows` names.
std::vector<KroneckerFactors> moments(const Network& network, const std::vector<Layer>& layers,
                                      const data::Task& task, std::span<const std::int64_t> rows,
                                      std::size_t batch_size, bool gradients,
                                      const Cotangents& cotangents) {
  std::vector<KroneckerFactors> sums;
  for (const Layer& layer : layers) {
    sums.push_back({zeros({layer.in, layer.in}, f64),
                    gradients ? zeros({layer.out, layer.out}, f64) : Tensor()});
  }
  const data::Outputs active = active_outputs(task, task);
  const auto mode = network.eval_mode();
  for (std::size_t begin = 0; begin < rows.size(); begin += batch_size) {
    const auto part = rows.subspan(begin, std::min(batch_size, rows.size() - begin));
    const auto [x, y] = task.train.batch(part);
    Tape tape;
    const Tensor logits = select_outputs(network(x), active);
    const NoGrad no_grad;
    bool first = true;
    for (const Tensor& cotangent : cotangents(logits, y)) {
      const auto factors = tape.layer_factors(logits, network.parameters(), cotangent);
      for (std::size_t l = 0; l < layers.size(); ++l) {
        const LayerFactors* factor = find(factors, layers[l].weight);
        if (!factor) continue;  // of a head that these outputs do not come from
        const double samples = static_cast<double>(rows.size());
        if (first) {
          const Tensor input = with_one(factor->input, layers[l].bias.defined());
          sums[l].inputs = sums[l].inputs + gram(input) / samples;
        }
        if (gradients) {
          const auto positions =
              static_cast<double>(factor->gradient.size(0)) / static_cast<double>(part.size());
          const Tensor gradient = with_one(factor->gradient, false);
          sums[l].gradients = sums[l].gradients + gram(gradient) / (samples * positions);
        }
      }
      first = false;
    }
  }
  return sums;
}

Tensor drawn_rows(const data::Task& task, std::int64_t samples, Generator& generator) {
  const std::int64_t size = task.train.size();
  check_data(size > 0, "task {}: the data set is empty", task.number);
  const Tensor order = randperm(size, generator);
  return samples == 0 ? order : slice(order, 0, 0, std::min(samples, size));
}

}  // namespace

std::vector<Layer> find_layers(const char* caller, const Network& network, const data::Task& task) {
  check_data(task.train.size() > 0, "{}: the data set of task {} is empty", caller, task.number);
  const std::int64_t row = 0;
  const Tensor x = task.train.batch({&row, 1}).x;
  const auto mode = network.eval_mode();
  Tape tape;
  const Tensor logits = network(x);
  // Any numbers of which each is another one: a layer that is asked for them is the head.
  const Tensor cotangent = reshape(
      cast(arange(1, static_cast<double>(logits.numel()) + 1), logits.dtype()), logits.shape());
  const std::vector<Tensor>& parameters = network.parameters();
  std::vector<Layer> layers;
  std::vector<bool> found(parameters.size());
  const auto number_of = [&](const Tensor& parameter) {
    const auto at =
        std::ranges::find_if(parameters, [&](const Tensor& p) { return p.is(parameter); });
    return static_cast<std::size_t>(at - parameters.begin());
  };
  for (const LayerFactors& factors : tape.layer_factors(logits, parameters, cotangent)) {
    const std::size_t number = number_of(factors.weight);
    found[number] = true;
    const std::size_t bias_number = factors.bias.defined() ? number_of(factors.bias) : 0;
    if (factors.bias.defined()) found[bias_number] = true;
    const bool head = factors.gradient.shape() == logits.shape() &&
                      std::ranges::equal(factors.gradient.bytes(), cotangent.bytes());
    layers.push_back({number, bias_number, factors.weight, factors.bias, factors.gradient.size(1),
                      factors.input.size(1) + (factors.bias.defined() ? 1 : 0), head});
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
                                  const data::Task& task, std::int64_t samples,
                                  Generator& generator) {
  const Tensor rows = drawn_rows(task, samples, generator);
  const auto sums =
      moments(network, layers, task, rows.data<std::int64_t>(), 250, false,
              [](const Tensor& logits, const Tensor&) { return std::vector{ones_like(logits)}; });
  std::vector<Tensor> inputs;
  for (const KroneckerFactors& each : sums) inputs.push_back(each.inputs);
  return inputs;
}

std::vector<KroneckerFactors> kronecker_fisher(const Network& network,
                                               const std::vector<Layer>& layers,
                                               const data::Task& task,
                                               const optim::FisherOptions& options) {
  Generator generator(options.seed, streams::fisher + options.stream);
  const Tensor rows = drawn_rows(task, options.samples, generator);
  const std::int64_t first_label = active_outputs(task, task).begin;
  return moments(
      network, layers, task, rows.data<std::int64_t>(), static_cast<std::size_t>(options.batch),
      true, [&](const Tensor& logits, const Tensor& y) {
        return optim::fisher_cotangents(logits, y - first_label, options.labels, generator);
      });
}

}  // namespace engram::continual
