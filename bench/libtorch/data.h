#pragma once

#include <torch/torch.h>

#include <istream>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// Numbers uniform in [low, high).
torch::Tensor uniform(torch::IntArrayRef shape, std::uint64_t stream, float low, float high);

double digest(const torch::Tensor& x);

/// Makes the optimizer named by the next word.
std::unique_ptr<torch::optim::Optimizer> read_optimizer(std::istream& words,
                                                        std::vector<torch::Tensor> parameters);

/// Clears the gradients, like PyTorch's faster `set_to_none`.
inline void zero_grad(const std::vector<torch::Tensor>& parameters) {
  for (const torch::Tensor& parameter : parameters) parameter.mutable_grad().reset();
}

}  // namespace bench
