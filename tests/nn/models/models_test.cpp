// The ready models against torchvision's: tests/golden/models.py.
#include <engram/autograd/create.h>
#include <engram/autograd/hash.h>
#include <engram/autograd/ops/loss.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/nn/models/inception.h>
#include <engram/nn/models/lenet.h>
#include <engram/nn/models/resnet.h>
#include <engram/nn/models/vgg.h>
#include <engram/optim/sgd.h>

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace engram;
using nlohmann::json;

namespace {

/// The functions of the same names in models.py.
double value(std::string_view name, std::int64_t i) {
  std::uint64_t z = fnv1a(name) + static_cast<std::uint64_t>(i + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1p-52 - 1;
}

Tensor values(std::string_view name, const Shape& shape) {
  Tensor x(shape, f64);
  std::int64_t i = 0;
  for (double& each : x.data<double>()) each = value(name, i++);
  return x;
}

void fill(const nn::Module& model) {
  for (const auto& [name, tensor] : model.state_dict()) {
    if (name.ends_with("num_batches_tracked")) continue;
    double scale = 0.1, shift = 0;
    if (name.ends_with("running_var") || (tensor.rank() == 1 && name.ends_with("weight"))) {
      scale = 0.5;
      shift = 1;
    } else if (tensor.rank() > 1) {
      const auto fan_in = static_cast<double>(tensor.shape().without(0).numel());
      scale = std::sqrt(3 / fan_in) * std::sqrt(2.);
    }
    std::int64_t i = 0;
    for (double& each : tensor.mutable_data<double>()) each = shift + scale * value(name, i++);
  }
}

bool is_near(double a, double b, double size, double tolerance = 1e-8) {
  return std::abs(a - b) <= tolerance * (1 + size);
}

void check_near(const Tensor& x, const json& expected) {
  REQUIRE(x.numel() == std::ssize(expected));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(is_near(x.data<double>()[i], expected[i], std::abs(expected[i].get<double>())));
  }
}

/// Compares Σ x and Σ x·w, relative to the sum of magnitudes.
void check_summary(const Tensor& x, const json& expected, double tolerance) {
  double sum = 0, weighted = 0, size = 0;
  const bool counts = x.dtype() == i64;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const double each =
        counts ? static_cast<double>(x.data<std::int64_t>()[at]) : x.data<double>()[at];
    sum += each;
    weighted += each * value("summary", i);
    size += std::abs(each);
  }
  CHECK(is_near(sum, expected[0], size, tolerance));
  CHECK(is_near(weighted, expected[1], size, tolerance));
}

template <class Model>
void check_follows(const Model& model, const json& golden) {
  model.to(f64);
  fill(model);
  CHECK(model.state_dict().size() == golden["keys"]);
  CHECK(model.parameter_count() == golden["parameters"]);
  const std::int64_t batch = golden["batch"], size = golden["size"];
  const Tensor x = values("images", {batch, 3, size, size});
  Tensor y({batch}, i64);
  for (std::int64_t n = 0; n < batch; ++n) {
    y.data<std::int64_t>()[static_cast<std::size_t>(n)] = 3 * n % 10;
  }
  {
    const auto mode = model.eval_mode();
    check_near(model(x), golden["evaluated"]);
  }
  optim::SGD sgd(model.parameters(), {.lr = 1e-3, .momentum = 0.9});
  for (int step = 0; step < 5; ++step) {
    Tape tape;
    const Tensor logits = model(x);
    tape.backward(cross_entropy(logits, y));
    if (step == 0) {
      check_near(logits, golden["trained"]);
      for (const auto& [name, parameter] : model.named_parameters()) {
        CAPTURE(name);
        REQUIRE(golden["gradients"].contains(name));
        check_summary(parameter.grad(), golden["gradients"][name], 1e-8);
      }
    }
    sgd.step();
    sgd.zero_grad();
  }
  for (const auto& [name, tensor] : model.state_dict()) {
    CAPTURE(name);
    REQUIRE(golden["after"].contains(name));
    check_summary(tensor, golden["after"][name], 1e-7);  // steps amplify rounding errors
  }
}

void check_counts(const nn::Module& model, const json& golden) {
  CHECK(model.state_dict().size() == golden["keys"]);
  CHECK(model.parameter_count() == golden["parameters"]);
}

}  // namespace

TEST_CASE("ready models follow torchvision's: values, gradients, statistics, five steps") {
  std::ifstream file(ENGRAM_SOURCE_DIR "/tests/golden/models.json");
  int seen = 0;
  for (std::string line; std::getline(file, line); ++seen) {
    const json golden = json::parse(line);
    const std::string name = golden["name"];
    CAPTURE(name);
    if (!golden.contains("size")) {
      if (name == "resnet18") check_counts(models::resnet18(), golden);
      if (name == "resnet34") check_counts(models::resnet34(), golden);
      if (name == "resnet50") check_counts(models::resnet50(), golden);
      if (name == "vgg11") check_counts(models::vgg11(), golden);
      if (name == "vgg11_bn") check_counts(models::vgg11_bn(), golden);
      if (name == "inception_v3") check_counts(models::inception_v3(), golden);
      continue;
    }
    const models::ModelOptions ten{.num_classes = 10};
    const models::VGGOptions eighth{{.num_classes = 10, .width = 0.125}, 0};
    if (name == "resnet18") check_follows(models::resnet18(ten), golden);
    if (name == "resnet34") check_follows(models::resnet34(ten), golden);
    if (name == "resnet50") check_follows(models::resnet50(ten), golden);
    if (name == "vgg11") check_follows(models::vgg11(eighth), golden);
    if (name == "vgg13") check_follows(models::vgg13(eighth), golden);
    if (name == "vgg16") check_follows(models::vgg16(eighth), golden);
    if (name == "vgg11_bn") check_follows(models::vgg11_bn(eighth), golden);
    if (name == "inception_v3") {
      check_follows(models::inception_v3({{.num_classes = 10}, false, 0}), golden);
    }
  }
  CHECK(seen == 14);
}

TEST_CASE("ready models for small images, and in a fraction of their width") {
  manual_seed(0);
  const Tensor x = rand({2, 1, 28, 28});
  const models::ModelOptions small{
      .num_classes = 7, .in_channels = 1, .small_images = true, .width = 0.125};
  CHECK(models::lenet5()(x).shape() == Shape{2, 10});
  CHECK(models::resnet18(small)(x).shape() == Shape{2, 7});
  CHECK(models::resnet50(small)(x).shape() == Shape{2, 7});
  CHECK(models::resnet18(small).features(x).shape() == Shape{2, 64});
  CHECK(models::vgg11_bn({small})(x).shape() == Shape{2, 7});
  CHECK(models::vgg16({small})(x).shape() == Shape{2, 7});
  const models::InceptionV3 inception({small});
  const auto [main, aux] = inception.with_aux(x);
  CHECK(main.shape() == Shape{2, 7});
  CHECK(aux.shape() == Shape{2, 7});
  CHECK_FALSE(models::InceptionV3({small, false}).with_aux(x).aux.defined());
  // An eighth of the channels, and at least one.
  CHECK(models::resnet18({.width = 1e-9}).conv1.weight.shape() == Shape{1, 3, 7, 7});
}
