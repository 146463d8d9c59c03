#pragma once

#include <engram/autograd/state.h>
#include <engram/autograd/trace.h>

#include <string>
#include <string_view>

namespace engram {

/// Throws an Error at the first value that is not finite, forward or backward, while it lives. The
/// Error names the operation, the index in its output, the shapes of its inputs, and the parameters
/// of the network used last.
///
///     const FiniteCheck check(net.named_parameters());
///
///     FiniteCheck: log gave -inf at (3, 0) of its output (128, 10), from inputs (128, 10); the
///     last parameters used were fc2.weight and fc2.bias
///
/// It reads every value, at about the cost of an elementwise operation. Infinities on purpose, as
/// in a mask, are errors too.
class FiniteCheck : public Listener {
 public:
  /// `names` may be empty: then no parameters are named.
  explicit FiniteCheck(StateDict names = {}) : names_(std::move(names)) {}

 private:
  void computed(const Operation& operation) override;
  void backward_begins(const char* name) override;
  void backward_ends(const char* name, std::span<const Tensor> gradients) override;
  std::string place() const;

  StateDict names_;
  std::string last_parameters_;
  std::string_view backward_;  // the operation whose backward is running; empty in forward
};

}  // namespace engram
