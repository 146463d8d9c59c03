#pragma once

#include <engram/autograd/state.h>
#include <engram/autograd/trace.h>

#include <string>
#include <string_view>

namespace engram {

/// Stops at the first value that is not finite, forward or backward, while it lives: an Error from
/// within the operation says which operation it was, where in its output, the shapes of its inputs,
/// and behind which parameters of the network.
///
///     const FiniteCheck check(net.named_parameters());
///
///     FiniteCheck: log gave -inf at (3, 0) of its output (128, 10), from inputs (128, 10); the
///     last parameters used were fc2.weight and fc2.bias
///
/// It reads every value, which costs about as much as the cheap operations themselves. Infinities
/// on purpose, as in a mask, stop it too.
class FiniteCheck : public Listener {
 public:
  /// `names` may be empty: then it cannot say where in the network.
  explicit FiniteCheck(StateDict names = {}) : names_(std::move(names)) {}

 private:
  void computed(const Operation& operation) override;
  void backward_begins(const char* name) override;
  void backward_ends(const char* name, std::span<const Tensor> gradients) override;
  std::string place() const;

  StateDict names_;
  std::string last_parameters_;
  std::string_view backward_;  // of which operation is running; empty while none is
};

}  // namespace engram
