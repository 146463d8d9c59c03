#pragma once

#include <engram/continual/streams/stream.h>

#include <functional>
#include <string>
#include <vector>

namespace engram::continual {

/// How a task makes its images of those that all tasks share.
struct Version {
  std::string name;
  std::function<data::Dataset(const data::Dataset&images)> train, test;
};

struct VersionsOptions {
  bool flatten = false;  ///< samples come as vectors
  Scenario scenario = Scenario::domain;
};

/// What the streams of versions of one set of images have in common. The sets to test are made once
/// and kept, because all of them are asked for after each task; a set to train, which is many times
/// larger, is made for each Task that the stream gives, and lives as long as that. With versions
/// made by `data::Dataset::transform` both are work for the first who asks for a sample.
///
/// ShapeError, in the name of `caller`, when samples of train and test differ; the errors of
/// `class_count`.
Stream versions(const char* caller, const data::Dataset& train, const data::Dataset& test,
                std::vector<Version> versions, const VersionsOptions& options);

/// ShapeError unless samples are images (…, height, width).
void check_images(const char* caller, const data::Dataset& dataset);

}  // namespace engram::continual
