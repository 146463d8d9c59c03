#include "common/images.h"

namespace engram::examples {

const data::TrainTest& Images::operator[](const std::string& dataset) {
  const auto found = read_.find(dataset);
  if (found != read_.end()) return found->second;
  const data::MnistOptions options{.root = root_};
  return read_
      .emplace(dataset, dataset == "mnist" ? data::mnist(options) : data::fashion_mnist(options))
      .first->second;
}

}  // namespace engram::examples
