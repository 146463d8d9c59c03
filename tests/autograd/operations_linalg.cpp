#include <engram/engram.h>

#include "operations.h"

namespace engram::test {
namespace {

OperationCase matmul_row(const std::string& variant, const Shape& a, const Shape& b,
                         const MatmulOptions& options = {}) {
  return {"matmul" + variant,
          [options](const Tensors& x) { return matmul(x[0], x[1], options); },
          {spread(a), spread(b)}};
}

Tensor linear_row(const Tensors& x) { return linear(x[0], x[1], x.size() > 2 ? x[2] : Tensor()); }

}  // namespace

std::vector<OperationCase> linalg_operations() {
  return {
      matmul_row("", {2, 3}, {3, 4}),
      matmul_row("/transpose-a", {3, 2}, {3, 4}, {.transpose_a = true}),
      matmul_row("/transpose-b", {2, 3}, {4, 3}, {.transpose_b = true}),
      matmul_row("/transpose-both", {3, 2}, {4, 3}, {.transpose_a = true, .transpose_b = true}),
      matmul_row("/batch", {2, 2, 3}, {2, 3, 2}),
      matmul_row("/batch-transpose-both", {2, 3, 2}, {2, 2, 3},
                 {.transpose_a = true, .transpose_b = true}),
      matmul_row("/broadcast-left", {2, 3}, {2, 3, 2}),
      matmul_row("/broadcast-right-transpose-b", {2, 2, 3}, {2, 3}, {.transpose_b = true}),
      matmul_row("/broadcast-both-transpose-a", {2, 1, 3, 2}, {3, 3, 1}, {.transpose_a = true}),
      {"matmul/itself", [](const Tensors& x) { return matmul(x[0], x[0]); }, {spread({3, 3})}},
      {"linear", linear_row, {spread({3, 4}), spread({2, 4}), spread({2})}},
      {"linear/no-bias", linear_row, {spread({3, 4}), spread({2, 4})}},
      {"linear/vector", linear_row, {spread({4}), spread({2, 4}), spread({2})}},
      {"linear/three-axes", linear_row, {spread({2, 2, 3}), spread({2, 3}), spread({2})}},
      {"outer", [](const Tensors& x) { return outer(x[0], x[1]); }, {spread({3}), spread({4})}},
  };
}

}  // namespace engram::test
