#include <engram/engram.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>

using namespace engram;

// Files in tests/golden/states, written by earlier versions.
namespace {

StateDict file(const std::string& name) {
  return load(std::filesystem::path(ENGRAM_SOURCE_DIR "/tests/golden/states") /
              (name + ".safetensors"));
}

/// Loads a state, and checks that the object's state has all its entries.
template <class T>
void check_loads(T&& object, const StateDict& saved) {
  REQUIRE_FALSE(saved.empty());
  object.load_state_dict(saved);
  const StateDict loaded = object.state_dict();
  for (const auto& [name, value] : saved) {
    CAPTURE(name);
    if (name == "Momentum.steps") continue;  // SGD.steps now
    REQUIRE(loaded.contains(name));
    CHECK(loaded[name].dtype() == value.dtype());
    CHECK(std::ranges::equal(loaded[name].bytes(), value.bytes()));
  }
}

struct Net : nn::Module {
  nn::Conv2d conv = add("conv", nn::Conv2d(1, 2, 2));
  nn::BatchNorm2d norm = add("norm", nn::BatchNorm2d(2));
  nn::Linear out = add("out", nn::Linear(8, 2));
};

std::vector<Tensor> parameters() {
  const std::vector<Tensor> all = {ones({2, 2}), ones({2}, f64)};
  for (const Tensor& each : all) each.set_requires_grad();
  return all;
}

std::vector<std::vector<Tensor>> groups() {
  const std::vector<Tensor> all = parameters();
  return {{all[0]}, {all[1]}};
}

template <class Method, class... Options>
void check_method(const std::string& name, const Options&... options) {
  CAPTURE(name);
  check_loads(Method(nn::Linear(3, 2), options...), file("before_versions/" + name));
}

}  // namespace

TEST_CASE("states that version 0.1.0 saved are read") {
  check_loads(Net(), file("0.1.0/network"));
  check_loads(optim::SGD(groups()), file("0.1.0/sgd"));
  optim::SGD momentum(groups());  // then a separate class
  check_loads(momentum, file("0.1.0/momentum"));
  CHECK(momentum.group(0).momentum == 0.9);
  CHECK(momentum.group(0).nesterov);
  CHECK(momentum.steps() == 3);
  check_loads(optim::Adagrad(groups()), file("0.1.0/adagrad"));
  check_loads(optim::RMSProp(groups()), file("0.1.0/rmsprop"));
  check_loads(optim::EWC(parameters()), file("0.1.0/ewc"));

  // An option added later gets its default, not the constructor's value.
  optim::Adam adam(groups(), {.nesterov = true, .momentum_decay = 0.5});
  check_loads(adam, file("0.1.0/adam"));
  CHECK(adam.steps() == 3);
  CHECK(adam.lr(1) == 0.25);
  CHECK_FALSE(adam.group(0).nesterov);
  CHECK(adam.group(1).momentum_decay == optim::AdamOptions{}.momentum_decay);
  CHECK(adam.state_dict()["state.1.max_exp_avg_sq"].dtype() == f64);
}

TEST_CASE("an online EWC of version 0.1.0 is refused with a word on what to do") {
  const StateDict saved = file("0.1.0/online_ewc");
  optim::EWC ewc(parameters(), {.gamma = 0.5});
  CHECK_THROWS_WITH_AS(
      ewc.load_state_dict(saved),
      "load_state_dict: \"OnlineEWC.tasks\" is missing, \"EWC.tasks\" is there: the state is of an "
      "EWC without gamma, or of an online one that version 0.1.0 saved; that one loads with the "
      "entry renamed",
      Error);
  StateDict renamed;
  for (const auto& [name, value] : saved) {
    renamed.add(name == "EWC.tasks" ? "OnlineEWC.tasks" : name, value);
  }
  check_loads(ewc, renamed);
  CHECK(ewc.tasks() == 2);
}

TEST_CASE("states that were saved before files had a version are read") {
  const Tensor parameter = ones({2});
  optim::SGD sgd({parameter});
  optim::LRScheduler scheduler(sgd, optim::StepLR{.step_size = 2, .gamma = 0.5});
  check_loads(scheduler, file("before_versions/step_lr"));
  CHECK(sgd.lr() == 0.25);
  check_loads(optim::ReduceLROnPlateau(sgd), file("before_versions/plateau"));
  check_loads(optim::AveragedParameters({parameter}), file("before_versions/average"));
  check_loads(optim::Adam({parameter}), file("before_versions/nadam"));

  check_method<continual::L2>("l2");
  check_method<continual::EWC>("ewc");
  check_method<continual::EWC>("online_ewc", optim::EWCOptions{.gamma = 0.5});
  check_method<continual::SI>("si");
  check_method<continual::MAS>("mas");
  check_method<continual::KroneckerLaplace>("kronecker_laplace");
  check_method<continual::LwF>("lwf");
  check_method<continual::ExperienceReplay>("experience_replay");
  check_method<continual::AGEM>("a_gem");
  check_method<continual::DER>("der");
  check_method<continual::GPM>("gpm");
  check_method<continual::OWM>("owm");
}

TEST_CASE("a random stream goes on under the number that it was saved with") {
  Generator generator;
  generator.set_state(file("before_versions/generator")["random"]);
  CHECK(generator.seed() == 5);
  CHECK(generator.stream() == (std::uint64_t{5} << 32) + 7);
  CHECK(generator.position() == 11);
  CHECK(generator.uniform() == 0.9915135262170522);
}
