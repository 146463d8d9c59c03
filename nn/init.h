#pragma once

#include <engram/autograd/random.h>
#include <engram/autograd/tensor.h>

/// Sets the elements of a tensor, f32 or f64, in place, and returns it. Random numbers come from
/// the default generator unless one is given. What is computed from fan in and fan out takes at
/// least two axes, (out, in, …): ShapeError.
namespace engram::nn::init {

Tensor constant(const Tensor& x, double value);
Tensor zeros(const Tensor& x);
Tensor ones(const Tensor& x);

/// Uniform in [low, high), up to rounding.
Tensor uniform(const Tensor& x, double low = 0, double high = 1,
               Generator& generator = default_generator());
Tensor normal(const Tensor& x, double mean = 0, double stddev = 1,
              Generator& generator = default_generator());

/// Normal, restricted to [low, high] by drawing again. Error when less than about 2 % of the normal
/// distribution lies there: when it ends more than two standard deviations from the mean.
Tensor trunc_normal(const Tensor& x, double mean = 0, double stddev = 1, double low = -2,
                    double high = 2, Generator& generator = default_generator());

enum class Nonlinearity { linear, sigmoid, tanh, relu, leaky_relu, selu };

/// How much wider weights should spread before this function: 1, 1, 5/3, √2, √(2 / (1 + slope²))
/// and 3/4, as PyTorch's calculate_gain.
double gain(Nonlinearity nonlinearity, double slope = 0.01);

/// How many inputs one output has, and how many outputs one input reaches.
struct Fans {
  std::int64_t in;
  std::int64_t out;
};
/// Of a weight (out, in, …): the sizes that follow belong to both.
Fans fans(const Tensor& weight);

/// U(-a, a) with a = gain·√(6 / (fan_in + fan_out)), and N(0, σ²) with σ = gain·√(2 / (fan_in +
/// fan_out)). Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
/// networks", 2010.
Tensor xavier_uniform(const Tensor& x, double gain = 1, Generator& generator = default_generator());
Tensor xavier_normal(const Tensor& x, double gain = 1, Generator& generator = default_generator());

enum class FanMode {
  fan_in,   ///< keeps the variance of the activations
  fan_out,  ///< keeps the variance of the gradients
};

struct KaimingOptions {
  double a = 0;  ///< the negative slope of leaky_relu
  FanMode mode = FanMode::fan_in;
  Nonlinearity nonlinearity = Nonlinearity::leaky_relu;
};

/// U(-b, b) with b = gain·√(3 / fan), and N(0, σ²) with σ = gain / √fan. He et al., "Delving deep
/// into rectifiers", 2015.
Tensor kaiming_uniform(const Tensor& x, const KaimingOptions& options = {},
                       Generator& generator = default_generator());
Tensor kaiming_normal(const Tensor& x, const KaimingOptions& options = {},
                      Generator& generator = default_generator());

/// U(±1/√fan_in): how PyTorch starts weights and biases of dense and convolution layers. For
/// weights it is kaiming_uniform with a = √5. All 0 where fan_in is 0.
Tensor fan_in_uniform(const Tensor& x, std::int64_t fan_in,
                      Generator& generator = default_generator());

/// A random matrix (size of the first axis, all others) with orthogonal rows or columns, whichever
/// are fewer, of length `gain`. Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear
/// dynamics of learning in deep linear neural networks", 2013.
Tensor orthogonal(const Tensor& x, double gain = 1, Generator& generator = default_generator());

}  // namespace engram::nn::init
