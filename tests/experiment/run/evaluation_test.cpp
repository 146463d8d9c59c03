#include <engram/experiment/run/evaluation.h>

#include <engram/autograd/create.h>
#include <engram/autograd/tape.h>
#include <engram/nn/layers/linear.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace engram;

TEST_CASE("evaluate_function: counts and averages, and no tape around it records the network") {
  const nn::Linear net(2, 2);
  net.weight.set_data(tensor({1, 0, 0, 1}, {2, 2}));
  net.bias.set_data(zeros({2}));
  // Right, right, wrong.
  const data::Dataset images(tensor({3, 0, 0, 3, 3, 0}, {3, 2}), tensor({0, 1, 1}, i64));

  const Tape tape;
  const experiment::Evaluation result =
      experiment::evaluate_function([&](const Tensor& x) { return net(x); }, images);
  CHECK(tape.size() == 0);
  CHECK(result.accuracy == doctest::Approx(2.0 / 3));
  const double surprise = std::log1p(std::exp(-3.0));  // of a right answer; of a wrong one 3 more
  CHECK(result.loss == doctest::Approx(surprise + 1));
}
