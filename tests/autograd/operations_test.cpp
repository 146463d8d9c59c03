#include "operations.h"

#include <doctest/doctest.h>
#include <engram/autograd/gradcheck.h>
#include <engram/engram.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

using namespace engram;
using namespace engram::test;
using nlohmann::json;

namespace {

/// Operations without a gradient, which have no row.
const std::set<std::string> without_gradient = {
    "all",    "any",          "argmax", "conv2d_patches", "conv2d_weight_squares",
    "detach", "floor_divide", "one_hot"};

std::string function_of(const std::string& row) { return row.substr(0, row.find('/')); }

/// The functions in a header of operations that return tensors. Not operators, which are other
/// names of functions, or comparisons.
std::set<std::string> declared_in(const std::filesystem::path& header) {
  std::set<std::string> names;
  std::ifstream file(header);
  for (std::string line; std::getline(file, line);) {
    for (const std::string result : {"Tensor ", "std::vector<Tensor> "}) {
      const std::size_t parenthesis = line.find('(');
      if (!line.starts_with(result) || parenthesis == std::string::npos) continue;
      const std::string name = line.substr(result.size(), parenthesis - result.size());
      if (!name.starts_with("operator")) names.insert(name);
    }
  }
  return names;
}

json golden_cases() {
  std::ifstream file(ENGRAM_SOURCE_DIR "/tests/golden/operations.json");
  REQUIRE(file);
  return json::parse(file);
}

/// {"shape": [...], "dtype": "f64", "values": [...]}; null is an undefined tensor.
Tensor tensor_from(const json& j) {
  if (j.is_null()) return {};
  const auto sizes = j.at("shape").get<std::vector<std::int64_t>>();
  const auto values = j.at("values").get<std::vector<double>>();
  const auto row = std::ranges::find(dtypes, j.at("dtype").get<std::string>(), &DTypeRow::name);
  REQUIRE(row != std::end(dtypes));
  return cast(tensor(values, Shape{std::span(sizes)}), row->dtype);
}

Tensor in_dtype(const Tensor& x, DType dtype) {
  if (!x.defined() || !is_floating(x.dtype()) || x.dtype() == dtype) return x;
  Tensor y(x.shape(), dtype);
  dispatch_floating("in_dtype", dtype, [&]<class T>() {
    std::ranges::transform(x.data<double>(), y.data<T>().begin(),
                           [](double v) { return static_cast<T>(v); });
  });
  return y;
}

/// The largest difference between two tensors, relative to the largest element of `want`.
double difference(const Tensor& got, const Tensor& want) {
  REQUIRE(got.defined());
  REQUIRE(got.shape() == want.shape());
  double largest = 1e-3, distance = 0;
  dispatch_floating("difference", got.dtype(), [&]<class T>() {
    for (std::size_t i = 0; i < want.data<double>().size(); ++i) {
      const double g = got.data<T>()[i], w = want.data<double>()[i];
      largest = std::max(largest, std::abs(w));
      distance = g == w ? distance : std::max(distance, std::abs(g - w));
      if (std::isnan(g) != std::isnan(w)) distance = INFINITY;
    }
  });
  return distance / largest;
}

/// Runs the row on a golden case; every tensor must agree to `tolerance`.
void check_case(const OperationCase& operation, const json& golden, DType dtype, double tolerance) {
  CAPTURE(std::string(name_of(dtype)));
  Tensors inputs, floating, wanted;
  for (std::size_t k = 0; k < golden.at("inputs").size(); ++k) {
    const Tensor gradient = tensor_from(golden.at("gradients").at(k));
    inputs.push_back(in_dtype(tensor_from(golden.at("inputs").at(k)), dtype));
    if (!gradient.defined()) continue;
    inputs.back().set_requires_grad();
    floating.push_back(inputs.back());
    wanted.push_back(gradient);
  }
  Tape tape;
  const Tensor y = operation.f(inputs);
  CHECK(y.dtype() == dtype);
  CHECK(difference(y, tensor_from(golden.at("output"))) <= tolerance);
  const Tensors gradients = tape.gradient(
      y, floating, {.gradient = in_dtype(tensor_from(golden.at("cotangent")), dtype)});
  for (std::size_t k = 0; k < floating.size(); ++k) {
    CAPTURE(k);
    CHECK(difference(gradients[k], wanted[k]) <= tolerance);
  }
}

/// Reverses the elements: a change that leaves labels and masks valid.
void overwrite(const Tensor& x) {
  dispatch(x.dtype(), [&]<class T>() { std::ranges::reverse(x.mutable_data<T>()); });
}

/// Overwrites an input, by its index, or the result (-1) after the recording. Backward must return
/// the same gradients as before, or throw.
void check_overwritten(const OperationCase& operation, int place) {
  CAPTURE(place);
  Tensors inputs, floating;
  for (const Tensor& input : operation.inputs) {
    inputs.push_back(input.defined() ? clone(input) : input);
    if (!input.defined() || !is_floating(input.dtype())) continue;
    inputs.back().set_requires_grad();
    floating.push_back(inputs.back());
  }
  Tape tape;
  const Tensor y = operation.f(inputs);
  const Tensor value = place < 0 ? detach(y) : inputs[static_cast<std::size_t>(place)];
  if (!value.defined()) return;
  const GradientOptions options{
      .gradient = spread(y.shape()), .retain_graph = true, .allow_unused = true};
  const Tensors before = tape.gradient(y, floating, options);
  overwrite(value);
  Tensors after;
  try {
    after = tape.gradient(y, floating, options);
  } catch (const AutogradError& error) {
    CHECK(std::string(error.what()).find("was overwritten after") != std::string::npos);
    return;
  }
  for (std::size_t k = 0; k < floating.size(); ++k) {
    if (before[k].defined()) CHECK(difference(after[k], before[k]) == 0);
  }
}

/// The gradients of the floating inputs, with the input at `constant` as a constant; undefined for
/// it and where there is no gradient.
Tensors gradients_beside(const OperationCase& operation, std::ptrdiff_t constant,
                         const Tensor& dy) {
  Tensors inputs, learning;
  std::vector<std::size_t> places;
  for (const Tensor& input : operation.inputs) {
    const auto place = std::ssize(inputs);
    inputs.push_back(input.defined() ? clone(input) : input);
    if (!input.defined() || !is_floating(input.dtype()) || place == constant) continue;
    inputs.back().set_requires_grad();
    learning.push_back(inputs.back());
    places.push_back(static_cast<std::size_t>(place));
  }
  Tensors gradients(inputs.size());
  if (learning.empty()) return gradients;
  Tape tape;
  const Tensor y = operation.f(inputs);
  if (!y.requires_grad()) return gradients;
  const Tensors found = tape.gradient(y, learning, {.gradient = dy, .allow_unused = true});
  for (std::size_t k = 0; k < places.size(); ++k) gradients[places[k]] = found[k];
  return gradients;
}

}  // namespace

