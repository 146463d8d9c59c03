#include <engram/engram.h>

#include "operations.h"

namespace engram::test {
namespace {

/// All axes, one from the end, two that are not adjacent, and keepdim.
template <class Options>
void add_reduction(std::vector<OperationCase>& rows, const std::string& name,
                   Tensor (*f)(const Tensor&, const Axes&, const Options&)) {
  rows.push_back({name, [f](const Tensors& x) { return f(x[0], {}, {}); }, {spread({2, 3})}});
  rows.push_back(
      {name + "/last-axis", [f](const Tensors& x) { return f(x[0], {-1}, {}); }, {spread({2, 4})}});
  rows.push_back({name + "/first-axis-keepdim",
                  [f](const Tensors& x) { return f(x[0], {0}, {.keepdim = true}); },
                  {spread({3, 2})}});
  rows.push_back({name + "/outer-axes",
                  [f](const Tensors& x) {
                    return f(x[0], {0, 2}, {});
                  },
                  {spread({2, 3, 2})}});
  rows.push_back({name + "/outer-axes-keepdim",
                  [f](const Tensors& x) {
                    return f(x[0], {-1, 0}, {.keepdim = true});
                  },
                  {spread({2, 3, 2})}});
}

}  // namespace

std::vector<OperationCase> reduce_operations() {
  std::vector<OperationCase> rows;
  add_reduction(rows, "sum", sum);
  add_reduction(rows, "mean", mean);
  add_reduction(rows, "max", max);
  add_reduction(rows, "min", min);
  add_reduction(rows, "var", var);
  add_reduction(rows, "logsumexp", logsumexp);
  rows.push_back({"var/population",
                  [](const Tensors& x) { return var(x[0], {1}, {.correction = 0}); },
                  {spread({2, 3})}});
  rows.push_back({"logsumexp/large",
                  [](const Tensors& x) { return logsumexp(x[0] + 1024, {1}); },
                  {spread({2, 3})}});
  return rows;
}

}  // namespace engram::test
