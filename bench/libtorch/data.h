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

/// Reads a word and makes that optimizer.
std::unique_ptr<torch::optim::Optimizer> read_optimizer(std::istream& words,
                                                        std::vector<torch::Tensor> parameters);

/// Forgets the gradients, as PyTorch's faster `set_to_none` does.
inline void zero_grad(const std::vector<torch::Tensor>& parameters) {
  for (const torch::Tensor& parameter : parameters) parameter.mutable_grad().reset();
}

}  // namespace bench
