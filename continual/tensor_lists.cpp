#include <engram/autograd/create.h>
#include <engram/autograd/ops/copy.h>
#include <engram/continual/tensor_lists.h>
#include <engram/optim/quadratic_penalty.h>

#include <algorithm>

namespace engram::continual {

std::vector<Tensor> zeros_like(const std::vector<Tensor>& list) {
  std::vector<Tensor> result;
  for (const Tensor& each : list) result.push_back(engram::zeros_like(each));
  return result;
}

std::vector<Tensor> copies(const std::vector<Tensor>& list) {
  std::vector<Tensor> result;
  for (const Tensor& each : list) result.push_back(clone(detach(each)));
  return result;
}

void check_like(const char* method, const std::vector<Tensor>& parameters,
                const std::vector<Tensor>& kept) {
  for (std::size_t k = 0; k < kept.size(); ++k) {
    check_shape(parameters[k].shape() == kept[k].shape(), "{}: parameter {} is {}, but was {}",
                method, k, parameters[k].shape(), kept[k].shape());
    check_dtype(parameters[k].dtype() == kept[k].dtype(), "{}: parameter {} is {}, but was {}",
                method, k, parameters[k].dtype(), kept[k].dtype());
  }
}

void copy_values(const char* method, const std::vector<Tensor>& from,
                 const std::vector<Tensor>& to) {
  check_like(method, from, to);
  for (std::size_t k = 0; k < to.size(); ++k) {
    std::ranges::copy(from[k].bytes(), to[k].bytes().begin());
  }
}

void check_importances(const char* caller, const std::vector<Tensor>& importances) {
  for (std::size_t k = 0; k < importances.size(); ++k) {
    optim::check_importance(caller, k, importances[k]);
  }
}

}  // namespace engram::continual
