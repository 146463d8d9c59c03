#include <engram/experiment/report/estimate.h>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace engram::experiment;

TEST_CASE("estimate: mean and standard error") {
  const Estimate of_three = estimate(std::vector{1., 2., 6.});
  CHECK(of_three.mean == 3);
  CHECK(of_three.error == doctest::Approx(std::sqrt(7. / 3)));
  CHECK(std::isnan(estimate(std::vector{1.}).error));
  CHECK(std::isnan(estimate({}).mean));
  CHECK(percent(Estimate{0.97315, 0.0005, 5}) == "97.31 ± 0.05");
  CHECK(percent(Estimate{}) == "-");
  CHECK(percent(Estimate{-1e-6, 0, 5}) == "0.00 ± 0.00");
}
