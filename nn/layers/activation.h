#pragma once

#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/softmax.h>
#include <engram/nn/module.h>

// The functions of the same names as layers, for Sequential.
namespace engram::nn {

struct ReLU : Module {
  ReLU() : Module("ReLU") {}
  Tensor operator()(Tensor x) const { return relu(std::move(x)); }
};

struct LeakyReLU : Module {
  explicit LeakyReLU(double negative_slope = 0.01) : Module("LeakyReLU"), slope_(negative_slope) {}
  Tensor operator()(const Tensor& x) const { return leaky_relu(x, slope_); }

 private:
  double slope_;
};

struct GELU : Module {
  GELU() : Module("GELU") {}
  Tensor operator()(const Tensor& x) const { return gelu(x); }
};

struct Tanh : Module {
  Tanh() : Module("Tanh") {}
  Tensor operator()(const Tensor& x) const { return tanh(x); }
};

struct Sigmoid : Module {
  Sigmoid() : Module("Sigmoid") {}
  Tensor operator()(const Tensor& x) const { return sigmoid(x); }
};

struct SoftplusOptions {
  double beta = 1;
  double threshold = 20;
};

struct Softplus : Module {
  explicit Softplus(const SoftplusOptions& options = {}) : Module("Softplus"), options_(options) {}
  Tensor operator()(const Tensor& x) const {
    return softplus(x, options_.beta, options_.threshold);
  }

 private:
  SoftplusOptions options_;
};

struct Softmax : Module {
  explicit Softmax(std::int64_t axis) : Module("Softmax"), axis_(axis) {}
  Tensor operator()(const Tensor& x) const { return softmax(x, axis_); }

 private:
  std::int64_t axis_;
};

struct LogSoftmax : Module {
  explicit LogSoftmax(std::int64_t axis) : Module("LogSoftmax"), axis_(axis) {}
  Tensor operator()(const Tensor& x) const { return log_softmax(x, axis_); }

 private:
  std::int64_t axis_;
};

}  // namespace engram::nn
