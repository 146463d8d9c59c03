#pragma once

#include <engram/continual/streams/stream.h>

#include <cstdint>
#include <vector>

namespace engram::continual {

struct RotatedOptions {
  int tasks = 20;
  double degrees = 180;  ///< angles are in [0, degrees)
  /// The angle of each task in degrees, in place of drawn ones; `tasks` and `degrees` are ignored.
  std::vector<double> angles = {};
  std::uint64_t seed = 0;
  bool flatten = false;  ///< samples come as vectors
  Scenario scenario = Scenario::domain;
};

/// Rotated MNIST: every task has the same images, rotated counter-clockwise about their center by
/// an angle of its own. Interpolation is bilinear, with 0 outside the image; corners that leave the
/// frame are lost.
///
///     for (const continual::Task& task : continual::rotated(train, test, {.tasks = 20, .seed =
///     0})) { ... }
///
/// The angles are those of Lopez-Paz & Ranzato, "Gradient Episodic Memory for Continual Learning",
/// arXiv 1706.08840, as in their program: the range is divided into as many equal parts as there
/// are tasks, and task k has an angle drawn from part k, so that angles ascend. They take 20 tasks,
/// 1,000 samples of each, and nearest-neighbour interpolation.
///
/// Images are rotated when samples of their task are first read. The stream keeps test images;
/// training images live as long as their task.
///
/// Error when `tasks` is negative, or an angle is not finite; DTypeError unless samples are u8 or
/// f32; ShapeError unless they are (…, height, width), the same in train and test; the errors of
/// `class_count`.
Stream rotated(const data::Dataset& train, const data::Dataset& test,
               const RotatedOptions& options = {});

/// The images, rotated counter-clockwise. Errors as `rotated`.
data::Dataset rotate(const data::Dataset& images, double degrees);

}  // namespace engram::continual
