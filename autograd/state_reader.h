#pragma once

#include <engram/autograd/error.h>
#include <engram/autograd/state.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

namespace engram {

/// Reads a saved state into an object, all of it or nothing: the assignments of `set` wait until
/// `commit` has checked that every entry of the state was read. A load that throws before has
/// changed nothing.
///
///     void Average::load_state_dict(const StateDict& saved) {
///       StateReader state(saved);
///       state.set(updates_, state.count<int>("updates"));
///       state.set(average_, state.list("average", average_));
///       state.commit();
///     }
///
/// An entry that is missing, unexpected, or of another shape or dtype is an Error, Error,
/// ShapeError or DTypeError that names it. The tensors returned are copies, and constants.
class StateReader {
 public:
  /// The state must outlive the reader.
  explicit StateReader(const StateDict& state) : state_(state) {}
  StateReader(const StateReader&) = delete;
  StateReader& operator=(const StateReader&) = delete;

  bool contains(const std::string& name) const { return state_.contains(prefix_ + name); }

  Tensor tensor(const std::string& name, DType dtype, const Shape& shape);
  Tensor tensor(const std::string& name, DType dtype);  ///< of any shape
  Tensor tensor(const std::string& name);               ///< of any shape and dtype
  /// Tensors 0.<name>, 1.<name>, …, each in the shape and dtype of its element of `like`.
  std::vector<Tensor> list(std::string_view name, const std::vector<Tensor>& like);
  /// The same with `check_finite` of each.
  std::vector<Tensor> finite_list(std::string_view name, const std::vector<Tensor>& like,
                                  double least = -std::numeric_limits<double>::infinity());

  /// A tensor of rank 0.
  template <class T>
  T number(const std::string& name) {
    return tensor(name, dtype_of<T>(), {}).template item<T>();
  }
  /// An i64 of rank 0 in [0, limit]. Error for any other.
  template <class T>
  T count(const std::string& name, T limit = std::numeric_limits<T>::max()) {
    const auto value = number<std::int64_t>(name);
    check(value >= 0 && value <= limit, name, "is {}, expected 0 to {}", value, limit);
    return static_cast<T>(value);
  }

  /// Throws an E about this entry unless `ok`: `load_state_dict: "steps" is -1, expected 0 to 5`.
  template <class E = Error, class... Args>
  void check(bool ok, const std::string& name, fmt::format_string<const Args&...> text,
             const Args&... args) const {
    if (!ok) [[unlikely]]
      throw E(describe(name, fmt::vformat(text, fmt::make_format_args(args...))));
  }

  /// Error unless all elements of this entry's value are finite, and at least `least`: a NaN would
  /// pass unnoticed into every loss that is computed from it.
  void check_finite(const std::string& name, const Tensor& value,
                    double least = -std::numeric_limits<double>::infinity()) const;

  /// Calls `read()` with this prefix before all names, to read a part of the state.
  template <class F>
  void within(const std::string& prefix, F read) {
    const std::string outer = std::exchange(prefix_, prefix_ + prefix);
    read();
    prefix_ = outer;
  }

  /// Assigns on `commit`. The assignment must not throw.
  template <class T>
  void set(T& target, std::type_identity_t<T> value) {
    assignments_.emplace_back(
        [&target, value = std::move(value)]() mutable { target = std::move(value); });
  }

  /// Makes all assignments. Error when an entry was not read; then none is made.
  void commit();

  /// In the place of `commit`: overwrites the elements of these tensors, which may be among the
  /// state's own; all handles stay valid. One Error lists all entries that are missing, unexpected,
  /// or of another shape or dtype; then no element has changed. Unless `strict`, names that only
  /// one side has are skipped.
  void overwrite(const StateDict& targets, bool strict = true);

 private:
  std::string describe(const std::string& name, std::string_view problem) const;

  const StateDict& state_;
  std::string prefix_;                     // of the part that is being read
  std::unordered_set<std::string> taken_;  // the entries that were read
  std::vector<std::function<void()>> assignments_;
};

}  // namespace engram
