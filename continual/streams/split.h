#pragma once

#include <engram/continual/streams/stream.h>

#include <cstdint>

namespace engram::continual {

struct SplitOptions {
  std::int64_t classes_per_task = 2;
  /// In another order of the classes, named by the seed; else in that of their labels.
  bool shuffle_classes = false;
  std::uint64_t seed = 0;
  Scenario scenario = Scenario::domain;
};

/// Split MNIST: each task has some of the classes, digits 0 and 1, then 2 and 3, and so on. Any
/// samples with labels will do. In the scenario of domains a label becomes the class's number
/// within its task (is the digit the first or the second?), in those of tasks and of classes the
/// class's place in the order.
///
///     for (const continual::Task& task : continual::split(train, test)) { ... }
///
/// Zenke et al., arXiv 1703.04200; the three scenarios: van de Ven & Tolias, arXiv 1904.07734,
/// whose program leaves the order for seed 0 alone and shuffles it for others.
///
/// The tasks share the samples of `train` and `test`. Classes without samples are counted as long
/// as there are samples of a later one.
///
/// Error when classes_per_task is below 1, or the classes do not make whole tasks; DataError when
/// there is no sample; ShapeError when samples of train and test differ; the errors of
/// `class_count`.
Stream split(const data::Dataset& train, const data::Dataset& test,
             const SplitOptions& options = {});

}  // namespace engram::continual
