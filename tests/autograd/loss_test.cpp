#include "../close.h"

#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/loss.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/ops/softmax.h>
#include <engram/autograd/tape.h>

#include <cmath>
#include <functional>
#include <vector>

using namespace engram;

// The literals were computed by PyTorch 1.13 in f64.
namespace {

Tensor input() { return tensor({1, -2, 0.5, 3, 0, -0.25}, {2, 3}, f64); }
Tensor target() { return tensor({0.5, 1, 0.5, 0, 1, 0.25}, {2, 3}, f64); }
Tensor probabilities() { return tensor({0.5, 0.5, 0, 0.2, 0.3, 0.5}, {2, 3}, f64); }

using Loss = std::function<Tensor(const Tensor&, const Tensor&, Reduction)>;

/// Compares the losses of the elements with `each`, and their mean and sum with those of `each`.
void check_reductions(const Loss& loss, const std::vector<double>& each) {
  double total = 0;
  for (double value : each) total += value;
  const Tensor single = loss(input(), target(), Reduction::none);
  CHECK(single.shape() == Shape{2, 3});
  check_close(single, each);
  check_close(loss(input(), target(), Reduction::sum), {total});
  check_close(loss(input(), target(), Reduction::mean), {total / 6});
  check_close(loss(zeros({0}), zeros({0}), Reduction::mean), {NAN});
  check_close(loss(zeros({0}), zeros({0}), Reduction::sum), {0});
}

BCEWithLogitsOptions weighted(Reduction reduction) {
  return {.reduction = reduction,
          .weight = tensor({0.5, 2}, {2, 1}, f64),
          .pos_weight = tensor({1, 3, 0.5}, f64)};
}

}  // namespace

TEST_CASE("mse_loss") {
  const Loss loss = [](auto& x, auto& t, Reduction r) { return mse_loss(x, t, {r}); };
  check_reductions(loss, {0.25, 9, 0, 9, 1, 0.25});
}

TEST_CASE("l1_loss") {
  const Loss loss = [](auto& x, auto& t, Reduction r) { return l1_loss(x, t, {r}); };
  check_reductions(loss, {0.5, 3, 0, 3, 1, 0.5});
}

TEST_CASE("l1_loss: no gradient where input and target are equal") {
  const Tensor x = tensor({1, 2, 3});
  x.set_requires_grad();
  Tape tape;
  const Tensor loss = l1_loss(x, tensor({1, 3, 1}), {Reduction::sum});
  check_close(tape.gradient(loss, {x})[0], {0, -1, 1});
}

TEST_CASE("huber_loss") {
  check_reductions([](auto& x, auto& t, Reduction r) { return huber_loss(x, t, {r}); },
                   {0.125, 2.5, 0, 2.5, 0.5, 0.125});
  check_reductions(
      [](auto& x, auto& t, Reduction r) {
        return huber_loss(x, t, {r, 2});
      },
      {0.125, 4, 0, 4, 0.5, 0.125});
  CHECK(huber_loss(tensor({1e30}), tensor({0})).item() == doctest::Approx(1e30));
}

TEST_CASE("bce_with_logits") {
  check_reductions([](auto& x, auto& t, Reduction r) { return bce_with_logits(x, t, {r}); },
                   {0.8132616875182228, 2.1269280110429727, 0.7240769841801067, 3.048587351573742,
                    0.6931471805599453, 0.6384394198788437});
  check_close(bce_with_logits(input(), target(), weighted(Reduction::none)),
              {0.4066308437591114, 3.1903920165644593, 0.30277886906754004, 6.097174703147484,
               4.1588830833596715, 1.0703939847879764});
  check_close(bce_with_logits(input(), target(), weighted(Reduction::mean)), {2.5377089167810403});
}

TEST_CASE("bce_with_logits: the gradient of what is nearly certain is small, not 0") {
  for (const DType dtype : {f32, f64}) {
    const Tensor x = tensor({40, -40, 40, -40}, dtype), t = tensor({1, 0, 0, 1}, dtype);
    x.set_requires_grad();
    for (const bool recorded : {false, true}) {
      Tape tape;
      const Tensor loss = bce_with_logits(x, t, {Reduction::sum});
      const Tensor gradient = tape.gradient(loss, {x}, {.create_graph = recorded})[0];
      const Tensor in_tails = cast(gradient, f64) / std::exp(-40);
      check_close(slice(in_tails, 0, 0, 2), {-1, 1}, 1e-6);
      check_close(slice(gradient, 0, 2, 4), {1, -1});
    }
  }
}

