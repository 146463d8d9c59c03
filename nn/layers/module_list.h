#pragma once

#include <engram/autograd/error.h>
#include <engram/nn/module.h>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace engram::nn {

/// Modules of one type in order, named "0", "1", …; the owner of the list calls them.
///
///     nn::ModuleList<nn::Linear> layers = add("layers", nn::ModuleList<nn::Linear>());
///     for (const nn::Linear& layer : layers) x = relu(layer(x));
template <std::derived_from<Module> M>
struct ModuleList : Module {
  ModuleList() : Module("ModuleList") {}

  /// Adds a module at the end, for all handles of this list, and returns it.
  ModuleList& append(M module) {
    modules_->push_back(add(std::to_string(size()), std::move(module)));
    return *this;
  }

  std::size_t size() const { return modules_->size(); }
  /// Error when `index` is out of range.
  const M& operator[](std::size_t index) const {
    check(index < size(), "ModuleList: there is no module {}, there are {}", index, size());
    return (*modules_)[index];
  }
  auto begin() const { return std::as_const(*modules_).begin(); }
  auto end() const { return std::as_const(*modules_).end(); }

 private:
  std::shared_ptr<std::vector<M>> modules_ = std::make_shared<std::vector<M>>();
};

}  // namespace engram::nn
