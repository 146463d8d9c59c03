#include <engram/autograd/ops/copy.h>
#include <engram/autograd/state.h>

#include <fmt/format.h>

#include <utility>

namespace engram {

StateDict::StateDict(std::initializer_list<Entry> entries) {
  for (const Entry& entry : entries) add(entry.name, entry.value);
}

void StateDict::add(std::string name, Tensor value) {
  check(value.defined(), "StateDict: the tensor \"{}\" is undefined", name);
  check(index_.emplace(name, entries_.size()).second, "StateDict: the name \"{}\" is taken", name);
  entries_.push_back({std::move(name), std::move(value)});
}

void StateDict::add_list(std::string_view name, const std::vector<Tensor>& list) {
  for (std::size_t k = 0; k < list.size(); ++k) {
    add(fmt::format("{}.{}", k, name), clone(detach(list[k])));
  }
}

void StateDict::add_all(std::string_view prefix, const StateDict& state) {
  for (const auto& [name, value] : state) add(std::string(prefix) + name, value);
}

StateDict StateDict::part(std::string_view prefix) const {
  StateDict some;
  for (const auto& [name, value] : entries_) {
    if (name.starts_with(prefix)) some.add(name.substr(prefix.size()), value);
  }
  return some;
}

const Tensor* StateDict::find(std::string_view name) const {
  const auto found = index_.find(std::string(name));
  return found == index_.end() ? nullptr : &entries_[found->second].value;
}

const Tensor& StateDict::operator[](std::string_view name) const {
  const Tensor* value = find(name);
  check(value != nullptr, "StateDict: there is no tensor \"{}\"", name);
  return *value;
}

StateDict clone(const StateDict& state) {
  StateDict copy;
  for (const auto& [name, value] : state) copy.add(name, clone(detach(value)));
  return copy;
}

}  // namespace engram
