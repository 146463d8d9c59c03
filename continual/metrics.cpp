#include <engram/autograd/error.h>
#include <engram/continual/metrics.h>

#include <algorithm>

namespace engram::continual {

Metrics metrics_of(const AccuracyMatrix& matrix, const std::vector<double>& baseline) {
  const std::size_t tasks = matrix.size();
  check(tasks > 0, "metrics_of: no task was learned");
  check(baseline.size() >= tasks, "metrics_of: {} tasks, but a baseline of {}", tasks,
        baseline.size());
  for (const auto& row : matrix) {
    check(row.size() >= tasks, "metrics_of: {} tasks, but a row of {}", tasks, row.size());
  }

  const std::vector<double>& last = matrix.back();
  double acc = 0, bwt = 0, fwt = 0, forgetting = 0, learning = 0;
  for (std::size_t task = 0; task < tasks; ++task) {
    acc += last[task];
    learning += matrix[task][task];
    if (task > 0) fwt += matrix[task - 1][task] - baseline[task];
    if (task + 1 == tasks) continue;
    bwt += last[task] - matrix[task][task];
    double best = matrix[0][task];
    for (std::size_t row = 1; row + 1 < tasks; ++row) best = std::max(best, matrix[row][task]);
    forgetting += best - last[task];
  }
  const double pairs = static_cast<double>(tasks) - 1;  // 0 for one task: 0/0 is NaN
  const auto all = static_cast<double>(tasks);
  return {acc / all, bwt / pairs, fwt / pairs, forgetting / pairs, learning / all};
}

}  // namespace engram::continual
