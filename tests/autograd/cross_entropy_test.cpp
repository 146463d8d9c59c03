#include "../close.h"

#include <engram/autograd/create.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/loss.h>
#include <engram/autograd/ops/softmax.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/autograd/threads.h>

#include <cmath>
#include <vector>

using namespace engram;

// The literals were computed by PyTorch 1.13 in f64.
namespace {

Tensor logits() { return tensor({1, 2, 3, -1, 0.5, 0.25, 2, 2, -4, 0, 1, -1}, {4, 3}, f64); }
Tensor labels() { return tensor({2, 0, 1, 1}, i64); }
Tensor class_weight() { return tensor({0.5, 2, 1}, f64); }

Tensor gradient_of_loss(const Tensor& x, const Tensor& target, const CrossEntropyOptions& options) {
  x.set_requires_grad();
  Tape tape;
  const Tensor loss = cross_entropy(x, target, options);
  return tape.gradient(loss, {x})[0];
}

const std::vector<CrossEntropyOptions>& every_option() {
  static const std::vector<CrossEntropyOptions> options = {
      {},
      {.reduction = Reduction::sum},
      {.reduction = Reduction::none},
      {.label_smoothing = 0.1},
      {.weight = class_weight()},
      {.ignore_index = 1},
      {.label_smoothing = 0.1, .ignore_index = 2, .weight = class_weight()},
      {.reduction = Reduction::none,
       .label_smoothing = 0.1,
       .ignore_index = 2,
       .weight = class_weight()}};
  return options;
}

}  // namespace

TEST_CASE("cross_entropy: class indices, every option") {
  const std::vector<std::vector<double>> expected = {
      {0.9259274761366008},
      {3.703709904546403},
      {0.4076059644443804, 2.1941121864019144, 0.6943857892557275, 0.4076059644443804},
      {1.0030108094699342},
      {0.6742991936446461},
      {1.3008590754231475},
      {0.7771439481969538},
      {0, 1.1016635722944181, 1.5309060960734777, 0.8645780985183958}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    check_close(cross_entropy(logits(), labels(), every_option()[i]), expected[i]);
  }
  const Tensor loss = cross_entropy(logits(), labels());
  CHECK(loss.rank() == 0);
}

TEST_CASE("cross_entropy: class probabilities") {
  const Tensor p = tensor({0.2, 0.3, 0.5, 1, 0, 0, 0.1, 0.1, 0.8, 0, 0.5, 0.5}, {4, 3}, f64);
  check_close(cross_entropy(logits(), p), {2.550927476136601});
  check_close(cross_entropy(logits(), p, {.label_smoothing = 0.2, .weight = class_weight()}),
              {2.242222532949067});
  check_close(cross_entropy(logits(), p, {.reduction = Reduction::none}),
              {1.1076059644443805, 2.1941121864019144, 5.494385789255728, 1.4076059644443806});
}

TEST_CASE("cross_entropy: positions beyond the batch, (N, C, d)") {
  const Tensor x = tensor({0, 1.7, 0.4, 2.1, 0.8, 2.5, 1.2, 2.9, 1.6, 0.3, 2, 0.7}, {2, 3, 2}, f64);
  const Tensor target = tensor({0, 2, 1, -100}, {2, 2}, i64);
  check_close(cross_entropy(x, target), {1.1512505137284943});
  const Tensor each =
      cross_entropy(x, target, {.reduction = Reduction::none, .weight = class_weight()});
  CHECK(each.shape() == Shape{2, 2});
  check_close(each, {0.775625256864247, 0.751250513728494, 2.302501027456989, 0});
  check_close(cross_entropy(x, target, {.label_smoothing = 0.3, .weight = class_weight()}),
              {1.0941076565856371});
}

