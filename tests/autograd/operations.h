#pragma once

#include <engram/autograd/tensor.h>

#include <functional>
#include <string>
#include <vector>

// The table of all operations: what gradcheck, gradgradcheck and the golden vectors run over.
namespace engram::test {

using Tensors = std::vector<Tensor>;

/// One way to call an operation. A new operation adds rows to the file of its family, and, where
/// PyTorch has it, cases of the same names to tests/golden/operations.py.
struct OperationCase {
  std::string name;  // `conv2d/stride2-groups2`: the function, then what is special about the call
  std::function<Tensor(const Tensors&)> f;
  Tensors inputs{};      // f64 and away from kinks; integers are passed through
  bool in_torch = true;  // so there is a golden case of this name
  bool twice = true;     // can be differentiated twice; if not it throws an error that says so
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
/// the range is symmetric: ranks and signs survive a small step. f64.
Tensor spread(const Shape& shape, double low = -2, double high = 2);

}  // namespace engram::test
