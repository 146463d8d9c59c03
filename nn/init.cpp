#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/tape.h>
#include <engram/nn/init.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

namespace engram::nn::init {
namespace {

/// x = scale·values + shift, element by element.
Tensor fill(const Tensor& x, const Tensor& values, double scale, double shift) {
  dispatch_floating("init", x.dtype(), [&]<class T>() {
    std::ranges::transform(values.data<T>(), x.mutable_data<T>().begin(), [=](T v) {
      return static_cast<T>(scale * static_cast<double>(v) + shift);
    });
  });
  return x;
}

double kaiming_fan(const Tensor& x, const KaimingOptions& options) {
  const Fans f = fans(x);
  return static_cast<double>(options.mode == FanMode::fan_in ? f.in : f.out);
}

double xavier_fan(const Tensor& x) {
  const Fans f = fans(x);
  return static_cast<double>(f.in + f.out);
}

/// Whether a T lies in [low, high].
template <class T>
bool has_number(double low, double high) {
  T least = static_cast<T>(low);
  if (static_cast<double>(least) < low) {  // rounded down
    least = std::nextafter(least, std::numeric_limits<T>::infinity());
  }
  return static_cast<double>(least) <= high;
}

/// The standard normal distribution truncated to [low, high].
struct TruncatedNormal {
  double low, high;

