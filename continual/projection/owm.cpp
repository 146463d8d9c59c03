#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/eigen.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/ops/math.h>
#include <engram/continual/projection/owm.h>

namespace engram::continual {

OWM::OWM(Network network, const OWMOptions& options)
    : Projection(std::move(network),
                 {"OWM", "moment", true, options.projects, options.samples, options.seed}),
      alpha_(options.alpha) {
  check(alpha_ > 0, "OWM: alpha must be above 0, got {}", alpha_);
}

Tensor OWM::learn(const Layer&, std::size_t, const Tensor& kept, const Tensor& moment) const {
  return kept.defined() ? kept + moment : moment;
}

Projection::Projector OWM::projector(const Tensor& kept) const {
  const auto [energies, directions] = symmetric_eigen(kept);
  const Tensor energy = relu(energies);  // rounding may make an energy 0 negative
  return {matmul(directions * (-energy / (energy + alpha_)), directions, {.transpose_b = true}),
          {}};
}

}  // namespace engram::continual
