#pragma once

#include <engram/autograd/tensor.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace engram {

/// Named tensors in order: the parameters and buffers of a module, or the state of an optimizer.
/// Holds handles, so its tensors share their values with the originals; `clone` copies them.
///
///     for (const auto& [name, value] : net.state_dict()) {
///       fmt::print("{} {}\n", name, value.shape());
///     }
class StateDict {
 public:
  struct Entry {
    std::string name;
    Tensor value;
  };

  StateDict() = default;
  StateDict(std::initializer_list<Entry> entries);

  /// Appends. Error when the name is taken or the tensor undefined.
  void add(std::string name, Tensor value);
  /// Appends a number as a tensor of rank 0.
  template <class T>
  void add_number(std::string name, T value) {
    const Tensor number({}, dtype_of<T>());
    number.template data<T>()[0] = value;
    add(std::move(name), number);
  }
  /// Appends copies of the tensors as 0.<name>, 1.<name>, …
  void add_list(std::string_view name, const std::vector<Tensor>& list);
  /// Appends the entries of another state, with this before their names.
  void add_all(std::string_view prefix, const StateDict& state);

  bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// The tensor of this name, or null.
  const Tensor* find(std::string_view name) const;
  /// The tensor of this name. Error when there is none.
  const Tensor& operator[](std::string_view name) const;
  /// The entries whose names begin with this prefix, under the rest of their names.
  StateDict part(std::string_view prefix) const;

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> index_;  // from a name to its entry
};

/// Copies of all tensors, independent of the originals. Not recorded, and no parameters.
///
///     auto best = clone(net.state_dict());  // early stopping: net.load_state_dict(best) goes back
StateDict clone(const StateDict& state);

}  // namespace engram
