#pragma once

#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/autograd/state.h>

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

// How optimizers, schedules, averages and methods of continual learning write and read their
// states.
namespace engram::optim {

/// A number in a state: a tensor of rank 0.
template <class T>
Tensor to_tensor(T value) {
  return tensor(std::span<const T>(&value, 1), {});
}

/// The tensor of this name. Error when it is missing or has another dtype or shape.
const Tensor& read_tensor(const StateDict& state, const std::string& key, DType dtype,
                          const Shape& shape);

/// The number of this name. Error when it is missing or something else.
template <class T>
T read_number(const StateDict& state, const std::string& key) {
  return read_tensor(state, key, dtype_of<T>(), {}).template item<T>();
}

/// The count of this name: an i64 of rank 0 in [0, 2³¹). Error when it is anything else.
int read_count(const StateDict& state, const std::string& key);

/// Error unless the state has `key`, which tells whose state it is: "Adam.steps" is Adam's.
void check_owner(const StateDict& state, std::string_view owner, const std::string& key);

/// Error when the state has a name that is not known.
void check_names(const StateDict& state, std::initializer_list<std::string_view> known);

}  // namespace engram::optim
