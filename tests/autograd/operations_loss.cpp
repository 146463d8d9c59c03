#include <engram/autograd/ops/loss.h>
#include <engram/autograd/ops/softmax.h>
#include <engram/engram.h>

#include "operations.h"

namespace engram::test {
namespace {

/// Four labels of three classes, the third one ignored when the options say -100.
Tensor labels() { return tensor({2, 0, -100, 1}, i64); }
Tensor class_weights(const Tensor& x) { return tensor({0.5, 2, 1.25}, x.dtype()); }

OperationCase cross_entropy_row(const std::string& variant, const CrossEntropyOptions& options,
                                bool weighted, const Shape& logits, const Tensor& target) {
  return {"cross_entropy" + variant,
          [=](const Tensors& x) {
            CrossEntropyOptions all = options;
            if (weighted) all.weight = class_weights(x[0]);
            return cross_entropy(x[0], x[1], all);
          },
          {spread(logits), target}};
}

OperationCase nll_loss_row(const std::string& variant, const NLLLossOptions& options, bool weighted,
                           const Shape& log_probs, const Tensor& target) {
  return {"nll_loss" + variant,
          [=](const Tensors& x) {
            NLLLossOptions all = options;
            if (weighted) all.weight = class_weights(x[0]);
            return nll_loss(x[0], x[1], all);
          },
          {spread(log_probs), target}};
}

template <class Options>
void add_pair(std::vector<OperationCase>& rows, const std::string& name,
              Tensor (*f)(const Tensor&, const Tensor&, const Options&)) {
  const auto row = [&](const char* variant, Reduction reduction) {
    rows.push_back({name + variant,
                    [=](const Tensors& x) { return f(x[0], x[1], {.reduction = reduction}); },
                    {spread({2, 3}), spread({2, 3})}});
  };
  row("", Reduction::mean);
  row("/sum", Reduction::sum);
  row("/none", Reduction::none);
}

}  // namespace

std::vector<OperationCase> classification_loss_operations() {
  const auto none = Reduction::none, total = Reduction::sum;
  const Tensor pixels = tensor({0, 1, 2, 2, -100, 0}, {2, 3}, i64);
  return {
      {"softmax", [](const Tensors& x) { return softmax(x[0], 1); }, {spread({2, 4})}},
      {"softmax/first-axis", [](const Tensors& x) { return softmax(x[0], -2); }, {spread({3, 2})}},
      {"softmax/middle-axis",
       [](const Tensors& x) { return softmax(x[0], 1); },
       {spread({2, 3, 2})}},
      {"log_softmax", [](const Tensors& x) { return log_softmax(x[0], -1); }, {spread({2, 4})}},
      {"log_softmax/first-axis",
       [](const Tensors& x) { return log_softmax(x[0], 0); },
       {spread({3, 2})}},
      {"log_softmax/middle-axis",
       [](const Tensors& x) { return log_softmax(x[0], 1); },
       {spread({2, 3, 2})}},

      cross_entropy_row("", {}, false, {4, 3}, labels()),
      cross_entropy_row("/sum", {.reduction = total}, false, {4, 3}, labels()),
      cross_entropy_row("/none", {.reduction = none}, false, {4, 3}, labels()),
      cross_entropy_row("/weight", {}, true, {4, 3}, labels()),
      cross_entropy_row("/label-smoothing", {.label_smoothing = 0.25}, false, {4, 3}, labels()),
      cross_entropy_row("/label-smoothing-weight-none",
                        {.reduction = none, .label_smoothing = 0.25}, true, {4, 3}, labels()),
      cross_entropy_row("/label-smoothing-weight", {.label_smoothing = 0.25}, true, {4, 3},
                        labels()),
      cross_entropy_row("/ignore-index", {.ignore_index = 1}, false, {4, 3},
                        tensor({2, 1, 0, 1}, i64)),
      cross_entropy_row("/pixels", {}, true, {2, 3, 3}, pixels),
      cross_entropy_row("/pixels-none", {.reduction = none}, true, {2, 3, 3}, pixels),
      cross_entropy_row("/probabilities", {}, false, {2, 3}, spread({2, 3}, 0.1, 0.9)),
      cross_entropy_row("/probabilities-smoothing-weight", {.label_smoothing = 0.25}, true, {2, 3},
                        spread({2, 3}, 0.1, 0.9)),
      nll_loss_row("", {}, false, {4, 3}, labels()),
      nll_loss_row("/sum-weight", {.reduction = total}, true, {4, 3}, labels()),
      nll_loss_row("/none-weight", {.reduction = none}, true, {4, 3}, labels()),
      nll_loss_row("/pixels-weight", {}, true, {2, 3, 3}, pixels),
  };
}

std::vector<OperationCase> elementwise_loss_operations() {
  std::vector<OperationCase> rows;
  add_pair(rows, "mse_loss", mse_loss);
  add_pair(rows, "l1_loss", l1_loss);
  add_pair(rows, "huber_loss", huber_loss);
  add_pair(rows, "bce_with_logits", bce_with_logits);
  rows.push_back({"huber_loss/delta",
                  [](const Tensors& x) { return huber_loss(x[0], x[1], {.delta = 0.375}); },
                  {spread({2, 4}), spread({2, 4})}});
  rows.push_back({"bce_with_logits/weights",
                  [](const Tensors& x) {
                    const DType dtype = x[0].dtype();
                    return bce_with_logits(x[0], x[1],
                                           {.weight = tensor({0.5, 2}, {2, 1}, dtype),
                                            .pos_weight = tensor({1, 3, 0.5}, dtype)});
                  },
                  {spread({2, 3}), spread({2, 3}, 0, 1)}});

  const auto kl = [&](const char* variant, KLDivOptions options, const Tensor& target) {
    rows.push_back({std::string("kl_div") + variant,
                    [=](const Tensors& x) { return kl_div(x[0], x[1], options); },
                    {spread({2, 3}), target}});
  };
  kl("", {}, spread({2, 3}, 0, 1));
  kl("/batchmean", {KLDivReduction::batchmean}, spread({2, 3}, 0, 1));
  kl("/none", {KLDivReduction::none}, spread({2, 3}, 0, 1));
  kl("/log-target", {KLDivReduction::sum, true}, spread({2, 3}));
  return rows;
}

}  // namespace engram::test
