#include <engram/autograd/create.h>
#include <engram/autograd/kernels/elementwise.h>
#include <engram/autograd/kernels/gemm.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/random.h>
#include <engram/continual/projection/projection.h>

#include <fmt/format.h>

#include <algorithm>

namespace engram::continual {
namespace {

/// before ← now − before.
void subtract_into(const Tensor& before, const Tensor& now) {
  dispatch_floating("Projection", now.dtype(), [&]<class T>() {
    kernels::map(now.numel(), now.data<T>().data(), before.data<T>().data(),
                 before.data<T>().data(), [](T a, T b) { return a - b; });
  });
}

Tensor copy(const Tensor& x) { return x.defined() ? clone(detach(x)) : Tensor(); }

}  // namespace

Projection::Projection(Network network, const Options& options)
    : network_(std::move(network)), options_(options), kept_(network_.parameters().size()) {
  check(options_.samples >= 0, "{}: samples must be at least 0, got {}", options_.name,
        options_.samples);
}

void Projection::find_layers_once(const Task& task) {
  if (!layers_.empty()) return check_layers(options_.name, network_, this->layers());
  std::vector<Protected> layers;
  for (const Layer& layer : find_layers(options_.name, network_, task)) {
    const Tensor& kept = kept_[layer.number];  // from a state that was loaded
    check(!kept.defined() || kept.size(0) == layer.in,
          "{}: parameter {} has {} inputs with the bias's, the loaded {} has {}", options_.name,
          layer.number, layer.in, options_.kept, kept.defined() ? kept.size(0) : 0);
    check_outputs(layer, outputs_);
    layers.push_back({layer, {}, {}, {}});
  }
  make_projectors(layers, kept_);
  layers_ = std::move(layers);
}

std::vector<Layer> Projection::layers() const {
  std::vector<Layer> all;
  for (const Protected& part : layers_) all.push_back(part.layer);
  return all;
}

/// Error unless the used outputs, which may come from a loaded state, are rows of the head.
void Projection::check_outputs(const Layer& layer, const Outputs& outputs) const {
  check(!layer.head || outputs.end <= layer.out, "{}: tasks used outputs {} to {}, of {}",
        options_.name, outputs.begin, outputs.end, layer.out);
}

/// Makes the layers' projectors from their states, before any member changes: symmetric_eigen may
/// throw.
void Projection::make_projectors(std::vector<Protected>& layers,
                                 const std::vector<Tensor>& kept_of_all) const {
  for (Protected& part : layers) {
    const Tensor& kept = kept_of_all[part.layer.number];
    part.projector = {};
    if (!kept.defined()) continue;
    const auto [left, right] = projector(cast(kept, f64));
    const DType dtype = part.layer.weight.dtype();
    part.projector = {cast(left, dtype), right.defined() ? cast(right, dtype) : Tensor()};
  }
}

void Projection::begin_task(const Task& task) { find_layers_once(task); }

void Projection::before_update() {
  if (tasks_ == 0) return;
  for (Protected& part : layers_) {
    const Tensor &weight = part.layer.weight, &bias = part.layer.bias;
    if (options_.projects != Projects::update && weight.grad().defined()) {
      const Tensor bias_gradient = bias.defined() ? bias.grad() : Tensor();
      project(part, copy(weight.grad()), copy(bias_gradient), weight.grad(), bias_gradient);
    }
    if (options_.projects != Projects::gradient) {
      part.weight = copy(weight);
      part.bias = copy(bias);
    }
  }
}

void Projection::after_update() {
  if (tasks_ == 0 || options_.projects == Projects::gradient) return;
  for (Protected& part : layers_) {
    if (!part.weight.defined()) continue;
    const Tensor &weight = part.layer.weight, &bias = part.layer.bias;
    subtract_into(part.weight, weight);
    if (bias.defined()) subtract_into(part.bias, bias);
    project(part, part.weight, part.bias, weight, bias);
    part.weight = part.bias = Tensor();
  }
}

/// [weight bias] += [weight_change bias_change]·(P - I), in the rows that are protected.
template <class T>
void Projection::project(const Protected& part, const Tensor& weight_change,
                         const Tensor& bias_change, const Tensor& weight,
                         const Tensor& bias) const {
  const auto& [left, right] = part.projector;
  const std::int64_t begin = part.layer.head ? outputs_.begin : 0;
  const std::int64_t rows = (part.layer.head ? outputs_.end : part.layer.out) - begin;
  const std::int64_t all = part.layer.in, in = part.layer.bias.defined() ? all - 1 : all;
  const T* dw = weight_change.data<T>().data() + begin * in;
  const T* db = bias_change.defined() ? bias_change.data<T>().data() + begin : nullptr;
  T* w = weight.mutable_data<T>().data() + begin * in;
  T* b = bias.defined() ? bias.mutable_data<T>().data() + begin : nullptr;
  const T* l = left.data<T>().data();
  using Given = kernels::StoredMatrix<const T>;
  const auto add_product = [rows](std::int64_t n, std::int64_t k, Given x, Given y,
                                  kernels::StoredMatrix<T> to) {
    kernels::gemm<T>({.m = rows, .n = n, .k = k, .a = x, .b = y, .c = to, .add = true});
  };
  if (right.defined()) {  // two thin products
    const T* r = right.data<T>().data();
    const std::int64_t k = right.size(1);
    const Tensor part_in_basis({rows, k}, left.dtype());
    T* u = part_in_basis.data<T>().data();
    kernels::gemm<T>({.m = rows, .n = k, .k = in, .a = {dw, in}, .b = {l, k}, .c = {u, k}});
    if (db) add_product(k, 1, {db, 1}, {l + in * k, k}, {u, k});
    add_product(in, k, {u, k}, {r, k, true}, {w, in});
    if (b) add_product(1, k, {u, k}, {r + in * k, k, true}, {b, 1});
    return;
  }
  add_product(in, in, {dw, in}, {l, all}, {w, in});
  if (db) add_product(in, 1, {db, 1}, {l + in * all, all}, {w, in});
  if (b) add_product(1, in, {dw, in}, {l + in * all, all, true}, {b, 1});
  if (b && db) add_product(1, 1, {db, 1}, {l + all * all - 1, 1, true}, {b, 1});
}

void Projection::project(const Protected& part, const Tensor& weight_change,
                         const Tensor& bias_change, const Tensor& weight,
                         const Tensor& bias) const {
  dispatch_floating("Projection", weight.dtype(),
                    [&]<class T>() { project<T>(part, weight_change, bias_change, weight, bias); });
}

void Projection::end_task(const Task& task) {
  find_layers_once(task);
  Generator generator(random_stream(options_.seed, "input moments", task.number));
  const std::vector<Layer> layers = this->layers();
  const std::vector<Tensor> moments =
      input_moments(network_, layers, task, options_.samples, generator);
  std::vector<Tensor> learned = kept_;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    Tensor& kept = learned[layers[l].number];
    const Tensor before = kept.defined() ? cast(kept, f64) : Tensor();
    kept = cast(learn(layers[l], l, before, moments[l]), layers[l].weight.dtype());
  }
  std::vector<Protected> ready = layers_;
  make_projectors(ready, learned);
  layers_ = std::move(ready);
  kept_ = std::move(learned);
  const Outputs used = active_outputs(task, task);
  outputs_ = tasks_ == 0
                 ? used
                 : Outputs{std::min(outputs_.begin, used.begin), std::max(outputs_.end, used.end)};
  ++tasks_;
}

