#pragma once

#include <engram/autograd/tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace engram {

struct GradcheckOptions {
  double step = 1e-5;  ///< of the central difference, times max(1, |x|)
  double rtol = 1e-6;  ///< |analytic - numeric| may be atol + rtol·|numeric|
  double atol = 1e-7;
  std::uint64_t seed = 0;  ///< of the random gradient of f's output
};

/// Converts to true when every element agrees; otherwise `report` names the element with the
/// largest error relative to the allowed one:
///
///     tanh: input 0, element (2, 1) of (3, 4): analytic 0.41, numeric 0.83, allowed 9.3e-07; ...
struct GradcheckResult {
  bool ok = true;
  std::string report{};
  explicit operator bool() const { return ok; }
};

/// Compares the tape's gradients of f with central differences (f(x + h) - f(x - h)) / 2h, for
/// every element of every f64 input and one random gradient of f's output. The inputs are copied; f
/// must be deterministic, and differentiable around them. f64 constants are captured by f.
///
/// Inputs that are not floating are passed through, and so are undefined ones. DTypeError when an
/// input is f32, when none is f64, or when f does not return f64. A gradient is 0 where f does not
/// depend on an input, whether or not it should.
GradcheckResult gradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                          const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});

/// The same for second derivatives: checks the function (x, dy) -> dx, the gradient of f as it is
/// recorded with {.create_graph = true}, with respect to every x and to dy. The differences are
/// taken of an unrecorded dx, so that a recorded dx that differs from it is found too. An operation
/// without a second derivative throws its AutogradError.
GradcheckResult gradgradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                              const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options = {});

}  // namespace engram
