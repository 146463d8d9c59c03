#include <engram/autograd/dtype.h>
#include <engram/autograd/error.h>
#include <engram/autograd/inspect/finite_check.h>
#include <engram/autograd/kernels/finite.h>
#include <engram/autograd/shape.h>

#include <fmt/format.h>

#include <cmath>
#include <optional>

namespace engram {
namespace {

struct Found {
  double value;
  Shape index;
};

/// The first value that is not finite.
std::optional<Found> not_finite(const Tensor& x) {
  if (!x.defined() || !is_floating(x.dtype())) return std::nullopt;
  return dispatch_floating("FiniteCheck", x.dtype(), [&]<class T>() -> std::optional<Found> {
    const auto values = x.data<T>();
    if (kernels::all_finite(values.data(), x.numel())) return std::nullopt;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isfinite(values[i])) continue;
      return Found{static_cast<double>(values[i]),
                   index_of(static_cast<std::int64_t>(i), x.shape())};
    }
    return std::nullopt;
  });
}

std::string joined(const std::string& list, const std::string& more, const char* between) {
  return list.empty() ? more : list + between + more;
}

}  // namespace

void FiniteCheck::computed(const Operation& operation) {
  std::string parameters;
  for (const Tensor& input : operation.inputs) {
    if (!input.defined()) continue;
    for (const auto& [name, value] : names_) {
      if (value.is(input)) parameters = joined(parameters, name, " and ");
    }
  }
  if (!parameters.empty() && backward_.empty()) last_parameters_ = parameters;
  const auto found = not_finite(operation.output);
  if (!found) return;
  std::string shapes;
  for (const Tensor& input : operation.inputs) {
    if (input.defined()) shapes = joined(shapes, fmt::format("{}", input.shape()), ", ");
  }
  fail("FiniteCheck: {}{} gave {} at {} of its output {}, from inputs {}{}", operation.name,
       backward_.empty() ? "" : fmt::format(", in the backward of {},", backward_), found->value,
       found->index, operation.output.shape(), shapes, place());
}

void FiniteCheck::backward_begins(const char* name) { backward_ = name; }

void FiniteCheck::backward_ends(const char* name, std::span<const Tensor> gradients) {
  backward_ = {};
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    if (const auto found = not_finite(gradients[k])) {
      fail("FiniteCheck: the backward of {} gave {} at {} of the gradient {} of its input {}", name,
           found->value, found->index, gradients[k].shape(), k);
    }
  }
}

std::string FiniteCheck::place() const {
  if (!backward_.empty() || last_parameters_.empty()) return "";
  return fmt::format("; the last parameters used were {}", last_parameters_);
}

}  // namespace engram
