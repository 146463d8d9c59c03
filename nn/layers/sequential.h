#pragma once

#include <engram/nn/module.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace engram::nn {

/// Callable with a tensor, and returns a tensor: a module, a function, a lambda.
template <class F>
concept Layer = std::is_invocable_r_v<Tensor, const F&, Tensor>;

/// Calls its layers in sequence. They are named "0", "1", … by position; functions that are not
/// modules count too.
///
///     nn::Sequential net(nn::Linear(784, 400), nn::ReLU(), nn::Linear(400, 10));
///
/// A Sequential of nothing but another one is made by `append`: `nn::Sequential a(b)` and
/// `nn::Sequential a(nn::Sequential(…))` copy a handle of the inner one, where PyTorch nests it.
///
///     nn::Sequential outer = nn::Sequential().append(nn::Sequential(nn::Linear(1, 1)));
///     // outer.state_dict(): "0.0.weight", "0.0.bias"
struct Sequential : Module {
  Sequential() : Module("Sequential") {}
  template <Layer First, Layer... Layers>
  explicit Sequential(First first, Layers... layers) : Sequential() {
    append(std::move(first));
    (append(std::move(layers)), ...);
  }

  /// Adds a layer at the end, for all handles of this Sequential, and returns this Sequential.
  /// Error for a layer that contains this Sequential.
  template <Layer L>
  Sequential& append(L layer) {
    if constexpr (std::derived_from<L, Module>) add(std::to_string(size()), layer);
    layers_->emplace_back(std::move(layer));
    return *this;
  }

  Tensor operator()(const Tensor& x) const {
    Tensor y = x;
    for (const auto& layer : *layers_) y = layer(std::move(y));
    return y;
  }

  std::size_t size() const { return layers_->size(); }

 private:
  using Function = std::function<Tensor(Tensor)>;
  std::shared_ptr<std::vector<Function>> layers_ = std::make_shared<std::vector<Function>>();
};

}  // namespace engram::nn
