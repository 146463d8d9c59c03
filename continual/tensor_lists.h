#pragma once

#include <engram/autograd/tensor.h>

#include <vector>

// Lists of tensors parallel to the parameters, such as importances and centers.
namespace engram::continual {

std::vector<Tensor> zeros_like(const std::vector<Tensor>& list);
/// Detached copies.
std::vector<Tensor> copies(const std::vector<Tensor>& list);
/// ShapeError or DTypeError, in the name of `method`, when a parameter's shape or dtype is no
/// longer that of its entry in `kept`.
void check_like(const char* method, const std::vector<Tensor>& parameters,
                const std::vector<Tensor>& kept);
/// Copies the values of `from` into `to`. Errors as `check_like`.
void copy_values(const char* method, const std::vector<Tensor>& from,
                 const std::vector<Tensor>& to);

/// Error, in the name of `caller`, unless all importances are finite and at least 0.
void check_importances(const char* caller, const std::vector<Tensor>& importances);

}  // namespace engram::continual
