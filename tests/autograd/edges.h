#pragma once

#include <engram/autograd/tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

// Operations at the edges of floating point: NaN, ±∞, ±0, and the ends of the range. The cases and
// their inputs are those of tests/golden/edges.py, which computes the golden results with PyTorch.
namespace engram::test {

using Tensors = std::vector<Tensor>;

/// The kinds of inputs; edges.py describes them.
enum class EdgeInputs { line, pairs, few_pairs, powers, shares, rows };

struct EdgeCase {
  std::string name;
  EdgeInputs inputs;
  std::function<Tensor(const Tensors&)> f;
  bool reduces = false;   // to one number: one copy of the inputs, not 8
  double tolerance = 16;  // in units of the last place; more where large numbers cancel
};

std::vector<EdgeCase> edge_cases();

Tensors edge_inputs(const EdgeCase& each, DType dtype);

/// The cotangent with this number in the list of edges.py: as a tensor for y, and its value.
Tensor edge_cotangent(const Tensor& y, std::size_t number);
double edge_cotangent(DType dtype, std::size_t number);
inline constexpr std::size_t edge_cotangents = 5;
inline constexpr std::int64_t edge_copies = 8;

/// One element of a result, or of a gradient.
struct EdgePlace {
  DType dtype;
  std::vector<double> x;  // its inputs: one element of each, or a row
  std::int64_t number;    // of the element or the row within its copy
  std::size_t column;     // in the row
  double dy;              // the cotangent
  double torch;           // PyTorch's number

  /// A number of f64 as one of `dtype`.
  double rounded(double v) const {
    return dtype == f32 ? static_cast<double>(static_cast<float>(v)) : v;
  }
};

/// Where Engram differs from PyTorch on purpose.
struct EdgeDifference {
  enum Part { value = -1, gradient0, gradient1, gradients };

  std::string name;  // of a case, or a common prefix of several names, ending in '/'
  Part part;
  std::function<std::optional<double>(const EdgePlace&)> ours;  // none: as PyTorch's
  const char* reason;

  bool concerns(const std::string& case_name, int which) const {
    const bool named = name.back() == '/' ? case_name.starts_with(name) : case_name == name;
    return named && (part == which || (part == gradients && which >= 0));
  }
};

std::vector<EdgeDifference> edge_differences();

}  // namespace engram::test