  /// Share of the whole distribution.
  double mass() const {
    const auto above = [](double z) { return std::erfc(z / std::numbers::sqrt2) / 2; };
    return above(low) - above(high);
  }
  /// Density at z relative to the largest in the interval.
  double density(double z) const {
    const double mode = std::clamp(0.0, low, high);
    return std::exp((mode * mode - z * z) / 2);
  }
};

}  // namespace

Tensor constant(const Tensor& x, double value) {
  dispatch(x.dtype(),
           [&]<class T>() { std::ranges::fill(x.mutable_data<T>(), convert<T>(value)); });
  return x;
}

Tensor zeros(const Tensor& x) { return constant(x, 0); }
Tensor ones(const Tensor& x) { return constant(x, 1); }

Tensor uniform(const Tensor& x, double low, double high, Generator& generator) {
  check(low <= high, "uniform: no numbers in [{}, {})", low, high);
  return fill(x, rand(x.shape(), x.dtype(), generator), high - low, low);
}

Tensor normal(const Tensor& x, double mean, double stddev, Generator& generator) {
  check(stddev >= 0, "normal: the standard deviation is {}", stddev);
  return fill(x, randn(x.shape(), x.dtype(), generator), stddev, mean);
}

Tensor trunc_normal(const Tensor& x, double mean, double stddev, double low, double high,
                    Generator& generator) {
  check(stddev > 0 && std::isfinite(stddev), "trunc_normal: the standard deviation is {}", stddev);
  check(low < high && mean >= low - 2 * stddev && mean <= high + 2 * stddev,
        "trunc_normal: [{}, {}] is no interval within two standard deviations {} of the mean {}",
        low, high, stddev, mean);
  const TruncatedNormal standard{(low - mean) / stddev, (high - mean) / stddev};
  constexpr double narrow = 0.01;  // where redrawing would take more than 100 drawings
  const bool is_narrow = standard.mass() < narrow;
  dispatch_floating("trunc_normal", x.dtype(), [&]<class T>() {
    check(has_number<T>(low, high), "trunc_normal: no {} lies in [{}, {}]", x.dtype(), low, high);
    const auto inside = [=](T value) { return value >= low && value <= high; };
    if (!is_narrow) {
      normal(x, mean, stddev, generator);
      for (T& element : x.mutable_data<T>()) {
        while (!inside(element)) {
          element = static_cast<T>(mean + stddev * randn({}, f64, generator).item());
        }
      }
      return;
    }
    for (T& element : x.mutable_data<T>()) {
      double value;
      do {
        value = low + (high - low) * generator.uniform();
        element = static_cast<T>(value);
      } while (!inside(element) ||
               generator.uniform() >= standard.density((value - mean) / stddev));
    }
  });
  return x;
}

double gain(Nonlinearity nonlinearity, double slope) {
  switch (nonlinearity) {
    case Nonlinearity::tanh:
      return 5.0 / 3;
    case Nonlinearity::relu:
      return std::sqrt(2.0);
    case Nonlinearity::leaky_relu:
      return std::sqrt(2 / (1 + slope * slope));
    case Nonlinearity::selu:
      return 3.0 / 4;
    default:
      return 1;
  }
}

Fans fans(const Tensor& weight) {
  check_shape(weight.rank() >= 2, "init: fan in and fan out need a weight (out, in, …), got {}",
              weight.shape());
  std::int64_t receptive = 1;
  for (int axis = 2; axis < weight.rank(); ++axis) receptive *= weight.size(axis);
  return {weight.size(1) * receptive, weight.size(0) * receptive};
}

Tensor xavier_uniform(const Tensor& x, double gain, Generator& generator) {
  const double fan = xavier_fan(x);
  if (x.numel() == 0) return x;
  const double bound = gain * std::sqrt(6 / fan);
  return uniform(x, -bound, bound, generator);
}

Tensor xavier_normal(const Tensor& x, double gain, Generator& generator) {
  const double fan = xavier_fan(x);
  if (x.numel() == 0) return x;
  return normal(x, 0, gain * std::sqrt(2 / fan), generator);
}

Tensor kaiming_uniform(const Tensor& x, const KaimingOptions& options, Generator& generator) {
  const double fan = kaiming_fan(x, options);
  if (x.numel() == 0) return x;
  const double bound = gain(options.nonlinearity, options.a) * std::sqrt(3 / fan);
  return uniform(x, -bound, bound, generator);
}

Tensor kaiming_normal(const Tensor& x, const KaimingOptions& options, Generator& generator) {
  const double fan = kaiming_fan(x, options);
  if (x.numel() == 0) return x;
  return normal(x, 0, gain(options.nonlinearity, options.a) / std::sqrt(fan), generator);
}

Tensor fan_in_uniform(const Tensor& x, std::int64_t fan_in, Generator& generator) {
  const double bound = fan_in == 0 ? 0 : 1 / std::sqrt(static_cast<double>(fan_in));
  return uniform(x, -bound, bound, generator);
}

Tensor orthogonal(const Tensor& x, double gain, Generator& generator) {
  check_shape(x.rank() >= 2, "orthogonal: needs at least 2 axes, got {}", x.shape());
  check_dtype(is_floating(x.dtype()), "orthogonal: needs f32 or f64, got {}", x.dtype());
  if (x.numel() == 0) return x;
  const NoGrad no_grad;
  const std::int64_t rows = x.size(0), columns = x.numel() / rows;
  const std::int64_t n = std::max(rows, columns), count = std::min(rows, columns);

  // Gram-Schmidt on `count` normal vectors of length n, the rows of q. Projecting twice is enough
  // for full accuracy: Giraud et al., "The loss of orthogonality in the Gram-Schmidt
  // orthogonalization process", 2005.
  const Tensor q = randn({count, n}, f64, generator);
  for (std::int64_t i = 0; i < count; ++i) {
    const Tensor before = view(q, {i, n}), v = view(q, {n, 1}, i * n);
    const auto elements = v.data<double>();
    for (int pass = 0; pass < 2; ++pass) {
      const Tensor along = matmul(before, matmul(before, v), {.transpose_a = true});
      std::ranges::transform(elements, along.data<double>(), elements.begin(), std::minus<>());
    }
    double square = 0;
    for (const double each : elements) square += each * each;
    for (double& each : elements) each /= std::sqrt(square);
  }
  dispatch_floating("orthogonal", x.dtype(), [&]<class T>() {
    const double* from = q.data<double>().data();
    T* to = x.mutable_data<T>().data();
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < columns; ++c) {
        *to++ = static_cast<T>(gain * from[rows == count ? r * n + c : c * n + r]);
      }
    }
  });
  return x;
}

}  // namespace engram::nn::init
