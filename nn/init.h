#pragma once

#include <engram/autograd/random.h>
#include <engram/autograd/tensor.h>

/// Initialisers: set the elements of a tensor in place, and return the tensor. `constant`, `zeros`
/// and `ones` take every dtype, the others f32 and f64: DTypeError. Random numbers come from the
/// default generator unless one is given. Initialisers by fan in and fan out need at least two
/// axes, (out, in, …): ShapeError.
namespace engram::nn::init {

/// `value` is converted as by `cast`.
Tensor constant(const Tensor& x, double value);
Tensor zeros(const Tensor& x);
Tensor ones(const Tensor& x);

/// Uniform in [low, high), up to rounding.
Tensor uniform(const Tensor& x, double low = 0, double high = 1,
               Generator& generator = default_generator());
Tensor normal(const Tensor& x, double mean = 0, double stddev = 1,
              Generator& generator = default_generator());

/// Normal, truncated to [low, high] by rejection sampling: numbers outside are drawn again. In an
/// interval with less than 1 % of the distribution candidates are drawn uniformly instead, and
/// accepted in proportion to their density: Robert, "Simulation of truncated normal variables",
/// 1995. Error for an interval that lies more than two standard deviations from the mean, or that
/// contains no number of x's dtype.
Tensor trunc_normal(const Tensor& x, double mean = 0, double stddev = 1, double low = -2,
                    double high = 2, Generator& generator = default_generator());

enum class Nonlinearity { linear, sigmoid, tanh, relu, leaky_relu, selu };

/// Factor of the weights' standard deviation before this function: 1, 1, 5/3, √2, √(2 / (1 +
/// slope²)) and 3/4, as PyTorch's calculate_gain.
double gain(Nonlinearity nonlinearity, double slope = 0.01);

/// The number of inputs of an output, and of outputs of an input.
struct Fans {
  std::int64_t in;
  std::int64_t out;
};
/// Of a weight (out, in, …): `in`, or `out`, times the product of the sizes that follow.
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

/// U(±1/√fan_in): PyTorch's initialisation of weights and biases of dense and convolution layers.
/// Equals kaiming_uniform with a = √5 for weights. All 0 where fan_in is 0.
Tensor fan_in_uniform(const Tensor& x, std::int64_t fan_in,
                      Generator& generator = default_generator());

/// A random matrix (size of the first axis, product of the others) with orthogonal rows or columns,
/// whichever are fewer, of norm `gain`. Saxe, McClelland and Ganguli, "Exact solutions to the
/// nonlinear dynamics of learning in deep linear neural networks", 2013.
Tensor orthogonal(const Tensor& x, double gain = 1, Generator& generator = default_generator());

}  // namespace engram::nn::init
