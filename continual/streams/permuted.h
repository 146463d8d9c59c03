#pragma once

#include <engram/continual/streams/stream.h>

#include <cstdint>

namespace engram::continual {

struct PermutedOptions {
  int tasks = 10;
  std::uint64_t seed = 0;
  std::int64_t pad = 0;      ///< zeros added around the images first: 2 turns 28×28 into 32×32
  bool first_plain = false;  ///< the first task's pixels are not permuted
  Scenario scenario = Scenario::domain;
};

/// Permuted MNIST: every task has the same images with their pixels in a random order, a function
/// of (seed, number of the task). Samples are flat: (784,), with pad = 2 (1024,). The tasks share
/// the images of `train` and `test`. Goodfellow et al., arXiv 1312.6211.
///
///     for (const continual::Task& task : continual::permuted(train, test, {.tasks = 10, .seed =
///     0})) { ... }
///
/// By default the first task is permuted like the others, as in van de Ven & Tolias, arXiv
/// 1809.10635 (whose program leaves the first task unpermuted for seed 0 alone, to show the
/// images). To a network without convolutions the order makes no difference.
///
/// Error when `tasks` or `pad` is negative; ShapeError when samples of train and test differ; the
/// errors of `class_count`.
Stream permuted(const data::Dataset& train, const data::Dataset& test,
                const PermutedOptions& options = {});

}  // namespace engram::continual
