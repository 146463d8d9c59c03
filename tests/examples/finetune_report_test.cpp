#include "finetune/report.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace engram::examples::finetuning;

TEST_CASE("paired_difference: mean and Student's interval of the pairs") {
  // Differences 1, 2, 3: mean 2, standard error 1/√3, t(2) = 4.303.
  const Paired three = paired_difference({2, 4, 6}, {1, 2, 3});
  CHECK(three.count == 3);
  CHECK(three.mean == doctest::Approx(2));
  CHECK(three.low == doctest::Approx(2 - 4.303 / std::sqrt(3)).epsilon(1e-6));
  CHECK(three.high == doctest::Approx(2 + 4.303 / std::sqrt(3)).epsilon(1e-6));
  CHECK(std::isnan(paired_difference({1}, {0}).low));
  CHECK(std::isnan(paired_difference({}, {1}).mean));
  // R's qt(0.975, 19) = 2.093024; differences ±1 in turn have mean 0 and error √(20/19)/√20.
  std::vector<double> ones, zeros(20);
  for (int k = 0; k < 20; ++k) ones.push_back(k % 2 ? 1 : -1);
  CHECK(paired_difference(ones, zeros).high ==
        doctest::Approx(2.093024 / std::sqrt(19)).epsilon(1e-4));
}

TEST_CASE("a report of half of the trainings says that it is partial") {
  const Setup setup{"resnet", "hand", "all", 10, 0, 5, 1e-3, "abc"};
  Setup other = setup;
  other.way = "scratch";
  const auto report = make_report({{setup, Outcome{0.5, 0.4, 0.3, 60}}, {other, {}}}, {},
                                  "finetune", std::filesystem::temp_directory_path());
  const std::string text = engram::experiment::to_text(report);
  CHECK(text.find("1 of 2 trainings are done") != std::string::npos);
  CHECK(text.find("50.00") != std::string::npos);
}