TEST_CASE("cross_entropy: extreme logits") {
  const Tensor x = tensor({1e4, 1e4 - 1, -1e4, 1e4, -1e4, 0}, {2, 3});
  const Tensor each = cross_entropy(x, tensor({1, 1}, i64), {.reduction = Reduction::none});
  check_close(each, {1.3132616875182228, 20000}, 1e-6);
  check_close(gradient_of_loss(x, tensor({1, 1}, i64), {.reduction = Reduction::sum}),
              {0.7310585786300049, -0.7310585786300049, 0, 1, -1, 0}, 1e-6);

  const Tensor masked = tensor({-INFINITY, 0, 1}, {1, 3}, f64);
  check_close(cross_entropy(masked, tensor({1}, i64)), {1.3132616875182228});
  check_close(cross_entropy(masked, tensor({0}, i64)), {INFINITY});
}

TEST_CASE("cross_entropy: nothing that counts") {
  const Tensor ignored = tensor({-100, -100, -100, -100}, i64);
  check_close(cross_entropy(logits(), ignored), {NAN});
  check_close(cross_entropy(logits(), ignored, {.reduction = Reduction::sum}), {0});
  check_close(gradient_of_loss(logits(), ignored, {}), std::vector<double>(12, 0));
  check_close(cross_entropy(zeros({0, 3}), zeros({0}, i64)), {NAN});
  check_close(cross_entropy(zeros({0, 3}), zeros({0}, i64), {.reduction = Reduction::sum}), {0});
  check_close(cross_entropy(tensor({5}, {1, 1}), zeros({1}, i64)), {0});  // one class
}

TEST_CASE("cross_entropy: the same bits for every number of threads") {
  Generator generator(2);
  const Tensor x = randn({1000, 10}, f32, generator);
  const Tensor target = randint(0, 10, {1000}, generator);
  const int threads = num_threads();
  set_num_threads(1);
  const float one = cross_entropy(x, target).item<float>();
  set_num_threads(4);
  const float four = cross_entropy(x, target).item<float>();
  set_num_threads(threads);
  CHECK(one == four);
}

TEST_CASE("cross_entropy: one operation on the tape, and nothing without one") {
  const Tensor x = logits();
  x.set_requires_grad();
  Tape tape;
  const Tensor loss = cross_entropy(x, labels());
  CHECK(tape.size() == 1);
  CHECK(loss.requires_grad());
  CHECK_FALSE(cross_entropy(logits(), labels()).requires_grad());
}

TEST_CASE("nll_loss: the second half of cross_entropy") {
  for (const CrossEntropyOptions& options : every_option()) {
    if (options.label_smoothing != 0) continue;
    const NLLLossOptions same = {options.reduction, options.ignore_index, options.weight};
    const Tensor expected = cross_entropy(logits(), labels(), options);
    const Tensor loss = nll_loss(log_softmax(logits(), 1), labels(), same);
    CHECK(loss.shape() == expected.shape());
    const auto values = expected.data<double>();
    check_close(loss, {values.begin(), values.end()});
  }
  check_close(nll_loss(logits(), labels(), {.ignore_index = 2, .weight = class_weight()}),
              {-1.2222222222222223});
  // An impossible class that is no label has no effect.
  check_close(nll_loss(tensor({-INFINITY, -2, -INFINITY, -1}, {2, 2}), tensor({1, 0}, i64),
                       {.ignore_index = 0}),
              {2});
}

