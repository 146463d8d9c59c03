#include <engram/autograd/create.h>
#include <engram/autograd/kernels/math.h>
#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/compare.h>
#include <engram/autograd/ops/loss.h>
#include <engram/autograd/ops/loss_reduction.h>
#include <engram/autograd/ops/map.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/numbers.h>
#include <engram/autograd/ops/reduce.h>

#include <cmath>
#include <limits>

namespace engram {
namespace {

// The same names for numbers as for tensors, so that a derivative serves both.
using kernels::math::log, kernels::math::sigmoid;

void check_pair(const char* op, const Tensor& input, const Tensor& target) {
  check_dtype(is_floating(input.dtype()), "{}: input must be f32 or f64, got {}", op,
              input.dtype());
  check_dtype(input.dtype() == target.dtype(), "{}: input is {}, target is {}", op, input.dtype(),
              target.dtype());
  check_shape(input.shape() == target.shape(), "{}: input is {}, target is {}", op, input.shape(),
              target.shape());
}

Tensor reduce_losses(const Tensor& losses, Reduction reduction) {
  return reduce_losses(losses, reduction, static_cast<double>(losses.numel()));
}

/// x·log x, and 0 where x is 0: there its derivative, log x + 1, is -∞.
Tensor x_log_x(const Tensor& x) {
  return unary_of_input(
      "kl_div", x, []<class T>(T v) { return v == 0 ? T{0} : v * log(v); },
      [](auto v, auto dy) { return dy * (log(v) + 1); });
}

}  // namespace

Tensor mse_loss(const Tensor& input, const Tensor& target, const LossOptions& options) {
  check_pair("mse_loss", input, target);
  return reduce_losses(square(input - target), options.reduction);
}

Tensor l1_loss(const Tensor& input, const Tensor& target, const LossOptions& options) {
  check_pair("l1_loss", input, target);
  return reduce_losses(abs(input - target), options.reduction);
}

Tensor huber_loss(const Tensor& input, const Tensor& target, const HuberLossOptions& options) {
  check_pair("huber_loss", input, target);
  check(options.delta > 0, "huber_loss: delta must be positive, got {}", options.delta);
  const double delta = options.delta;
  const Tensor losses = unary_of_input(
      "huber_loss", input - target,
      [=]<class T>(T e) {
        const T limit = static_cast<T>(delta), size = std::abs(e);
        return size <= limit ? e * e / 2 : limit * (size - limit / 2);
      },
      [=](auto e, auto dy) { return dy * clamp(e, -delta, delta); },
      [=] {
        return Attributes{{"delta", delta}};
      });
  return reduce_losses(losses, options.reduction);
}

namespace {

/// −log σ(−x) = log(1 + e^x), exact: softplus without its threshold.
Tensor unlikelihood(const Tensor& x) {
  return softplus(x, 1, std::numeric_limits<double>::infinity());
}

/// The derivative of bce_with_logits by the logit, of numbers or tensors: σ(x) − t for p = 1. With
/// σ(−x) in place of 1 − σ(x), which rounds to 0 for large x.
template <class V, class P>
V bce_slope(V x, V t, P p) {
  return (1 - t) * sigmoid(x) - p * t * sigmoid(-x);
}

/// −(p · t log σ(x) + (1 − t) log σ(−x)); an undefined p is 1.
Tensor bce_losses(const Tensor& x, const Tensor& t, const Tensor& p) {
  const Tensor losses = [&] {
    const InnerOperations inner;  // with log σ(−x) = log σ(x) − x
    const Tensor unlikely = unlikelihood(-x);
    return (1 - t) * x + (p.defined() ? (1 + (p - 1) * t) * unlikely : unlikely);
  }();
  return record("bce_with_logits", losses, {x, t, p},
                [x = Saved(x), t = Saved(t), p = Saved(p), weighted = p.defined()](const Tensor& dy,
                                                                                   Gradients& d) {
                  if (d.wants(0)) {
                    if (weighted) {
                      d[0] = dy * bce_slope<Tensor, Tensor>(x, t, p);
                    } else if (Tape::current()) {
                      d[0] = dy * bce_slope<Tensor>(x, t, 1.);
                    } else {
                      d[0] = Tensor(x.shape(), x.dtype());
                      dispatch_floating("bce_with_logits", x.dtype(), [&]<class T>() {
                        kernels::map(dy.numel(), x.data<T>().data(), t.data<T>().data(),
                                     dy.data<T>().data(), d[0].data<T>().data(),
                                     [](T logit, T target, T g) {
                                       return g * bce_slope(logit, target, T{1});
                                     });
                      });
                    }
                  }
                  if (d.wants(1)) d[1] = weighted ? dy * ((p - 1) * unlikelihood(-x) - x) : -dy * x;
                  if (d.wants(2)) d[2] = sum_to(dy * t * unlikelihood(-x), p.shape());
                });
}

}  // namespace

Tensor bce_with_logits(const Tensor& input, const Tensor& target,
                       const BCEWithLogitsOptions& options) {
  check_pair("bce_with_logits", input, target);
  const auto check_weight = [&](const char* name, const Tensor& weight) {
    check_dtype(weight.dtype() == input.dtype(), "bce_with_logits: {} is {}, input is {}", name,
                weight.dtype(), input.dtype());
    check_shape(broadcast("bce_with_logits", weight.shape(), input.shape()) == input.shape(),
                "bce_with_logits: {} is {}, input is {}", name, weight.shape(), input.shape());
  };
  if (options.pos_weight.defined()) check_weight("pos_weight", options.pos_weight);
  Tensor losses = bce_losses(input, target, options.pos_weight);
  if (options.weight.defined()) {
    check_weight("weight", options.weight);
    losses = losses * options.weight;
  }
  return reduce_losses(losses, options.reduction);
}

Tensor kl_div(const Tensor& input, const Tensor& target, const KLDivOptions& options) {
  check_pair("kl_div", input, target);
  const bool batchmean = options.reduction == KLDivReduction::batchmean;
  check_shape(!batchmean || input.rank() >= 1, "kl_div: batchmean needs a batch, input is {}",
              input.shape());
  const Tensor losses =
      options.log_target ? exp(target) * (target - input) : x_log_x(target) - target * input;
  switch (options.reduction) {
    case KLDivReduction::mean:
      return mean(losses);
    case KLDivReduction::batchmean:
      return averaged(sum(losses), static_cast<double>(input.size(0)));
    case KLDivReduction::sum:
      return sum(losses);
    default:
      return losses;
  }
}

}  // namespace engram
