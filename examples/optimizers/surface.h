#pragma once

#include <engram/autograd/tensor.h>

#include <array>
#include <span>

namespace engram::examples::study {

using Vector2 = std::array<double, 2>;

/// A function of two variables to minimize, composed of the library's operations.
struct Surface {
  const char* name;  ///< in file names
  const char* title;
  const char* formula;                                   ///< in gnuplot's enhanced text
  Tensor (*function)(const Tensor& x, const Tensor& y);  ///< of f64, element by element
  Vector2 start;
  std::array<Vector2, 2> minima;  ///< a single minimum is repeated
  Vector2 low, high;              ///< of the picture
  double noise;                   ///< standard deviation, added to each component of the gradient
  double common_rate;             ///< of GD, SGD and momentum; 0: the best for each
  int steps;
};

/// An elongated bowl, Rosenbrock, Beale, a saddle.
std::span<const Surface> surfaces();

struct Slope {
  double value;
  Vector2 gradient;
};
/// The value, and the gradient by the tape.
Slope slope(const Surface& surface, const Vector2& at);

}  // namespace engram::examples::study
