#include <engram/engram.h>

#include <engram/autograd/ops/dropout.h>
#include <engram/autograd/ops/normalization.h>

#include "operations.h"

namespace engram::test {
namespace {

Tensor batch_norm_in_training(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return batch_norm(x, weight, bias, {}, {}, {.training = true});
}

Tensor batch_norm_in_use(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return batch_norm(x, weight, bias, tensor({0.5, -1, 0}, x.dtype()),
                    tensor({1, 2, 0.25}, x.dtype()));
}

}  // namespace

std::vector<OperationCase> normalization_operations() {
  std::vector<OperationCase> rows;
  const auto train = [](const Tensors& x) { return batch_norm_in_training(x[0], x[1], x[2]); };
  rows.push_back({"batch_norm", train, {spread({4, 3}), spread({3}), spread({3})}});
  rows.push_back({"batch_norm/images", train, {spread({2, 3, 2, 2}), spread({3}), spread({3})}});
  rows.push_back({"batch_norm/sequences", train, {spread({2, 2, 20}), spread({2}), spread({2})}});
  rows.push_back({"batch_norm/no-parameters",
                  [](const Tensors& x) { return batch_norm_in_training(x[0], {}, {}); },
                  {spread({3, 2, 2})}});
  rows.push_back({"batch_norm/bias-only",
                  [](const Tensors& x) { return batch_norm_in_training(x[0], {}, x[1]); },
                  {spread({3, 2, 2}), spread({2})}});
  rows.push_back({"batch_norm/in-use",
                  [](const Tensors& x) { return batch_norm_in_use(x[0], x[1], x[2]); },
                  {spread({2, 3, 2}), spread({3}), spread({3})}});
  rows.push_back({"batch_norm/in-use-no-parameters",
                  [](const Tensors& x) { return batch_norm_in_use(x[0], {}, {}); },
                  {spread({2, 3})}});

  rows.push_back({"layer_norm",
                  [](const Tensors& x) { return layer_norm(x[0], {4}, x[1], x[2]); },
                  {spread({3, 4}), spread({4}), spread({4})}});
  rows.push_back({"layer_norm/two-axes",
                  [](const Tensors& x) {
                    return layer_norm(x[0], {2, 3}, x[1], x[2]);
                  },
                  {spread({2, 2, 2, 3}), spread({2, 3}), spread({2, 3})}});
  rows.push_back({"layer_norm/eps",
                  [](const Tensors& x) {
                    return layer_norm(x[0], {3, 2}, {}, {}, 0.5);
                  },
                  {spread({3, 2})}});
  rows.push_back({"layer_norm/weight-only",
                  [](const Tensors& x) { return layer_norm(x[0], {20}, x[1]); },
                  {spread({2, 20}), spread({20})}});

  rows.push_back({"dropout",
                  [](const Tensors& x) {
                    Generator generator(2);
                    return dropout(x[0], 0.5, true, generator);
                  },
                  {spread({3, 4})},
                  false});
  return rows;
}

}  // namespace engram::test
