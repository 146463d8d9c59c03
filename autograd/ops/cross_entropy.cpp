#include <engram/autograd/create.h>
#include <engram/autograd/kernels/softmax.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/compare.h>
#include <engram/autograd/ops/loss.h>
#include <engram/autograd/ops/loss_reduction.h>
#include <engram/autograd/ops/map.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/ops/softmax.h>
#include <engram/autograd/record.h>

#include <fmt/format.h>

// In this file x are the scores (N, C, …), logits or log-probabilities, and target the labels.
namespace engram {
namespace {

void check_scores(const char* op, const char* name, const Tensor& x, const Tensor& weight) {
  check_dtype(is_floating(x.dtype()), "{}: {} must be f32 or f64, got {}", op, name, x.dtype());
  check_shape(x.rank() >= 2, "{}: {} must be (N, C, ...), got {}", op, name, x.shape());
  if (!weight.defined()) return;
  const std::int64_t classes = x.size(1);
  check_shape(weight.shape() == Shape{classes}, "{}: weight is {}, {} classes expect ({},)", op,
              weight.shape(), classes, classes);
  check_dtype(weight.dtype() == x.dtype(), "{}: weight is {}, {} are {}", op, weight.dtype(), name,
              x.dtype());
}

/// Checks class indices; returns the divisor of the mean, Σ weight[label] over the labels that are
/// not ignored.
double check_labels(const char* op, const char* name, const Tensor& x, const Tensor& target,
                    const Tensor& weight, std::int64_t ignore_index) {
  const Shape expected = x.shape().without(1);
  check_shape(target.shape() == expected, "{}: {} {} expect a target {}, got {}", op, name,
              x.shape(), expected, target.shape());
  return dispatch_floating(op, x.dtype(), [&]<class T>() {
    const std::int64_t classes = x.size(1);
    const T* weights = weight.defined() ? weight.data<T>().data() : nullptr;
    double total = 0;
    std::int64_t number = 0;
    for (const std::int64_t label : target.data<std::int64_t>()) {
      if (label != ignore_index) {
        if (label < 0 || label >= classes) {
          const Shape index = index_of(number, target.shape());
          fail("{}: target[{}] is {}, but there are {} classes", op,
               fmt::format("{}", fmt::join(index, ", ")), label, classes);
        }
        total += weights ? static_cast<double>(weights[label]) : 1;
      }
      ++number;
    }
    return total;
  });
}

/// Class weights are constants, because the divisor of the mean, which depends on them, is one.
void check_constant(const char* op, const Tensor& weight) {
  check_autograd(!Tape::current() || !weight.defined() || !weight.requires_grad(),
                 "{}: beside class indices the weight has no gradient; detach() it", op);
}

/// A tensor of the classes, (C,), or of the positions, (N, …), in a shape that broadcasts to x's.
Tensor beside_classes(const Tensor& x, const Tensor& per_class) {
  Shape shape{x.size(1)};
  while (shape.rank() < x.rank() - 1) shape.push_back(1);
  return reshape(per_class, shape);
}
Tensor beside_positions(const Tensor& x, const Tensor& per_position) {
  return reshape(per_position, x.shape().with(1, 1));
}

/// The labels as a one-hot mask in x's shape; all false at ignored positions.
Tensor labelled(const Tensor& x, const Tensor& target, std::int64_t ignore_index) {
  const Tensor labels = beside_positions(x, target);
  return labels == beside_classes(x, arange(x.size(1))) && labels != ignore_index;
}

/// The smoothed and weighted target distributions of the labels, in x's shape; 0 where ignored.
Tensor distributions(const Tensor& x, const Tensor& target, const CrossEntropyOptions& options) {
  const double uniform = options.label_smoothing / static_cast<double>(x.size(1));
  const Tensor counted = beside_positions(x, target) != options.ignore_index;
  const Tensor q = where(labelled(x, target, options.ignore_index),
                         full_like(x, 1 - options.label_smoothing), 0) +
                   where(counted, full_like(x, uniform), 0);
  return options.weight.defined() ? q * beside_classes(x, options.weight) : q;
}

template <class T>
kernels::Labels<T> kernel_labels(const Tensor& x, const Tensor& target,
                                 const CrossEntropyOptions& options) {
  return {.label = target.data<std::int64_t>().data(),
          .ignored = options.ignore_index,
          .weight = options.weight.defined() ? options.weight.data<T>().data() : nullptr,
          .confidence = static_cast<T>(1 - options.label_smoothing),
          .uniform = static_cast<T>(options.label_smoothing / static_cast<double>(x.size(1)))};
}

Tensor cross_entropy_of_labels(const Tensor& x, const Tensor& target,
                               const CrossEntropyOptions& given) {
  check_constant("cross_entropy", given.weight);
  const double divisor =
      check_labels("cross_entropy", "logits", x, target, given.weight, given.ignore_index);
  const AxisView view = view_along(x.shape(), 1);
  const Tensor losses(target.shape(), x.dtype());
  const Tensor largest(target.shape(), x.dtype()), log_sum(target.shape(), x.dtype());
  dispatch_floating("cross_entropy", x.dtype(), [&]<class T>() {
    kernels::cross_entropy<T>(view, x.data<T>().data(), kernel_labels<T>(x, target, given),
                              losses.data<T>().data(),
                              {largest.data<T>().data(), log_sum.data<T>().data()});
  });
  const Tensor y = [&] {
    const InnerOperations inner;
    return reduce_losses(losses, given.reduction, divisor);
  }();
  return record(
      "cross_entropy", y, {x, target, given.weight},
      [x = Saved(x), target = Saved(target), weight = Saved(given.weight), given, largest, log_sum,
       view, divisor](const Tensor& dy, Gradients& d) {
        CrossEntropyOptions options = given;
        options.weight = weight;
        const bool per_position = options.reduction == Reduction::none;
        // If all labels are ignored the mean is NaN, but depends on no score.
        const Tensor scale = options.reduction != Reduction::mean ? dy
                             : divisor == 0                       ? zeros_like(dy)
                                                                  : dy / divisor;
        if (Tape::current()) {
          // Scores at ignored positions may be NaN, and so may their dy.
          const Tensor counted = beside_positions(x, target) != options.ignore_index;
          const Tensor q = distributions(x, target, options);
          const Tensor mass = sum(q, {1}, {.keepdim = true});
          const Tensor p = softmax(where(counted, x, 0), 1);
          const Tensor beside = per_position ? beside_positions(x, scale) : scale;
          d[0] = where(counted, beside * (p * mass - q), 0);
          return;
        }
        // Again, because labels are used as indices, and may have been written through `data`.
        check_labels("cross_entropy", "logits", x, target, options.weight, options.ignore_index);
        d[0] = Tensor(x.shape(), x.dtype());
        dispatch_floating("cross_entropy", x.dtype(), [&]<class T>() {
          kernels::cross_entropy_backward<T>(
              view, x.data<T>().data(), kernel_labels<T>(x, target, options),
              {largest.data<T>().data(), log_sum.data<T>().data()},
              {scale.data<T>().data(), per_position}, d[0].data<T>().data());
        });
      },
      [&] {
        return Attributes{{"ignore_index", given.ignore_index},
                          {"label_smoothing", given.label_smoothing},
                          {"reduction", std::string(name_of(given.reduction))}};
      });
}

Tensor cross_entropy_of_probabilities(const Tensor& x, const Tensor& target,
                                      const CrossEntropyOptions& options) {
  check_shape(target.shape() == x.shape(),
              "cross_entropy: logits {} expect class probabilities of that shape, or i64 class "
              "indices, got {} {}",
              x.shape(), target.dtype(), target.shape());
  check(options.ignore_index < 0,
        "cross_entropy: ignore_index is {}, but the target holds class probabilities",
        options.ignore_index);
  const double uniform = options.label_smoothing / static_cast<double>(x.size(1));
  Tensor q =
      options.label_smoothing == 0 ? target : target * (1 - options.label_smoothing) + uniform;
  if (options.weight.defined()) q = q * beside_classes(x, options.weight);
  const Tensor losses = -sum(q * log_softmax(x, 1), {1});
  return reduce_losses(losses, options.reduction, static_cast<double>(losses.numel()));
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Tensor& target,
                     const CrossEntropyOptions& options) {
  check_scores("cross_entropy", "logits", logits, options.weight);
  check(options.label_smoothing >= 0 && options.label_smoothing <= 1,
        "cross_entropy: label_smoothing must be in [0, 1], got {}", options.label_smoothing);
  check_dtype(target.dtype() == i64 || target.dtype() == logits.dtype(),
              "cross_entropy: target must be i64 class indices or {} class probabilities, got {}",
              logits.dtype(), target.dtype());
  return target.dtype() == i64 ? cross_entropy_of_labels(logits, target, options)
                               : cross_entropy_of_probabilities(logits, target, options);
}

Tensor nll_loss(const Tensor& log_probs, const Tensor& target, const NLLLossOptions& options) {
  check_scores("nll_loss", "log_probs", log_probs, options.weight);
  check_dtype(target.dtype() == i64, "nll_loss: target must be i64 class indices, got {}",
              target.dtype());
  check_constant("nll_loss", options.weight);
  const double divisor = check_labels("nll_loss", "log_probs", log_probs, target, options.weight,
                                      options.ignore_index);
  const Tensor weighted =
      options.weight.defined() ? log_probs * beside_classes(log_probs, options.weight) : log_probs;
  const Tensor mask = labelled(log_probs, target, options.ignore_index);  // as 0·NaN is NaN
  return reduce_losses(-sum(where(mask, weighted, 0), {1}), options.reduction, divisor);
}

}  // namespace engram
