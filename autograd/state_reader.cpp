#include <engram/autograd/ops/copy.h>
#include <engram/autograd/state_reader.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace engram {
namespace {

constexpr const char* is_unexpected = "is unexpected";

std::string about(const std::string& name, std::string_view problem) {
  return fmt::format("\"{}\" {}", name, problem);
}

/// One Error for all of these problems, if there are any.
void check_none(const std::vector<std::string>& problems) {
  if (problems.empty()) return;
  if (problems.size() == 1) fail("load_state_dict: {}", problems[0]);
  constexpr std::size_t shown = 20;
  std::string list;
  for (std::size_t k = 0; k < std::min(problems.size(), shown); ++k) list += "\n  " + problems[k];
  if (problems.size() > shown) list += fmt::format("\n  and {} more", problems.size() - shown);
  fail("load_state_dict: {} entries do not fit:{}", problems.size(), list);
}

/// Whether a value shares memory with a tensor of another name.
bool lies_in(const StateDict& values, const StateDict& tensors) {
  return std::ranges::any_of(values, [&](const auto& entry) {
    return std::ranges::any_of(tensors, [&](const auto& other) {
      return other.name != entry.name && share_elements(entry.value, other.value);
    });
  });
}

}  // namespace

std::string StateReader::describe(const std::string& name, std::string_view problem) const {
  return "load_state_dict: " + about(prefix_ + name, problem);
}

Tensor StateReader::tensor(const std::string& name) {
  const Tensor* value = state_.find(prefix_ + name);
  if (!value && taken_.empty() && !state_.empty()) {  // the state of another class
    check(false, name, "is missing, the state begins with \"{}\"", state_.begin()->name);
  }
  check(value != nullptr, name, "is missing");
  taken_.insert(prefix_ + name);
  return clone(detach(*value));
}

Tensor StateReader::tensor(const std::string& name, DType dtype) {
  const Tensor value = tensor(name);
  check<DTypeError>(value.dtype() == dtype, name, "is {}, expected {}", value.dtype(), dtype);
  return value;
}

Tensor StateReader::tensor(const std::string& name, DType dtype, const Shape& shape) {
  const Tensor value = tensor(name, dtype);
  check<ShapeError>(value.shape() == shape, name, "is {}, expected {}", value.shape(), shape);
  return value;
}

std::vector<Tensor> StateReader::list(std::string_view name, const std::vector<Tensor>& like) {
  std::vector<Tensor> list;
  for (std::size_t k = 0; k < like.size(); ++k) {
    list.push_back(tensor(fmt::format("{}.{}", k, name), like[k].dtype(), like[k].shape()));
  }
  return list;
}

std::vector<Tensor> StateReader::finite_list(std::string_view name, const std::vector<Tensor>& like,
                                             double least) {
  std::vector<Tensor> values = list(name, like);
  for (std::size_t k = 0; k < values.size(); ++k) {
    check_finite(fmt::format("{}.{}", k, name), values[k], least);
  }
  return values;
}

void StateReader::check_finite(const std::string& name, const Tensor& value, double least) const {
  dispatch(value.dtype(), [&]<class T>() {
    for (const T element : value.data<T>()) {
      const auto number = static_cast<double>(element);
      if (std::isfinite(number) && number >= least) continue;
      check(std::isinf(least), name, "has the value {}, expected finite values of at least {}",
            element, least);
      check(false, name, "has the value {}, expected finite values", element);
    }
  });
}

void StateReader::commit() {
  std::vector<std::string> problems;
  for (const auto& [name, value] : state_) {
    if (!taken_.contains(name)) problems.push_back(about(name, is_unexpected));
  }
  check_none(problems);
  for (const auto& assign : assignments_) assign();
}

void StateReader::overwrite(const StateDict& targets, bool strict) {
  std::vector<std::string> problems;
  for (const auto& [name, target] : targets) {
    const Tensor* value = state_.find(name);
    if (!value) {
      if (strict) problems.push_back(about(name, "is missing"));
    } else if (value->shape() != target.shape()) {
      problems.push_back(
          about(name, fmt::format("is {}, expected {}", value->shape(), target.shape())));
    } else if (value->dtype() != target.dtype()) {
      problems.push_back(
          about(name, fmt::format("is {}, expected {}", value->dtype(), target.dtype())));
    }
  }
  for (const auto& [name, value] : state_) {
    if (strict && !targets.contains(name)) problems.push_back(about(name, is_unexpected));
  }
  check_none(problems);

  const StateDict values = lies_in(state_, targets) ? clone(state_) : state_;
  for (const auto& [name, target] : targets) {
    const Tensor* value = values.find(name);
    if (!value) continue;
    // The two may be one tensor, which memmove allows.
    std::memmove(target.mutable_bytes().data(), value->bytes().data(), value->bytes().size());
  }
}

}  // namespace engram
