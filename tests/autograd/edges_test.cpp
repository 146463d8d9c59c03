#include "edges.h"

#include <doctest/doctest.h>
#include <engram/autograd/tape.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>

#include "instruction_sets.h"
#include "operations.h"

using namespace engram;
using namespace engram::test;
using nlohmann::json;

namespace {

/// Numbers in the format of edges.py: `0 nan*3 1.5`.
std::vector<double> numbers_from(const std::string& text) {
  std::vector<double> numbers;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t star = word.find('*');
    const auto times = star == std::string::npos ? 1u : std::stoul(word.substr(star + 1));
    numbers.insert(numbers.end(), times, std::strtod(word.c_str(), nullptr));
  }
  return numbers;
}

std::vector<double> elements(const Tensor& x) {
  return dispatch(x.dtype(), [&]<class T>() {
    return std::vector<double>(x.data<T>().begin(), x.data<T>().end());
  });
}

/// NaN, infinities and zeros must agree exactly, the sign of a zero only if `signed_zero`.
/// Denormals must not become zeros.
bool agrees(double got, double want, DType dtype, double tolerance, bool signed_zero) {
  if (std::isnan(want)) return std::isnan(got);
  if (want == 0) return got == 0 && (!signed_zero || std::signbit(got) == std::signbit(want));
  if (std::isinf(want)) return got == want;
  const auto within = [&]<class T>(T) {
    using Limits = std::numeric_limits<T>;
    const double scale = std::max(std::abs(want), double{Limits::min()});
    return std::abs(got - want) <= tolerance * double{Limits::epsilon()} * scale;
  };
  return dtype == f32 ? within(float{}) : within(double{});
}

/// Compares the parts of one case in one dtype, and collects the differences.
class Comparison {
 public:
  Comparison(const EdgeCase& each, DType dtype, const Tensors& inputs,
             const std::vector<EdgeDifference>& differences, std::set<const EdgeDifference*>& met)
      : each_(each), dtype_(dtype), differences_(differences), met_(met) {
    for (const Tensor& input : inputs) inputs_.push_back(elements(input));
    rows_ = each.inputs == EdgeInputs::rows;
  }

  /// `part` is -1 for the value, or the input that the gradient is of.
  void part(const Tensor& got, const std::vector<double>& torch, int part, double dy,
            const char* how) {
    std::vector<const EdgeDifference*> known;
    for (const EdgeDifference& difference : differences_) {
      if (difference.concerns(each_.name, part)) known.push_back(&difference);
    }
    const std::vector<double> numbers = elements(got);
    const std::size_t copies = each_.reduces ? 1 : edge_copies;
    if (numbers.size() != torch.size() * copies) {
      report_ += fmt::format("{} has {} elements\n", each_.name, numbers.size());
      return;
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const EdgePlace place = place_of(i, numbers.size(), torch.size(), dy, torch);
      double want = place.rounded(place.torch);
      for (const EdgeDifference* difference : known) {
        const std::optional<double> ours = difference->ours(place);
        if (!ours) continue;
        if (!agrees(*ours, want, dtype_, each_.tolerance, true)) met_.insert(difference);
        want = *ours;
      }
      if (agrees(numbers[i], want, dtype_, each_.tolerance, part < 0 && !rows_ && known.empty()))
        continue;
      if (++wrong_ <= 3) {
        report_ += fmt::format("{} {} {}, {} of {} at {}, dy = {}: {}, not {} (PyTorch: {})\n",
                               each_.name, dtype_, how, part < 0 ? "value" : "gradient", part,
                               fmt::join(place.x, " "), dy, numbers[i], want, place.torch);
      }
    }
  }

  const std::string& report() const { return report_; }