std::vector<Tensor> Projection::projectors() const {
  std::vector<Tensor> all;
  for (const Protected& part : layers_) {
    const Tensor identity = eye(part.layer.in, part.layer.weight.dtype());
    const auto& [left, right] = part.projector;
    if (!left.defined()) {
      all.push_back(identity);
    } else {
      all.push_back(identity +
                    (right.defined() ? matmul(left, right, {.transpose_b = true}) : left));
    }
  }
  return all;
}

StateDict Projection::state_dict() const {
  StateDict state;
  state.add(fmt::format("{}.tasks", options_.name), scalar(tasks_, i64));
  state.add(fmt::format("{}.outputs", options_.name),
            tensor(std::vector<std::int64_t>{outputs_.begin, outputs_.end}));
  for (std::size_t k = 0; k < kept_.size(); ++k) {
    if (kept_[k].defined()) state.add(fmt::format("{}.{}", k, options_.kept), clone(kept_[k]));
  }
  return state;
}

void Projection::read_state(StateReader& state) {
  const std::string outputs_key = fmt::format("{}.outputs", options_.name);
  state.set(tasks_, state.count<int>(fmt::format("{}.tasks", options_.name)));
  const Tensor saved = state.tensor(outputs_key, i64, {2});
  const Outputs outputs{saved.data<std::int64_t>()[0], saved.data<std::int64_t>()[1]};
  state.check(outputs.begin >= 0 && outputs.begin <= outputs.end, outputs_key, "is {} to {}",
              outputs.begin, outputs.end);
  std::vector<Tensor> kept(kept_.size());
  for (std::size_t k = 0; k < kept.size(); ++k) {
    const std::string key = fmt::format("{}.{}", k, options_.kept);
    if (!state.contains(key)) continue;
    const Tensor& weight = network_.parameters()[k];
    const Tensor value = kept[k] = state.tensor(key, weight.dtype());
    const std::int64_t inputs = weight.rank() < 2 ? 0 : weight.shape().without(0).numel();
    const std::int64_t rows = value.rank() == 2 ? value.size(0) : 0;
    state.check<ShapeError>(
        inputs > 0 && (rows == inputs || rows == inputs + 1) && value.size(1) <= rows &&
            (!options_.square || value.size(1) == rows),
        key, "is {}, which does not fit parameter {}, {}", value.shape(), k, weight.shape());
    state.check_finite(key, value);
  }
  for (const auto& [layer, projector, weight, bias] : layers_) {
    check_outputs(layer, outputs);
    const Tensor& value = kept[layer.number];
    const std::string key = fmt::format("{}.{}", layer.number, options_.kept);
    state.check<ShapeError>(!value.defined() || value.size(0) == layer.in, key,
                            "is of {} inputs, its layer has {} with the bias's",
                            value.defined() ? value.size(0) : 0, layer.in);
  }
  std::vector<Protected> ready = layers_;
  make_projectors(ready, kept);
  state.set(outputs_, outputs);
  state.set(layers_, std::move(ready));
  state.set(kept_, std::move(kept));
}

}  // namespace engram::continual
