#pragma once

#include <engram/nn/layers/sequential.h>

#include <string>

namespace engram::examples::study {

/// Images (B, 1, 28, 28) -> logits (B, 10), initialised from the default generator:
///   mlp   784-128-128-10
///   cnn   two 5×5 convolutions, 8 and 16 channels, each with max pooling; one dense layer
///   2c2d  DeepOBS's network: two 5×5 convolutions, 32 and 64 channels, padded, each with max
///         pooling; dense layers of 1024 and 10. Weights are normal with σ = 0.05, truncated at 2σ,
///         biases 0.05. (Schneider, Balles and Hennig, "DeepOBS", ICLR 2019)
nn::Sequential make_network(const std::string& name);

}  // namespace engram::examples::study
