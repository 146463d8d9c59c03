#pragma once

#include <engram/continual/streams/stream.h>

#include <cstdint>

namespace engram::continual {

struct SplitOptions {
  std::int64_t classes_per_task = 2;
  /// Classes in a random order, a function of the seed; false: in the order of their labels.
  bool shuffle_classes = false;
  std::uint64_t seed = 0;
  Scenario scenario = Scenario::domain;
};

/// Split MNIST: each task has some of the classes, digits 0 and 1, then 2 and 3, and so on. Any
/// labelled samples will do. In domain-incremental learning a label becomes the class's index
/// within its task (is the digit the first or the second?), in task- and class-incremental learning
/// its index in the order of all classes.
///
///     for (const continual::Task& task : continual::split(train, test)) { ... }
///
/// Zenke et al., arXiv 1703.04200; the three scenarios: van de Ven & Tolias, arXiv 1904.07734,
/// whose program keeps the order for seed 0 and shuffles it for others.
///
/// The tasks share the samples of `train` and `test`. The number of classes is the largest label
/// and 1, classes without samples included.
///
/// Error when classes_per_task is below 1, or does not divide the number of classes; DataError when
/// there is no sample; ShapeError when samples of train and test differ; the errors of
/// `class_count`.
Stream split(const data::Dataset& train, const data::Dataset& test,
             const SplitOptions& options = {});

}  // namespace engram::continual
