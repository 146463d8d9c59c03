#pragma once

#include <engram/autograd/state.h>
#include <engram/nn/layers/linear.h>
#include <engram/nn/module.h>

#include <cstdint>
#include <string>
#include <vector>

// From a network that was trained before to one for a new task:
//
//     auto net = models::resnet18({.num_classes = 10, .in_channels = 1});
//     fmt::print("{}", nn::to_string(nn::load_fitting(net, load("resnet18.safetensors"))));
//     nn::replace_head(net.fc, 26);                // letters in the place of digits
//     nn::freeze(net, "layer[12].*");              // what is near the image stays
//     const auto statistics = nn::hold_batch_norm(net);
//     optim::SGD sgd(nn::parameter_groups(net), {.momentum = 0.9});
//     optim::spread_lr(sgd, 1e-4, 1e-2);           // from the stem to the head
namespace engram::nn {

/// Gives a dense layer `out` outputs and newly initialised parameters. Handles of the parameters
/// stay good, but an optimizer's state of them does not fit any more: make the optimizer after
/// this. A frozen head stays frozen. Error while a tape is alive, and for fewer than one output.
void replace_head(const Linear& head, std::int64_t out);

/// Makes the parameters whose names match a pattern constants, or parameters again, and returns
/// their number. In a pattern, as in a shell's, `*` stands for any characters, dots too, `?` for
/// one and `[12]` for one of these. Error when no name matches.
std::int64_t freeze(const Module& net, const std::string& pattern);
std::int64_t unfreeze(const Module& net, const std::string& pattern);

/// The parameters in groups for an optimizer, from the stem to the head in the order of
/// registration: one group for each child of `net` that has parameters, or, where a child is a
/// Sequential or a ModuleList, for each of its children. A parameter of several is in the first.
std::vector<std::vector<Tensor>> parameter_groups(const Module& net);

/// Keeps all batch normalisations below `net` in evaluation mode, whatever mode the rest is in, for
/// as long as what is returned lives: a few images would spoil their running statistics.
[[nodiscard]] EvalMode hold_batch_norm(const Module& net);

/// The names of a state's entries by what became of them.
struct LoadedInPart {
  std::vector<std::string> loaded;
  std::vector<std::string> summed;      ///< loaded as the sum over the input channels
  std::vector<std::string> missing;     ///< in the network alone: unchanged
  std::vector<std::string> unexpected;  ///< in the state alone
  std::vector<std::string> misfits;     ///< of another shape or dtype: unchanged
};

/// Copies the entries whose names, shapes and dtypes are the network's. The kernels of a first
/// layer for several channels (out, c, kh, kw) are summed for one channel (out, 1, kh, kw): the
/// layer then computes of a grey image what it did of the same image in c equal colours.
LoadedInPart load_fitting(const Module& net, const StateDict& state);

/// A line for each kind that there is:
///
///     loaded 120, among them summed over channels: conv1.weight
///     not loaded, of another shape or dtype: fc.weight, fc.bias
std::string to_string(const LoadedInPart& result);

}  // namespace engram::nn
