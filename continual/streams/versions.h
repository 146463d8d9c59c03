#pragma once

#include <engram/continual/streams/stream.h>

#include <functional>
#include <string>
#include <vector>

namespace engram::continual {

/// A task's transformation of the images that all tasks share.
struct Version {
  std::string name;
  std::function<data::Dataset(const data::Dataset&images)> train, test;
};

struct VersionsOptions {
  bool flatten = false;  ///< samples come as vectors
  Scenario scenario = Scenario::domain;
};

/// The common part of streams of transformed images. Test sets are made once and kept, because all
/// of them are evaluated after each task; a training set, many times larger, is made for each Task
/// that the stream returns, and lives as long as the Task. With `data::Dataset::transform` in a
/// version, both are computed at the first read of a sample.
///
/// ShapeError, in the name of `caller`, when samples of train and test differ; the errors of
/// `class_count`.
Stream versions(const char* caller, const data::Dataset& train, const data::Dataset& test,
                std::vector<Version> versions, const VersionsOptions& options);

/// ShapeError unless samples are images (…, height, width).
void check_images(const char* caller, const data::Dataset& dataset);

}  // namespace engram::continual
