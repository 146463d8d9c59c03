#pragma once

#include "common/experiment.h"

#include <engram/experiment/json.h>

#include <cstdint>
#include <string>
#include <vector>

namespace engram::examples::finetuning {

/// Ways of fine-tuning a network to a new task.
///
///     head       the last layer only, from the pretrained weights
///     all        all layers, from the pretrained weights
///     layerwise  as all, with rates that decrease from the head to the stem
///     ewc        as all, with elastic weight consolidation of the pretrained weights
///     scratch    all layers, from random weights
inline const std::vector<std::string> all_ways = {"head", "all", "layerwise", "ewc", "scratch"};
inline const std::vector<std::string> all_families = {"resnet", "vgg", "inception"};
/// hand: the digits of a new customer; fashion: Fashion-MNIST.
inline const std::vector<std::string> all_targets = {"hand", "fashion"};

/// The pretraining of each family.
struct Pretraining {
  double width = 0.25;  ///< of the network
  std::int64_t customers = 100;
  std::int64_t images = 500;  ///< of each customer
  std::int64_t epochs = 4;
  std::int64_t batch = 64;
  double lr = 0.1;  ///< the maximum of the one-cycle schedule
};

/// One training on a new task; the seed determines customer, labelled images and batches.
struct Setup {
  std::string family;
  std::string target;
  std::string way;
  std::int64_t images = 0;  ///< labelled ones
  std::uint64_t seed = 0;
  std::int64_t steps = 0;
  double lr = 0;        ///< of the head; cosine decay to 0
  std::string weights;  ///< a hash of the pretrained weights; empty for scratch
};

Json to_json(const Pretraining& pretraining);
Json to_json(const Setup& setup);

}  // namespace engram::examples::finetuning
