#pragma once

#include <engram/autograd/trace.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace engram {

/// Adds up the time of each operation, forward and backward, while it lives:
///
///     OperationTimes times;
///     for (auto [x, y] : loader) { …; times.start(); … one step … }
///     fmt::print("{}", times.table());
///
///     operation      calls  forward ms  backward ms  share
///     linear           300       41.20        77.93   83 %
///     relu             200        2.10         1.98    3 %
///
/// Forward is the time since the previous operation ended, or since `start`: call `start` after
/// work outside of the network, such as reading a batch. Operations within a backward pass count as
/// the backward of the recorded operation.
class OperationTimes : public Listener {
 public:
  OperationTimes() { start(); }

  /// Leaves out the time since the last operation.
  void start();

  struct Row {
    std::string operation;
    std::int64_t calls = 0;  ///< forward
    double forward = 0;      ///< seconds
    double backward = 0;     ///< seconds
  };
  /// By time, the longest first.
  std::vector<Row> rows() const;
  std::string table() const;

 private:
  using Clock = std::chrono::steady_clock;

  void computed(const Operation& operation) override;
  void backward_begins(const char* name) override;
  void backward_ends(const char* name, std::span<const Tensor> gradients) override;
  Row& row(const char* name);
  double lap();

  Clock::time_point last_;
  bool in_backward_ = false;
  std::vector<Row> rows_;
};

}  // namespace engram
