#pragma once

#include <engram/autograd/state.h>

#include <string_view>
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

/// Adds copies under the names 0.<name>, 1.<name>, …
void add_list(StateDict& state, std::string_view name, const std::vector<Tensor>& list);
/// Copies of what stands under these names. Error when one is missing, or is not like the tensor of
/// `like` in shape and dtype.
std::vector<Tensor> read_list(const StateDict& state, std::string_view name,
                              const std::vector<Tensor>& like);

}  // namespace engram::continual
