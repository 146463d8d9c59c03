#pragma once

#include "common/images.h"

#include <cstdint>
#include <string>

// The images of the study. MNIST's training images 0 to 49,999 are for pretraining, the others for
// the new hand: the two are disjoint.
namespace engram::examples::finetuning {

/// In the units of MNIST's training images: mean 0, standard deviation 1.
data::Dataset normalized(const data::Dataset& images);

/// `per_customer` digits of each customer, in the customer's handwriting: (1, 28, 28), normalized.
data::Dataset pretraining_images(Images& images, std::int64_t customers, std::int64_t per_customer);

/// Labelled training images, validation images, and 2,000 test images.
struct Target {
  data::Dataset train;
  data::Dataset validation;
  data::Dataset test;
};

/// hand: customer 1,000 + seed, whose handwriting varies twice as much as those of pretraining.
/// fashion: Fashion-MNIST. The seed draws the labelled images, balanced over the classes.
Target target_images(Images& images, const std::string& target, std::int64_t count,
                     std::uint64_t seed);

}  // namespace engram::examples::finetuning
