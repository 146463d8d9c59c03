#pragma once

#include <engram/autograd/error.h>
#include <engram/nn/module.h>

#include <any>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace engram::nn {

/// Callable with a tensor, and returns a tensor: a module, a function, a lambda.
template <class F>
concept Layer = std::is_invocable_r_v<Tensor, const F&, Tensor>;

/// A layer of any type.
///
///     net[2](x);                        // calls it
///     net[2].as<nn::Linear>().weight;   // the layer itself
class AnyLayer {
 public:
  template <Layer L>
  explicit AnyLayer(L layer) : call_(layer) {
    if constexpr (std::derived_from<L, Module>) module_.emplace(layer);
    layer_ = std::move(layer);
  }

  Tensor operator()(const Tensor& x) const { return call_(x); }

  /// Error for another type than it was made from.
  template <class L>
  const L& as() const {
    const L* layer = std::any_cast<L>(&layer_);
    check(layer, "as: the layer is a {}, not of the type that was asked for",
          module_ ? module_->type() : "function");
    return *layer;
  }

 private:
  friend struct Sequential;
  std::function<Tensor(Tensor)> call_;
  std::any layer_;
  std::optional<Module> module_;  // the layer, if it is a module
};

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
    return append(AnyLayer(std::move(layer)));
  }
  Sequential& append(AnyLayer layer) {
    if (layer.module_) add(std::to_string(size()), *layer.module_);
    layers_->push_back(std::move(layer));
    return *this;
  }

  Tensor operator()(const Tensor& x) const {
    Tensor y = x;
    for (const AnyLayer& layer : *layers_) y = layer.call_(std::move(y));
    return y;
  }

  std::size_t size() const { return layers_->size(); }
  /// Error when there are not so many layers.
  const AnyLayer& operator[](std::size_t index) const {
    check(index < size(), "Sequential: there is no layer {}, there are {}", index, size());
    return (*layers_)[index];
  }
  auto begin() const { return std::as_const(*layers_).begin(); }
  auto end() const { return std::as_const(*layers_).end(); }

 private:
  std::shared_ptr<std::vector<AnyLayer>> layers_ = std::make_shared<std::vector<AnyLayer>>();
};

}  // namespace engram::nn
