#pragma once

#include "continual/setup.h"

#include <engram/experiment/report/published.h>

#include <optional>
#include <string>
#include <vector>

// The protocols of published results.
namespace engram::examples::runs {

/// "van-de-ven": van de Ven and Tolias, "Three scenarios for continual learning", arXiv 1904.07734
/// (tables in arXiv 1809.10635), permuted and split MNIST, every form; hyperparameters from their
/// repository, GMvandeVen/continual-learning.
/// "si-authors": Zenke, Poole and Ganguli, "Continual learning through synaptic intelligence",
/// 2017, permuted MNIST; from their repository, ganguli-lab/pathint, which keeps Adam's state
/// between tasks here.
const std::vector<std::string>& protocols();

/// Tasks, network, optimizer and length of training of a protocol for `scenario` and `incremental`;
/// without a protocol ("") those of the main job. UsageError if the protocol has no such scenario.
Setup protocol_setup(const std::string& protocol, const std::string& scenario,
                     const std::string& incremental);

/// The protocol's value of a method's option in that scenario; null if it sets none.
Json protocol_option(const std::string& protocol, const Setup& setup, const std::string& method,
                     const std::string& option);

/// A published result: average accuracy over the tasks at the end, and backward transfer, in
/// percent, with the source.
struct Published {
  PublishedFigure acc;
  std::optional<PublishedFigure> bwt{};
  const char* source = "";
};

/// The published result of the method under the protocol; none if the setup's tasks, network,
/// training or method options are not the protocol's.
std::optional<Published> published(const std::string& protocol, const Setup& setup);

}  // namespace engram::examples::runs
