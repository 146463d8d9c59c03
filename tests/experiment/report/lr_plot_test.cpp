#include <engram/experiment/report/lr_plot.h>

#include "../../temporary_folder.h"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace engram;
using namespace engram::experiment;

namespace {

optim::LRCurve curve(std::size_t steps) {
  optim::LRCurve curve;
  for (std::size_t i = 0; i < steps; ++i) {
    curve.lr.push_back(1e-7 * static_cast<double>(1 << i));
    curve.loss.push_back(2.5);
    curve.smoothed_loss.push_back(2.25);
  }
  return curve;
}

}  // namespace

TEST_CASE("lr_plot_script: a line a step; the suggestion where there is one") {
  optim::LRCurve two = curve(2);
  CHECK(lr_plot_script(two).find("$losses << end\n1e-07 2.5 2.25\n2e-07 2.5 2.25\nend\n") !=
        std::string::npos);
  CHECK(lr_plot_script(two).find("suggested") == std::string::npos);
  two.suggestion = 0.00123;
  CHECK(lr_plot_script(two).find("set label \"suggested: 0.0012\" at 0.00123,") !=
        std::string::npos);
}

TEST_CASE("plot_lr_curve: gnuplot draws curves of one step and of many") {
  if (std::system("gnuplot --version >/dev/null 2>&1") != 0) return;
  for (const std::size_t steps : {1, 2, 20}) {
    CAPTURE(steps);
    const TemporaryFolder folder;
    CHECK(plot_lr_curve(folder.path(), curve(steps)));
    CHECK(read_file(folder / "find_lr.png").starts_with("\x89PNG"));
  }
}
