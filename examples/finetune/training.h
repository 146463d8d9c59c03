#pragma once

#include "finetune/images.h"
#include "finetune/network.h"
#include "finetune/setup.h"

#include <engram/autograd/state.h>
#include <engram/experiment/run/status_line.h>
#include <engram/experiment/store/store.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace engram::examples::finetuning {

/// A family's pretrained weights, with their importances for elastic weight consolidation.
struct Pretrained {
  StateDict weights;
  std::vector<Tensor> importance{};  ///< the Fisher information of each parameter, head excluded
  std::string hash{};
  double accuracy = 0;  ///< on the test images of ten other customers
};

/// Called now and then with the fraction done of a training, 0 to 1, its loss and learning rate.
using Tell = std::function<void(double done, double loss, double lr)>;

/// Pretrains a family, resuming the checkpoint of `run`; saves one about once a minute. Throws
/// Interrupted on Ctrl-C.
Pretrained pretrain(const std::string& family, const Pretraining& how, Images& images, Run& run,
                    const Tell& tell);

/// The same from given weights, without training: loads the entries that fit, and notes the others.
Pretrained pretrained(const std::string& family, const Pretraining& how, Images& images,
                      const StateDict& weights, std::string& notes);

/// The outcome of a training on a new task.
struct Outcome {
  double accuracy = 0;    ///< on its test images
  double validation = 0;  ///< accuracy on the validation images
  double untrained = 0;   ///< test accuracy before the first step
  double seconds = 0;     ///< of its steps
};
Json to_json(const Outcome& outcome);
Outcome outcome_from_json(const Json& json);

/// `pretrained` may be null for the way scratch. Throws Interrupted on Ctrl-C.
Outcome fine_tune(const Setup& setup, double width, const Pretrained* pretrained, Images& images,
                  const Tell& tell);

}  // namespace engram::examples::finetuning
