#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/compare.h>
#include <engram/autograd/ops/loss.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/continual/network.h>

#include <algorithm>

namespace engram::continual {
namespace {

/// `begin` swaps the elements of two lists of tensors; the destructor swaps them back.
class Exchanged {
 public:
  Exchanged(const std::vector<Tensor>& a, const std::vector<Tensor>& b) : a_(a), b_(b) {}
  void begin() {
    for (; count_ < a_.size(); ++count_) a_[count_].swap_data(b_[count_]);
  }
  // In reverse order: a tensor may be in a list twice.
  ~Exchanged() {
    while (count_ > 0) {
      --count_;
      a_[count_].swap_data(b_[count_]);
    }
  }
  Exchanged(const Exchanged&) = delete;
  Exchanged& operator=(const Exchanged&) = delete;

 private:
  const std::vector<Tensor>&a_, &b_;
  std::size_t count_ = 0;  // pairs swapped so far
};

}  // namespace

Tensor Network::evaluate(const Tensor& x) const {
  const auto mode = eval_mode();
  const NoGrad no_grad;
  return logits_(x);
}

Tensor Network::evaluate(const Tensor& x, const std::vector<Tensor>& values) const {
  check(values.size() == parameters_.size(), "Network: {} values for {} parameters", values.size(),
        parameters_.size());
  Exchanged exchanged(parameters_, values);
  exchanged.begin();
  return evaluate(x);
}

void Network::check_parameters() const {
  check(!parameters_.empty(), "Network: the model has no parameters");
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    check(parameters_[k].is_leaf(), "Network: parameter {} is the result of a recorded operation",
          k);
  }
}

Tensor select_outputs(const Tensor& logits, const Outputs& outputs) {
  check_shape(logits.rank() == 2 && outputs.begin >= 0 && outputs.begin <= outputs.end &&
                  outputs.end <= logits.size(1),
              "select_outputs: there are no outputs {} to {} in logits {}", outputs.begin,
              outputs.end, logits.shape());
  if (outputs.size() == logits.size(1)) return logits;
  return slice(logits, 1, outputs.begin, outputs.end);
}

namespace {

void check_label(std::int64_t label, const Outputs& outputs) {
  check(outputs.begin <= label && label < outputs.end,
        "classification_loss: label {} is none of the outputs {} to {}", label, outputs.begin,
        outputs.end);
}

}  // namespace

Tensor classification_loss(const Tensor& logits, const Tensor& y, const Outputs& outputs) {
  const Tensor chosen = select_outputs(logits, outputs);
  check_dtype(y.dtype() == i64, "classification_loss: labels must be i64, got {}", y.dtype());
  for (std::int64_t label : y.data<std::int64_t>()) check_label(label, outputs);
  return cross_entropy(chosen, outputs.begin == 0 ? y : y - outputs.begin);
}

Tensor classification_loss(const Tensor& logits, const Tensor& y,
                           std::span<const Outputs> outputs) {
  check_shape(logits.rank() == 2 && logits.size(0) == std::ssize(outputs),
              "classification_loss: outputs of {} rows, logits {}", outputs.size(), logits.shape());
  check_dtype(y.dtype() == i64, "classification_loss: labels must be i64, got {}", y.dtype());
  check_shape(y.shape() == Shape{logits.size(0)}, "classification_loss: logits {}, but labels {}",
              logits.shape(), y.shape());
  const auto labels = y.data<std::int64_t>();
  for (std::size_t row = 0; row < outputs.size(); ++row) {
    check_label(labels[row], outputs[row]);
  }
  // Finite: the cross entropy would multiply −∞ by 0, a NaN. exp(−1e30) is 0 as well.
  constexpr double masked_logit = -1e30;
  return cross_entropy(where(output_mask(outputs, logits.size(1)), logits, masked_logit), y);
}

Tensor output_mask(std::span<const Outputs> outputs, std::int64_t all) {
  const Tensor mask = zeros({std::ssize(outputs), all}, boolean);
  bool* row = mask.data<bool>().data();
  for (const auto& [begin, end] : outputs) {
    check_shape(begin >= 0 && begin <= end && end <= all,
                "output_mask: there are no outputs {} to {} in {}", begin, end, all);
    std::fill(row + begin, row + end, true);
    row += all;
  }
  return mask;
}

}  // namespace engram::continual