 private:
  EdgePlace place_of(std::size_t i, std::size_t size, std::size_t copy, double dy,
                     const std::vector<double>& torch) const {
    EdgePlace place{
        .dtype = dtype_, .x = {}, .number = 0, .column = 0, .dy = dy, .torch = torch[i % copy]};
    if (!rows_) {
      place.number = static_cast<std::int64_t>(i % copy);
      for (const auto& input : inputs_) place.x.push_back(size == 1 ? 0 : input[i]);
      return place;
    }
    const std::vector<double>& x = inputs_[0];
    const bool of_rows = size == x.size();  // not one result for each row
    const std::size_t row = of_rows ? i / 3 : i;
    place.column = of_rows ? i % 3 : 0;
    place.number = static_cast<std::int64_t>(row % (x.size() / 3 / edge_copies));
    for (std::size_t k = 0; k < 3; ++k) place.x.push_back(x[3 * row + k]);
    return place;
  }

  const EdgeCase& each_;
  DType dtype_;
  bool rows_;
  const std::vector<EdgeDifference>& differences_;
  std::set<const EdgeDifference*>& met_;
  std::vector<std::vector<double>> inputs_;
  int wrong_ = 0;
  std::string report_;
};

/// Value, gradients, and gradients that are recorded for a second derivative.
std::string run(const EdgeCase& each, DType dtype, const json& golden,
                const std::vector<EdgeDifference>& differences,
                std::set<const EdgeDifference*>& met) {
  const Tensors x = edge_inputs(each, dtype);
  for (const Tensor& input : x) input.set_requires_grad();
  Comparison comparison(each, dtype, x, differences, met);
  Tape tape;
  const Tensor y = each.f(x);
  comparison.part(y, numbers_from(golden.at(0)), EdgeDifference::value, 0, "");
  if (golden.size() == 1) return comparison.report();
  for (std::size_t c = 0; c < edge_cotangents; ++c) {
    for (const bool recorded : {false, true}) {
      const Tensors gradients = tape.gradient(
          y, x, {.gradient = edge_cotangent(y, c), .retain_graph = true, .create_graph = recorded});
      for (std::size_t k = 0; k < x.size(); ++k) {
        comparison.part(gradients[k], numbers_from(golden.at(1 + c * x.size() + k)),
                        static_cast<int>(k), edge_cotangent(dtype, c),
                        recorded ? "recorded" : "plain");
      }
    }
  }
  return comparison.report();
}

}  // namespace

TEST_CASE("edges: values and gradients are PyTorch's, but for the differences in the list") {
  std::ifstream file(ENGRAM_SOURCE_DIR "/tests/golden/edges.json");
  REQUIRE(file);
  const json golden = json::parse(file);
  const std::vector<EdgeCase> cases = edge_cases();
  const std::vector<EdgeDifference> differences = edge_differences();
  std::set<const EdgeDifference*> met;
  for (const auto set : sets()) {
    const Using use(set);
    CAPTURE(set_name(set));
    for (const EdgeCase& each : cases) {
      CAPTURE(each.name);
      REQUIRE_MESSAGE(golden.contains(each.name),
                      each.name << ": add it to tests/golden/edges.py, and run that");
      for (const DType dtype : {f32, f64}) {
        const std::string report =
            run(each, dtype, golden[each.name][std::string(name_of(dtype))], differences, met);
        CHECK_MESSAGE(report.empty(), report);
      }
    }
  }
  for (const auto& entry : golden.items()) {
    CHECK_MESSAGE(std::ranges::count(cases, entry.key(), &EdgeCase::name) == 1,
                  entry.key() << " of tests/golden/edges.py checks nothing: add one case of this "
                                 "name to edges_cases.cpp");
  }
  for (const EdgeDifference& difference : differences) {
    CAPTURE(difference.name);
    CHECK_MESSAGE(met.contains(&difference),
                  "no case differs so: take it out of edges_differences.cpp, which says \""
                      << difference.reason << '"');
  }
}

TEST_CASE("edges: every operation of the table has a case") {
  std::set<std::string> functions = {"dropout"};  // a product by a random mask, and so `mul`
  for (const EdgeCase& each : edge_cases()) {
    functions.insert(each.name.substr(0, each.name.find('/')));
  }
  for (const OperationCase& operation : operations()) {
    const std::string function = operation.name.substr(0, operation.name.find('/'));
    CHECK_MESSAGE(functions.contains(function),
                  function << ": add cases to edges_cases.cpp and tests/golden/edges.py");
  }
}
