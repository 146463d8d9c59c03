#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/eigen.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/continual/projection/gpm.h>

#include <algorithm>
#include <cmath>

namespace engram::continual {
namespace {

double trace(const Tensor& x) {
  double sum = 0;
  const auto n = static_cast<std::size_t>(x.size(0));
  const auto elements = x.data<double>();
  for (std::size_t i = 0; i < n; ++i) sum += elements[i * (n + 1)];
  return sum;
}

/// (I − B·Bᵀ)·x: the residual of x outside the basis B.
Tensor outside(const Tensor& basis, const Tensor& x) {
  return x - matmul(basis, matmul(basis, x, {.transpose_a = true}));
}

Tensor norms(const Tensor& columns) { return sqrt(sum(square(columns), {0})); }

}  // namespace

GPM::GPM(Network network, const GPMOptions& options)
    : Projection(std::move(network),
                 {"GPM", "basis", false, options.projects, options.samples, options.seed}),
      options_(options) {
  check(!options_.threshold.empty(), "GPM: there is no threshold");
  for (const double each : options_.threshold) {
    check(each >= 0 && each <= 1, "GPM: threshold must be in [0, 1], got {}", each);
  }
  check(options_.threshold_growth >= 0, "GPM: threshold_growth must be at least 0, got {}",
        options_.threshold_growth);
  check(options_.scale.value_or(0) >= 0, "GPM: scale must be at least 0, got {}",
        options_.scale.value_or(0));
}

/// The basis, each column scaled by the root of its importance: M·diag(√λ).
Tensor GPM::learn(const Layer& layer, std::size_t place, const Tensor& kept,
                  const Tensor& moment) const {
  const double threshold =
      std::min(1.0, options_.threshold[std::min(place, options_.threshold.size() - 1)] +
                        options_.threshold_growth * tasks());
  const Tensor lengths = kept.defined() ? norms(kept) : Tensor();
  const Tensor basis = kept.defined() ? kept / lengths : zeros({layer.in, 0}, f64);

  // The squared singular values of the inputs are the moment's eigenvalues, up to the number of
  // samples, which cancels in all ratios.
  const Tensor residual = outside(basis, transpose(outside(basis, moment), 0, 1));
  const auto [energies, directions] = symmetric_eigen(residual);  // ascending
  const auto energy = energies.data<double>();
  const double total = trace(moment);
  double covered = total - trace(residual);
  constexpr double nothing = 1e-12;  // relative rounding error of an energy 0
  std::int64_t first = layer.in;
  const std::int64_t room = layer.in - basis.size(1);
  while (layer.in - first < room && covered < threshold * total &&
         energy[static_cast<std::size_t>(first - 1)] > nothing * total) {
    covered += energy[static_cast<std::size_t>(--first)];
  }
  Tensor added = outside(basis, slice(directions, 1, first, layer.in));
  added = added / norms(added);
  if (!options_.scale) return cat({basis, added}, 1);

  const Tensor seen = sqrt(sum(basis * matmul(moment, basis), {0}));
  const Tensor sigma = cat({seen, sqrt(slice(energies, 0, first, layer.in))});
  if (sigma.numel() == 0) return basis;
  const double largest = max(sigma).item(), alpha = *options_.scale;
  if (largest == 0) return kept;
  Tensor importance = (alpha + 1) * sigma / (alpha * sigma + largest);
  if (kept.defined()) {
    importance =
        minimum(importance + cat({square(lengths), zeros({added.size(1)}, f64)}), scalar(1, f64));
  }
  return cat({basis, added}, 1) * sqrt(importance);
}

Projection::Projector GPM::projector(const Tensor& kept) const {
  if (2 * kept.size(1) < kept.size(0)) return {-kept, kept};
  return {-matmul(kept, kept, {.transpose_b = true}), {}};
}

}  // namespace engram::continual
