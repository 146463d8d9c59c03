#include <engram/autograd/inspect/operation_times.h>

#include <fmt/format.h>

#include <algorithm>

namespace engram {

void OperationTimes::start() {
  in_backward_ = false;
  last_ = Clock::now();
}

/// Seconds since the last `lap` or `start`.
double OperationTimes::lap() {
  const Clock::time_point now = Clock::now();
  return std::chrono::duration<double>(now - std::exchange(last_, now)).count();
}

OperationTimes::Row& OperationTimes::row(const char* name) {
  const auto at = std::ranges::find(rows_, name, &Row::operation);
  if (at != rows_.end()) return *at;
  rows_.push_back({.operation = name});
  return rows_.back();
}

void OperationTimes::computed(const Operation& operation) {
  if (in_backward_) return;
  Row& of = row(operation.name);
  ++of.calls;
  of.forward += lap();
}

void OperationTimes::backward_begins(const char*) {
  in_backward_ = true;
  last_ = Clock::now();
}

void OperationTimes::backward_ends(const char* name, std::span<const Tensor>) {
  in_backward_ = false;
  row(name).backward += lap();
}

std::vector<OperationTimes::Row> OperationTimes::rows() const {
  std::vector<Row> sorted = rows_;
  std::ranges::stable_sort(sorted, std::greater(),
                           [](const Row& each) { return each.forward + each.backward; });
  return sorted;
}

std::string OperationTimes::table() const {
  std::size_t width = std::string_view("operation").size();
  double total = 0;
  for (const Row& each : rows_) {
    width = std::max(width, each.operation.size());
    total += each.forward + each.backward;
  }
  std::string text = fmt::format("{:{}}  {:>8}  {:>10}  {:>11}  {:>5}\n", "operation", width,
                                 "calls", "forward ms", "backward ms", "share");
  for (const Row& each : rows()) {
    const double seconds = each.forward + each.backward;
    text += fmt::format("{:{}}  {:>8}  {:>10.2f}  {:>11.2f}  {:>3.0f} %\n", each.operation, width,
                        each.calls, 1e3 * each.forward, 1e3 * each.backward,
                        total > 0 ? 100 * seconds / total : 0);
  }
  return text;
}

}  // namespace engram
