#pragma once

#include "common/experiment.h"

#include <engram/nn/layers/linear.h>
#include <engram/nn/module.h>

#include <functional>
#include <string>

namespace engram::examples::finetuning {

/// A ready model of any family: x (n, 1, 28, 28) -> logits (n, 10).
struct Network {
  nn::Module module;
  std::function<Tensor(const Tensor&)> forward;
  nn::Linear head;
};

/// `family` is resnet (ResNet-18), vgg (VGG-11 with batch normalisation) or inception (Inception
/// v3), in the variant for small images, with weights from the default generator; otherwise Error.
Network make_network(const std::string& family, double width);

}  // namespace engram::examples::finetuning
