#pragma once

#include <engram/continual/network.h>
#include <engram/optim/curvature/fisher.h>
#include <engram/optim/curvature/kronecker.h>

#include <cstdint>
#include <vector>

namespace engram::continual {

/// A dense or convolution layer of a network, y = W·x + b, as y = [W b]·[x, 1]: the bias is the
/// weight of a constant input 1. Of a convolution, W is (out, channels·kh·kw) and x a patch.
struct Layer {
  std::size_t number;       ///< index of the weight among the network's parameters
  std::size_t bias_number;  ///< index of the bias, if there is one
  Tensor weight;            ///< (out, in) or (out, channels, kh, kw)
  Tensor bias;              ///< (out,), or undefined
  std::int64_t out;
  std::int64_t in;  ///< with the bias's constant input
  bool head;        ///< whether its outputs are the logits, of which a task may use some only
};

/// The trainable layers of a network, in the order of the forward pass. Error, in the name of
/// `caller`, for a trainable parameter that is not of a dense or convolution layer (in one group)
/// that is used once.
std::vector<Layer> find_layers(const char* caller, const Network& network, const Task& task);

/// Error when a parameter was frozen or unfrozen since `find_layers`: its importance for the tasks
/// in between is unknown.
void check_layers(const char* caller, const Network& network, const std::vector<Layer>& layers);

/// The factor A of `optim::KroneckerFactors` of each layer on a task: (in, in), f64. The mean is
/// over `samples` samples, drawn without replacement; 0, or more than there are: all.
std::vector<Tensor> input_moments(const Network& network, const std::vector<Layer>& layers,
                                  const Task& task, std::int64_t samples, Generator& generator);

/// The Kronecker factors of each layer's Fisher information, f64. Labels are the task's active
/// classes.
std::vector<optim::KroneckerFactors> kronecker_fisher(const Network& network,
                                                      const std::vector<Layer>& layers,
                                                      const Task& task,
                                                      const optim::FisherOptions& options);

}  // namespace engram::continual
