#pragma once

#include "optimizers/setup.h"

#include <engram/data/mnist.h>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace engram::examples::study {

/// The data sets, read when they are asked for.
class Images {
 public:
  explicit Images(std::filesystem::path root) : root_(std::move(root)) {}
  const data::TrainTest& operator[](const std::string& dataset);

 private:
  std::filesystem::path root_;
  std::map<std::string, data::TrainTest> read_;
};

/// Called with how much of the training is done, 0 to 1.
using Tell = std::function<void(double done)>;

/// Trains. A long one is kept in the folder `checkpoint`, at the first end of an epoch that is
/// `keep_every` seconds after the last time, and goes on from there when it is asked for again. The
/// folder stays: the caller removes it once the record is safe. Throws Interrupted on Ctrl-C.
Record train(const Setup& setup, Images& images, const Tell& tell,
             const std::filesystem::path& checkpoint, double keep_every = 60);

/// What there is of a training that was broken off, if it is a long one.
std::optional<Record> unfinished(const std::filesystem::path& checkpoint);

}  // namespace engram::examples::study
