#pragma once

#include <engram/continual/network.h>
#include <engram/optim/curvature/fisher.h>
#include <engram/optim/curvature/kronecker.h>

#include <cstdint>
#include <vector>

namespace engram::continual {

/// A dense or convolution layer of a network, y = [W b]·[x, 1]: a bias is the weight of one more
/// input, which is always 1. A convolution is its product over the patches that its window sees.
struct Layer {
  std::size_t number;       ///< of the weight among the network's parameters
  std::size_t bias_number;  ///< of the bias, if there is one
  Tensor weight;            ///< (out, in) or (out, channels, kh, kw)
  Tensor bias;              ///< (out,), or undefined
  std::int64_t out;
  std::int64_t in;  ///< with the bias's
  bool head;        ///< whether its outputs are the network's, of which a task may use some only
};

/// The layers of a network that learn, in the order in which they work. Error, in the name of
/// `caller`, when a parameter that is not frozen belongs to no layer, or to more than one.
std::vector<Layer> find_layers(const char* caller, const Network& network, const Task& task);

/// Error when a parameter was frozen, or learns again, since the layers were found: what the tasks
/// in between asked of it nobody knows.
void check_layers(const char* caller, const Network& network, const std::vector<Layer>& layers);

/// For each layer the factor A of `optim::KroneckerFactors` on a task, (in, in), f64. Of as many
/// samples as said, drawn without replacement; 0, or more than there are, are all of them.
std::vector<Tensor> input_moments(const Network& network, const std::vector<Layer>& layers,
                                  const Task& task, std::int64_t samples, Generator& generator);

/// The factors of each layer's Fisher information, f64. The outputs that compete for the task are
/// the labels' range.
std::vector<optim::KroneckerFactors> kronecker_fisher(const Network& network,
                                                      const std::vector<Layer>& layers,
                                                      const Task& task,
                                                      const optim::FisherOptions& options);

}  // namespace engram::continual
