#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/loss.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/continual/network.h>

namespace engram::continual {

Tensor Network::evaluate(const Tensor& x) const {
  const auto mode = eval_mode();
  const NoGrad no_grad;
  return logits_(x);
}

void Network::check_parameters() const {
  check(!parameters_.empty(), "Network: the model has no parameters");
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    check(parameters_[k].requires_grad(), "Network: parameter {} does not require a gradient", k);
    check(parameters_[k].is_leaf(), "Network: parameter {} is the result of a recorded operation",
          k);
  }
}

Tensor select_outputs(const Tensor& logits, const data::Outputs& outputs) {
  check_shape(logits.rank() == 2 && outputs.begin >= 0 && outputs.begin <= outputs.end &&
                  outputs.end <= logits.size(1),
              "select_outputs: there are no outputs {} to {} in logits {}", outputs.begin,
              outputs.end, logits.shape());
  if (outputs.size() == logits.size(1)) return logits;
  return slice(logits, 1, outputs.begin, outputs.end);
}

Tensor classification_loss(const Tensor& logits, const Tensor& y, const data::Outputs& outputs) {
  return cross_entropy(select_outputs(logits, outputs), outputs.begin == 0 ? y : y - outputs.begin);
}

}  // namespace engram::continual
