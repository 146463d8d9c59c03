#pragma once

#include <engram/data/mnist.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>

namespace engram::examples {

/// The data sets mnist and fashion-mnist, read on first use.
class Images {
 public:
  explicit Images(std::filesystem::path root) : root_(std::move(root)) {}
  const data::TrainTest& operator[](const std::string& dataset);

 private:
  std::filesystem::path root_;
  std::map<std::string, data::TrainTest> read_;
};

}  // namespace engram::examples