TEST_CASE("cross_entropy and nll_loss: errors") {
  const Tensor x = zeros({2, 3});
  CHECK_THROWS_WITH_AS(cross_entropy(x, tensor({0, 3}, i64)),
                       "cross_entropy: target[1] is 3, but there are 3 classes", Error);
  CHECK_THROWS_WITH_AS(cross_entropy(zeros({2, 3, 2}), tensor({0, 1, -1, 2}, {2, 2}, i64)),
                       "cross_entropy: target[1, 0] is -1, but there are 3 classes", Error);
  CHECK_THROWS_WITH_AS(nll_loss(x, tensor({5, 0}, i64)),
                       "nll_loss: target[0] is 5, but there are 3 classes", Error);
  CHECK_THROWS_WITH_AS(cross_entropy(zeros({1, 0}), zeros({1}, i64)),
                       "cross_entropy: target[0] is 0, but there are 0 classes", Error);
  CHECK_THROWS_WITH_AS(
      cross_entropy(x, zeros({2}, u8)),
      "cross_entropy: target must be i64 class indices or f32 class probabilities, got u8",
      DTypeError);
  CHECK_THROWS_WITH_AS(
      cross_entropy(x, zeros({2, 3}, f64)),
      "cross_entropy: target must be i64 class indices or f32 class probabilities, got f64",
      DTypeError);
  CHECK_THROWS_WITH_AS(nll_loss(x, zeros({2}, u8)),
                       "nll_loss: target must be i64 class indices, got u8", DTypeError);
  CHECK_THROWS_WITH_AS(cross_entropy(zeros({2, 3}, i64), zeros({2}, i64)),
                       "cross_entropy: logits must be f32 or f64, got i64", DTypeError);
  CHECK_THROWS_WITH_AS(cross_entropy(zeros({3}), scalar(0, i64)),
                       "cross_entropy: logits must be (N, C, ...), got (3,)", ShapeError);
  CHECK_THROWS_WITH_AS(cross_entropy(x, zeros({3}, i64)),
                       "cross_entropy: logits (2, 3) expect a target (2,), got (3,)", ShapeError);
  CHECK_THROWS_WITH_AS(
      cross_entropy(x, zeros({2})),
      "cross_entropy: logits (2, 3) expect class probabilities of that shape, or i64 "
      "class indices, got f32 (2,)",
      ShapeError);
  CHECK_THROWS_WITH_AS(cross_entropy(x, zeros({2}, i64), {.weight = zeros({2})}),
                       "cross_entropy: weight is (2,), 3 classes expect (3,)", ShapeError);
  CHECK_THROWS_WITH_AS(cross_entropy(x, zeros({2}, i64), {.weight = zeros({3}, f64)}),
                       "cross_entropy: weight is f64, logits are f32", DTypeError);
  CHECK_THROWS_WITH_AS(cross_entropy(x, zeros({2}, i64), {.label_smoothing = 1.5}),
                       "cross_entropy: label_smoothing must be in [0, 1], got 1.5", Error);
  CHECK_THROWS_WITH_AS(cross_entropy(x, zeros({2, 3}), {.ignore_index = 1}),
                       "cross_entropy: ignore_index is 1, but the target holds class probabilities",
                       Error);
}

TEST_CASE("cross_entropy: labels that were written after the loss are checked again") {
  const Tensor logits = zeros({2, 3});
  logits.set_requires_grad();
  const Tensor labels = zeros({2}, i64);
  Tape tape;
  const Tensor loss = cross_entropy(logits, labels);
  labels.data<std::int64_t>()[1] = 1'000'000;
  CHECK_THROWS_WITH_AS(tape.backward(loss),
                       "cross_entropy: target[1] is 1000000, but there are 3 classes", Error);
}

TEST_CASE("cross_entropy: a class weight that was overwritten, and one that learns") {
  const Tensor x = tensor({1, 2, 0, 1}, {2, 2}, f64), target = tensor({0, 1}, i64);
  const Tensor weight = tensor({1, 2}, f64);
  x.set_requires_grad();
  {
    Tape tape;
    const Tensor loss = cross_entropy(x, target, {.weight = weight});
    weight.mutable_data<double>()[0] = 9;
    CHECK_THROWS_WITH_AS(
        tape.backward(loss),
        "cross_entropy: a value that it kept, f64 (2,), was overwritten after the operation was "
        "recorded, and the gradient needs the elements as they were; run backward first, or give "
        "the operation a clone()",
        AutogradError);
  }
  weight.set_requires_grad();
  Tape tape;
  CHECK_THROWS_WITH_AS(
      cross_entropy(x, target, {.weight = weight}),
      "cross_entropy: beside class indices the weight has no gradient; detach() it", AutogradError);
  CHECK_THROWS_WITH_AS(nll_loss(x, target, {.weight = weight}),
                       "nll_loss: beside class indices the weight has no gradient; detach() it",
                       AutogradError);
  CHECK(cross_entropy(x, target, {.weight = detach(weight)}).numel() == 1);
}
