#pragma once

#include <engram/autograd/tensor.h>

#include <array>
#include <span>

namespace engram::examples::study {

using Vector2 = std::array<double, 2>;

/// A function of two variables to descend on, made of the library's operations.
struct Surface {
  const char* name;  ///< in file names
  const char* title;
  const char* formula;                                   ///< as gnuplot writes it
  Tensor (*function)(const Tensor& x, const Tensor& y);  ///< of f64, element by element
  Vector2 start;
  std::array<Vector2, 2> minima;  ///< the same twice where there is one
  Vector2 low, high;              ///< of the picture
  double noise;        ///< standard deviation of what is added to each gradient's component
  double common_rate;  ///< of GD, SGD and momentum; 0: each has its best
  int steps;
};

/// An elongated bowl, Rosenbrock, Beale, a saddle.
std::span<const Surface> surfaces();

struct Slope {
  double value;
  Vector2 gradient;
};
/// The value with the gradient that the tape finds.
Slope slope(const Surface& surface, const Vector2& at);

}  // namespace engram::examples::study
