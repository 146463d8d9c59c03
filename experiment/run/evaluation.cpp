#include <engram/autograd/ops/loss.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/tape.h>
#include <engram/data/loader.h>
#include <engram/experiment/run/evaluation.h>

namespace engram::experiment {

std::int64_t count_correct(const Tensor& logits, const Tensor& y) {
  const Tensor chosen = argmax(logits, 1);
  std::int64_t correct = 0;
  for (std::size_t i = 0; i < y.data<std::int64_t>().size(); ++i) {
    correct += chosen.data<std::int64_t>()[i] == y.data<std::int64_t>()[i];
  }
  return correct;
}

Evaluation evaluate_function(const std::function<Tensor(const Tensor&)>& classifier,
                             const data::Dataset& dataset) {
  const NoGrad no_grad;
  std::int64_t correct = 0;
  double loss = 0;
  for (auto [x, y] : data::Loader(dataset, {.batch = 1000})) {
    const Tensor logits = classifier(x);
    correct += count_correct(logits, y);
    loss += cross_entropy(logits, y, {.reduction = Reduction::sum}).item();
  }
  const double samples = static_cast<double>(dataset.size());
  return {static_cast<double>(correct) / samples, loss / samples};
}

}  // namespace engram::experiment
