#pragma once

#include <engram/continual/streams/stream.h>

#include <cstdint>
#include <vector>

namespace engram::continual {

struct RotatedOptions {
  int tasks = 20;
  double degrees = 180;  ///< that the angles spread over
  /// The angle of each task in degrees, in the place of `tasks` and `degrees`; not drawn.
  std::vector<double> angles = {};
  std::uint64_t seed = 0;
  bool flatten = false;  ///< samples come as vectors
  Scenario scenario = Scenario::domain;
};

/// Rotated MNIST: every task shows the same images, turned about their middle by an angle of its
/// own, counter-clockwise; bilinear between the pixels, and 0 where the image does not reach. What
/// is turned out of the frame is lost.
///
///     for (const continual::Task& task : continual::rotated(train, test, {.tasks = 20, .seed =
///     0})) { ... }
///
/// The angles are those of Lopez-Paz & Ranzato, "Gradient Episodic Memory for Continual Learning",
/// arXiv 1706.08840, in the form that their program gives them: the range is cut into as many equal
/// parts as there are tasks, and task k has an angle drawn in part k, so that angles ascend. They
/// take 20 tasks, 1,000 samples of each, and the nearest pixel.
///
/// A set of images is turned when samples of its task are first asked for. The stream keeps what
/// was turned to test; images to train live as long as their task.
///
/// Error when `tasks` is negative, or an angle is not finite; DTypeError unless samples are u8 or
/// f32; ShapeError unless they are (…, height, width), the same in train and test; the errors of
/// `class_count`.
Stream rotated(const data::Dataset& train, const data::Dataset& test,
               const RotatedOptions& options = {});

/// The same images, turned counter-clockwise. The errors as of `rotated`.
data::Dataset rotate(const data::Dataset& images, double degrees);

}  // namespace engram::continual
