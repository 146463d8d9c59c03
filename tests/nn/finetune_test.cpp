#include "../close.h"

#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/nn/finetune.h>
#include <engram/nn/layers/batch_norm.h>
#include <engram/nn/layers/sequential.h>
#include <engram/nn/models/resnet.h>
#include <engram/nn/models/vgg.h>

#include <doctest/doctest.h>

#include <algorithm>

using namespace engram;

namespace {

models::ResNet small_resnet(std::int64_t classes = 10, std::int64_t channels = 1) {
  return models::resnet18(
      {.num_classes = classes, .in_channels = channels, .small_images = true, .width = 0.0625});
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("replace_head: other outputs behind the same handles") {
  const models::ResNet net = small_resnet();
  const Tensor weight = net.fc.weight;
  weight.set_grad(zeros_like(weight));
  nn::replace_head(net.fc, 3);
  CHECK(weight.shape() == Shape{3, 32});
  CHECK(net.fc.bias.shape() == Shape{3});
  CHECK(weight.requires_grad());
  CHECK_FALSE(weight.grad().defined());
  CHECK(max(abs(weight)).item() < 1 / std::sqrt(32.) + 1e-7);
  CHECK(net(zeros({2, 1, 8, 8})).shape() == Shape{2, 3});

  const nn::Linear without_bias(4, 2, {.bias = false, .dtype = f64});
  nn::replace_head(without_bias, 1);
  CHECK(without_bias(zeros({5, 4}, f64)).shape() == Shape{5, 1});
  CHECK_THROWS_WITH_AS(nn::replace_head(net.fc, 0), "replace_head: needs at least 1 output, got 0",
                       Error);
}

TEST_CASE("freeze and unfreeze: by a pattern of names") {
  const models::ResNet net = small_resnet();
  CHECK(nn::freeze(net, "layer[12].*") == 27);
  CHECK_FALSE(net.layer2.parameters()[0].requires_grad());
  CHECK(net.layer3.parameters()[0].requires_grad());
  CHECK(nn::unfreeze(net, "*.bn?.bias") == 16);
  CHECK(nn::freeze(net, "*") == 62);
  CHECK(nn::unfreeze(net, "fc.*") == 2);
  CHECK_THROWS_WITH_AS(nn::freeze(net, "head.*"),
                       "freeze: no parameter of the ResNet matches \"head.*\"", Error);
  CHECK_THROWS_WITH_AS(nn::unfreeze(net, ""), "unfreeze: no parameter of the ResNet matches \"\"",
                       Error);
}

TEST_CASE("parameter_groups: from the stem to the head, each parameter once") {
  const auto sizes = [](const nn::Module& net) {
    std::vector<std::size_t> all;
    for (const auto& group : nn::parameter_groups(net)) all.push_back(group.size());
    return all;
  };
  const models::ResNet net = small_resnet();
  // conv1, bn1, two blocks in each stage (the first with a shortcut from stage 2 on), fc.
  CHECK(sizes(net) == std::vector<std::size_t>{1, 2, 6, 6, 9, 6, 9, 6, 9, 6, 2});
  std::vector<Tensor> all;
  for (const auto& group : nn::parameter_groups(net))
    all.insert(all.end(), group.begin(), group.end());
  const std::vector<Tensor> expected = net.parameters();
  CHECK(
      std::ranges::equal(all, expected, [](const Tensor& a, const Tensor& b) { return a.is(b); }));
  // Eight convolutions and three dense layers.
  CHECK(sizes(models::vgg11({{.small_images = true, .width = 0.0625}})).size() == 11);
  CHECK(sizes(nn::Linear(2, 3)) == std::vector<std::size_t>{1, 1});
  CHECK(sizes(nn::Sequential(nn::Linear(1, 1), nn::Linear(1, 1))) ==
        std::vector<std::size_t>{2, 2});
  CHECK(sizes(nn::Sequential()).empty());
}

TEST_CASE("hold_batch_norm: statistics stay, whatever the mode") {
  const models::ResNet net = small_resnet();
  const StateDict before = clone(net.named_buffers());
  const Tensor x = rand({3, 1, 8, 8});
  {
    const auto statistics = nn::hold_batch_norm(net);
    net.train();
    CHECK(net.is_training());
    CHECK_FALSE(net.bn1.is_training());
    net(x);
    for (const auto& [name, buffer] : net.named_buffers()) {
      CHECK(std::ranges::equal(buffer.bytes(), before[name].bytes()));
    }
  }
  CHECK(net.bn1.is_training());
  net(x);
  CHECK(net.bn1.num_batches_tracked.item() == 1);
}

TEST_CASE("load_fitting: takes what fits, and tells what does not") {
  manual_seed(3);
  const models::ResNet coloured = small_resnet(10, 3), net = small_resnet(4, 1);
  StateDict state = clone(coloured.state_dict());
  state.add("extra", zeros({2}));
  const StateDict before = clone(net.state_dict());
  const nn::LoadedInPart result = nn::load_fitting(net, state);
  CHECK(result.loaded.size() == net.state_dict().size() - 2);
  CHECK(result.summed == Names{"conv1.weight"});
  CHECK(result.unexpected == Names{"extra"});
  CHECK(result.misfits == Names{"fc.weight", "fc.bias"});
  CHECK(result.missing.empty());
  CHECK(nn::to_string(result) ==
        "loaded 120, among them summed over channels: conv1.weight\n"
        "not loaded, of another shape or dtype: fc.weight, fc.bias\n"
        "not loaded, unknown to the network: extra\n");
  CHECK(std::ranges::equal(net.fc.weight.bytes(), before["fc.weight"].bytes()));
  // A grey image has the features of the same image in colour.
  const Tensor grey = rand({2, 1, 6, 6}), colours = expand(grey, {2, 3, 6, 6});
  const auto features = [](const models::ResNet& model, const Tensor& x) {
    const auto mode = model.eval_mode();
    return model.features(x);
  };
  CHECK(max(abs(features(net, grey) - features(coloured, colours))).item() < 1e-5);

  const nn::LoadedInPart nothing = nn::load_fitting(nn::Linear(1, 2), {});
  CHECK(nn::to_string(nothing) == "loaded 0\nnot in the state: weight, bias\n");
  CHECK(nn::load_fitting(nn::Linear(1, 2), {{"weight", zeros({2, 1}, f64)}}).misfits ==
        Names{"weight"});
}
