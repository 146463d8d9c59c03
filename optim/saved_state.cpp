#include <engram/optim/saved_state.h>

#include <algorithm>
#include <limits>

namespace engram::optim {

const Tensor& read_tensor(const StateDict& state, const std::string& key, DType dtype,
                          const Shape& shape) {
  const Tensor* value = state.find(key);
  check(value != nullptr, "load_state_dict: \"{}\" is missing", key);
  check_dtype(value->dtype() == dtype, "load_state_dict: \"{}\" is {}, expected {}", key,
              value->dtype(), dtype);
  check_shape(value->shape() == shape, "load_state_dict: \"{}\" is {}, expected {}", key,
              value->shape(), shape);
  return *value;
}

int read_count(const StateDict& state, const std::string& key) {
  const auto count = read_number<std::int64_t>(state, key);
  check(count >= 0 && count <= std::numeric_limits<int>::max(),
        "load_state_dict: \"{}\" is {}, which is no count", key, count);
  return static_cast<int>(count);
}

void check_owner(const StateDict& state, std::string_view owner, const std::string& key) {
  check(state.contains(key), "load_state_dict: this is not the state of {}: there is no \"{}\"",
        owner, key);
}

void check_names(const StateDict& state, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : state) {
    check(std::ranges::find(known, name) != known.end(), "load_state_dict: \"{}\" is unexpected",
          name);
  }
}

}  // namespace engram::optim