TEST_CASE("losses: derivatives of the mean of nothing are those of a sum of nothing") {
  const Tensor x = zeros({2, 3}, f64), empty = zeros({0, 3}, f64), seed = scalar(1, f64);
  for (const Tensor& each : {x, empty, seed}) each.set_requires_grad();
  const Tensor ignored = full({2}, -100, i64);
  Tape tape;
  for (const auto& [y, input] :
       {std::pair{nll_loss(x, ignored), x}, std::pair{cross_entropy(x, ignored), x},
        std::pair{kl_div(empty, detach(empty), {KLDivReduction::batchmean}), empty}}) {
    CHECK(std::isnan(y.item()));
    const Tensor first =
        tape.gradient(y, {input}, {.gradient = seed * 1., .create_graph = true})[0];
    CHECK(max(cat({abs(first), zeros({1, 3}, f64)})).item() == 0);
    const Tensor second =
        tape.gradient(sum(first), {seed}, {.retain_graph = true, .allow_unused = true})[0];
    if (second.defined()) CHECK(second.item() == 0);
  }
}

TEST_CASE("bce_with_logits: extreme logits") {
  const Tensor x = tensor({1e4, -1e4, 1e4, -1e4, 25}), t = tensor({1, 0, 0, 1, 1});
  check_close(bce_with_logits(x, t, {Reduction::none}), {0, 0, 1e4, 1e4, 1.3887943864771144e-11},
              1e-18);
  x.set_requires_grad();
  Tape tape;
  const Tensor loss = bce_with_logits(x, t, {Reduction::sum});
  check_close(tape.gradient(loss, {x})[0], {0, 0, 1, -1, 0}, 1e-10);
}

TEST_CASE("kl_div") {
  const Tensor log_p = log_softmax(input(), 1), q = probabilities();
  check_close(kl_div(log_p, q, {KLDivReduction::none}),
              {-0.0942751391088309, 1.405724860891169, 0, -0.3049162036320378, 0.5642652269843925,
               1.320854856856983});
  check_close(kl_div(log_p, q), {0.48194226699861265});
  check_close(kl_div(log_p, q, {KLDivReduction::sum}), {2.891653601991676});
  check_close(kl_div(log_p, q, {KLDivReduction::batchmean}), {1.445826800995838});

  const Tensor log_q = log_softmax(target(), 1);
  check_close(kl_div(log_p, log_q, {.log_target = true}), {0.41262623657611686});
  check_close(kl_div(log_p, log_q, {KLDivReduction::batchmean, true}), {1.2378787097283506});
  check_close(kl_div(log_p, log_p, {.log_target = true}), {0});

  check_close(kl_div(zeros({0, 3}), zeros({0, 3})), {NAN});
}

TEST_CASE("losses of elements: errors") {
  const Tensor x = zeros({2, 3});
  CHECK_THROWS_WITH_AS(mse_loss(x, zeros({3})), "mse_loss: input is (2, 3), target is (3,)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(l1_loss(x, zeros({2, 1})), "l1_loss: input is (2, 3), target is (2, 1)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(huber_loss(x, zeros({2, 3}, f64)), "huber_loss: input is f32, target is f64",
                       DTypeError);
  CHECK_THROWS_WITH_AS(mse_loss(zeros({2}, i64), zeros({2}, i64)),
                       "mse_loss: input must be f32 or f64, got i64", DTypeError);
  CHECK_THROWS_WITH_AS(huber_loss(x, x, {.delta = 0}), "huber_loss: delta must be positive, got 0",
                       Error);
  CHECK_THROWS_WITH_AS(bce_with_logits(x, x, {.pos_weight = zeros({4, 2, 3})}),
                       "bce_with_logits: pos_weight is (4, 2, 3), input is (2, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(bce_with_logits(x, x, {.weight = zeros({3}, f64)}),
                       "bce_with_logits: weight is f64, input is f32", DTypeError);
  CHECK_THROWS_WITH_AS(bce_with_logits(x, zeros({2, 3}, u8)),
                       "bce_with_logits: input is f32, target is u8", DTypeError);
  CHECK_THROWS_WITH_AS(kl_div(scalar(0), scalar(1), {KLDivReduction::batchmean}),
                       "kl_div: batchmean needs a batch, input is ()", ShapeError);
}