TEST_CASE("operations: every differentiable operation has a row") {
  std::set<std::string> rows;
  for (const OperationCase& operation : operations()) rows.insert(function_of(operation.name));
  int declared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ENGRAM_SOURCE_DIR "/autograd/ops")) {
    // Headers of building blocks.
    const std::string file = entry.path().filename().string();
    if (!file.ends_with(".h") || file == "map.h" || file == "loss_reduction.h") continue;
    for (const std::string& name : declared_in(entry.path())) {
      CAPTURE(file);
      CAPTURE(name);
      const bool has_row = rows.contains(name);
      CHECK_MESSAGE(
          (has_row || without_gradient.contains(name)),
          name << " has no row: add one to tests/autograd/operations_*.cpp (docs/extending.md "
                  "says which), or name it in without_gradient above");
      CHECK_MESSAGE(!(has_row && without_gradient.contains(name)),
                    name << " has a row: take it out of without_gradient above");
      ++declared;
    }
  }
  CHECK(declared >= 38);  // the scan finds them
}

TEST_CASE("operations: the names are unique") {
  std::set<std::string> names;
  for (const OperationCase& operation : operations()) {
    CAPTURE(operation.name);
    CHECK(names.insert(operation.name).second);
  }
}

TEST_CASE("operations: gradients") {
  for (const OperationCase& operation : operations()) {
    const GradcheckResult result = gradcheck(operation.f, operation.inputs);
    CAPTURE(operation.name);
    CHECK_MESSAGE(result, result.report);
  }
}

TEST_CASE("operations: gradients beside an input that is a constant, each in turn") {
  for (const OperationCase& operation : operations()) {
    CAPTURE(operation.name);
    const Tensor dy = spread(operation.f(operation.inputs).shape());
    const Tensors all = gradients_beside(operation, -1, dy);
    for (std::ptrdiff_t constant = 0; constant < std::ssize(operation.inputs); ++constant) {
      CAPTURE(constant);
      const Tensors rest = gradients_beside(operation, constant, dy);
      for (std::size_t k = 0; k < rest.size(); ++k) {
        if (std::ssize(rest) == 1 || static_cast<std::ptrdiff_t>(k) == constant) continue;
        REQUIRE(rest[k].defined() == all[k].defined());
        if (rest[k].defined()) CHECK(difference(rest[k], all[k]) == 0);
      }
    }
  }
}

TEST_CASE("operations: second derivatives, or an error that says there are none") {
  for (const OperationCase& operation : operations()) {
    CAPTURE(operation.name);
    if (operation.twice) {
      const GradcheckResult result = gradgradcheck(operation.f, operation.inputs);
      CHECK_MESSAGE(result, result.report);
    } else {
      std::string text;
      try {
        gradgradcheck(operation.f, operation.inputs);
      } catch (const AutogradError& error) {
        text = error.what();
      }
      CHECK(text.find("twice") != std::string::npos);
    }
  }
}

TEST_CASE("operations: a gradient is that of what was recorded, or an error") {
  for (const OperationCase& operation : operations()) {
    CAPTURE(operation.name);
    for (int place = -1; place < std::ssize(operation.inputs); ++place) {
      check_overwritten(operation, place);
    }
  }
}

TEST_CASE("operations: values and gradients are PyTorch's") {
  const json golden = golden_cases();
  std::set<std::string> names;
  for (const OperationCase& operation : operations()) {
    CAPTURE(operation.name);
    const bool in_golden = golden.contains(operation.name);
    CHECK_MESSAGE((in_golden || !operation.in_torch),
                  operation.name << " is not compared with PyTorch: add a case of this name to "
                                    "tests/golden/operations.py and run that, or, if PyTorch has "
                                    "no such operation, set in_torch = false in its row");
    CHECK_MESSAGE(!(in_golden && !operation.in_torch),
                  operation.name << " has a golden case: take in_torch = false out of its row");
    if (!in_golden) continue;
    names.insert(operation.name);
    check_case(operation, golden[operation.name], f64, 1e-12);
    // A few roundings in a row; the inputs are exact in f32 too.
    check_case(operation, golden[operation.name], f32, 32 * 0x1p-24);
  }
  for (const auto& entry : golden.items()) {
    CHECK_MESSAGE(names.contains(entry.key()),
                  entry.key() << " of tests/golden/operations.py checks nothing: add a row of this "
                                 "name to tests/autograd/operations_*.cpp");
  }
}
