#pragma once

#include <engram/engram.h>

#include <functional>
#include <istream>
#include <memory>
#include <utility>
#include <vector>

namespace bench {

/// A network with the initial weights common to all contestants.
struct Network {
  std::vector<engram::Tensor> parameters;
  std::function<engram::Tensor(const engram::Tensor& x)> forward;
  engram::Shape sample;  ///< shape of one image

  engram::Tensor operator()(const engram::Tensor& x) const { return forward(x); }
};

/// Reads `mlp 784-400-400-10`, `lenet` or `cnn` from the words.
Network read_network(std::istream& words);

/// Makes the optimizer named by the next word.
std::unique_ptr<engram::optim::Optimizer> read_optimizer(std::istream& words,
                                                         std::vector<engram::Tensor> parameters);

/// `count` images, uniform in [0, 1), and their labels.
std::pair<engram::Tensor, engram::Tensor> make_images(const Network& network, std::int64_t count);

/// The images of all batches, and their labels.
struct Batches {
  std::vector<engram::Tensor> x, y;
};
Batches make_batches(const Network& network, std::int64_t batch);

/// A constant tensor of numbers uniform in [low, high).
engram::Tensor uniform(const engram::Shape& shape, std::uint64_t stream, float low, float high);

double digest(const engram::Tensor& x);

}  // namespace bench
