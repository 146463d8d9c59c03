#pragma once

#include <engram/autograd/tensor.h>

#include <vector>

// What a method keeps of each parameter: lists of tensors, parallel to the parameters.
namespace engram::continual {

std::vector<Tensor> zeros_like(const std::vector<Tensor>& list);
/// Constants with the same values.
std::vector<Tensor> copies(const std::vector<Tensor>& list);
/// ShapeError or DTypeError, in the name of the method, when a parameter is not like what is kept
/// of it: it was changed.
void check_like(const char* method, const std::vector<Tensor>& parameters,
                const std::vector<Tensor>& kept);
/// Overwrites the values of one list by those of another; both must be alike, as above.
void copy_values(const char* method, const std::vector<Tensor>& from,
                 const std::vector<Tensor>& to);

/// Error, in the name of `caller`, unless all importances are finite and at least 0.
void check_importances(const char* caller, const std::vector<Tensor>& importances);

}  // namespace engram::continual
