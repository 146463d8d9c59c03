#pragma once

#include <engram/autograd/tensor.h>

#include <functional>
#include <string>
#include <vector>

// The table of all operations, for gradcheck, gradgradcheck and the golden vectors.
namespace engram::test {

using Tensors = std::vector<Tensor>;

/// One way to call an operation. A new operation adds rows to the file of its family, and, if
/// PyTorch has it, cases of the same names to tests/golden/operations.py.
struct OperationCase {
  std::string name;  // `conv2d/stride2-groups2`: the function, then the variant
  std::function<Tensor(const Tensors&)> f;
  Tensors inputs{};      // f64 and away from kinks; integers are passed through
  bool in_torch = true;  // whether there is a golden case of this name
  bool twice = true;     // twice differentiable; otherwise a second backward throws
};

std::vector<OperationCase> elementwise_operations();
std::vector<OperationCase> reduce_operations();
std::vector<OperationCase> shaping_operations();
std::vector<OperationCase> linalg_operations();
std::vector<OperationCase> convolution_operations();
std::vector<OperationCase> normalization_operations();
std::vector<OperationCase> classification_loss_operations();
std::vector<OperationCase> elementwise_loss_operations();

const std::vector<OperationCase>& operations();

/// Numbers spread evenly over (low, high) in random order, none near another, and none near 0 if
/// the range is symmetric: a small step changes neither ranks nor signs. f64.
Tensor spread(const Shape& shape, double low = -2, double high = 2);

}  // namespace engram::test
