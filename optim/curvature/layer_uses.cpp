#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/trace.h>
#include <engram/optim/curvature/layer_uses.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace engram::optim {

std::int64_t LayerUse::rows() const {
  return output_shape.without(convolution ? 1 : output_shape.rank() - 1).numel();
}

Tensor LayerUse::input_rows() const {
  if (convolution) return conv2d_patches(input, weight.shape(), *convolution);
  return reshape(input, {rows(), weight.size(1)});
}

Tensor LayerUse::gradient_rows(const Tensor& output_gradient) const {
  const Shape shape{rows(), weight.size(0)};
  return reshape(convolution ? permute(output_gradient, {0, 2, 3, 1}) : output_gradient, shape);
}

namespace {

/// Records the operations of layers alone, so that no other value stays alive longer.
class LayerListener : public Listener {
 public:
  explicit LayerListener(const std::vector<Tensor>& parameters)
      : parameters_(parameters), counts_(parameters.size()) {}

  LayerUses uses() && {
    std::erase_if(layers_, [&](const LayerUse& layer) {
      return counts_[layer.weight_number] > 1 ||
             (layer.bias.defined() && counts_[layer.bias_number] > 1);
    });
    return {std::move(layers_), std::move(counts_)};
  }

 private:
  void computed(const Operation& operation) override {
    for (std::size_t k = 0; k < parameters_.size(); ++k) {
      for (const Tensor& input : operation.inputs) counts_[k] += parameters_[k].is(input) ? 1 : 0;
    }
    const std::string_view name = operation.name;
    if (name != "linear" && name != "conv2d") return;
    const Tensor &weight = operation.inputs[1], &bias = operation.inputs[2];
    const std::optional<std::size_t> weight_number = learning(weight), bias_number = learning(bias);
    if (!weight_number) return;
    layers_.push_back({.weight = weight,
                       .bias = bias_number ? bias : Tensor(),
                       .weight_number = *weight_number,
                       .bias_number = bias_number.value_or(0),
                       .input = operation.inputs[0],
                       .output_shape = operation.output.shape(),
                       .output = operation.output.place()});
    if (name == "linear") return;
    layers_.back().convolution = {.stride = operation.attribute<Size2d>("stride"),
                                  .padding = operation.attribute<Size2d>("padding"),
                                  .dilation = operation.attribute<Size2d>("dilation"),
                                  .groups = operation.attribute<std::int64_t>("groups")};
  }

  /// The index of a trainable parameter; nullopt for any other tensor.
  std::optional<std::size_t> learning(const Tensor& tensor) const {
    if (!tensor.defined() || !tensor.requires_grad()) return std::nullopt;
    for (std::size_t k = 0; k < parameters_.size(); ++k) {
      if (parameters_[k].is(tensor)) return k;
    }
    return std::nullopt;
  }

  const std::vector<Tensor>& parameters_;
  std::vector<int> counts_;
  std::vector<LayerUse> layers_;
};

class OutputGradients final : public GradientSink {
 public:
  using Visit = std::function<void(std::size_t, const Tensor&)>;

  OutputGradients(std::span<const LayerUse> layers, const Visit& visit) : visit_(visit) {
    for (const LayerUse& layer : layers) outputs_.push_back(layer.output);
  }

  bool wants(const Tensor&) const override { return false; }
  void add(const Tensor&, Tensor) override {}
  std::span<const Place> recorded() const override { return outputs_; }
  void arrived(std::size_t k, const Tensor& gradient) override { visit_(k, gradient); }

 private:
  std::vector<Place> outputs_;
  const Visit& visit_;
};

}  // namespace

LayerUses layer_uses(const std::vector<Tensor>& parameters, const std::function<void()>& forward) {
  LayerListener listener(parameters);
  forward();
  return std::move(listener).uses();
}

void visit_output_gradients(Tape& tape, const Tensor& y, const Tensor& cotangent,
                            std::span<const LayerUse> layers,
                            const std::function<void(std::size_t, const Tensor&)>& visit) {
  OutputGradients sink(layers, visit);
  tape.backward(y, sink, {.gradient = cotangent, .retain_graph = true});
}

}  // namespace engram::optim
