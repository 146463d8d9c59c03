#pragma once

#include <engram/nn/module.h>

#include <functional>

namespace engram::nn {

/// What can be called with a tensor and returns one: a module, a function, a lambda.
template <class F>
concept Layer = std::is_invocable_r_v<Tensor, const F&, Tensor>;

/// Calls its layers one after the other. They are named "0", "1", … by their places; functions that
/// are no modules take a place too.
///
///     nn::Sequential net(nn::Linear(784, 400), nn::ReLU(), nn::Linear(400, 10));
struct Sequential : Module {
  template <Layer... Layers>
  explicit Sequential(Layers... layers) : Module("Sequential") {
    (append(std::move(layers)), ...);
  }

  Tensor operator()(const Tensor& x) const {
    Tensor y = x;
    for (const auto& layer : layers_) y = layer(std::move(y));
    return report(y);
  }

  std::size_t size() const { return layers_.size(); }

 private:
  template <class L>
  void append(L layer) {
    if constexpr (std::derived_from<L, Module>) add(std::to_string(layers_.size()), layer);
    layers_.emplace_back(std::move(layer));
  }

  std::vector<std::function<Tensor(Tensor)>> layers_;
};

}  // namespace engram::nn
