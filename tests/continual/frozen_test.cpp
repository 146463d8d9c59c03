#include "small_network.h"

#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>

using namespace engram;
using namespace engram::continual;

namespace {

using Make = std::function<std::unique_ptr<Method>(const Network&)>;

std::vector<std::pair<std::string, Make>> methods() {
  const auto made = []<class M>(auto... options) -> Make {
    return [=](const Network& network) { return std::make_unique<M>(network, options...); };
  };
  return {
      {"EWC", made.operator()<continual::EWC>()},
      {"online EWC", made.operator()<continual::EWC>(optim::EWCOptions{.gamma = 0.5})},
      {"L2", made.operator()<L2>()},
      {"SI", made.operator()<SI>()},
      {"MAS", made.operator()<MAS>()},
      {"KroneckerLaplace", made.operator()<KroneckerLaplace>()},
      {"LwF", made.operator()<LwF>()},
      {"ExperienceReplay", made.operator()<ExperienceReplay>()},
      {"DER", made.operator()<DER>()},
      {"AGEM", made.operator()<AGEM>()},
      {"GPM", made.operator()<GPM>()},
      {"OWM", made.operator()<OWM>()},
  };
}

continual::Task task(int number) {
  Generator generator(static_cast<std::uint64_t>(number));
  return task_of(randn({30, 4}, f64, generator), randint(0, 3, {30}, generator), {0, 3}, number);
}

}  // namespace

TEST_CASE("every method takes a frozen layer for a constant") {
  for (const auto& kind : methods()) {
    const std::string& name = kind.first;
    CAPTURE(name);
    const auto tanh_of = [](const Tensor& x) { return tanh(x); };
    const SmallNetwork whole = two_layers(4, 3, true, tanh_of);
    const Tensor w1 = clone(detach(whole.tensors[0])), b1 = clone(detach(whole.tensors[1]));
    const Tensor w2 = parameter(clone(detach(whole.tensors[2])));
    const Tensor b2 = parameter(clone(detach(whole.tensors[3])));
    const SmallNetwork last{
        {w2, b2}, [=](const Tensor& x) { return linear(tanh(linear(x, w1, b1)), w2, b2); }};
    for (const int frozen : {0, 1})
      whole.tensors[static_cast<std::size_t>(frozen)].set_requires_grad(false);

    for (const SmallNetwork& net : {whole, last}) {
      const auto method = kind.second(net);
      optim::Adam adam(net.tensors, {.lr = 0.01});
      for (int number = 0; number < 3; ++number) train(net, *method, adam, task(number), 5);
    }
    CHECK(distance(whole.tensors[0], w1) == 0);
    CHECK(distance(whole.tensors[1], b1) == 0);
    CHECK(distance(whole.tensors[2], w2) < 1e-12);
    CHECK(distance(whole.tensors[3], b2) < 1e-12);
  }
}

TEST_CASE("methods that need the layers refuse one that is frozen, or learns again, in between") {
  const auto same = [](const Tensor& x) { return x; };
  for (const auto& [name, make] : methods()) {
    if (name != "GPM" && name != "OWM" && name != "KroneckerLaplace") continue;
    const SmallNetwork net = two_layers(4, 3, false, same);
    const auto method = make(net);
    method->begin_task(task(0));
    method->end_task(task(0));
    net.tensors[0].set_requires_grad(false);
    const std::string frozen =
        name + ": parameter 0, (5, 4), learned when the first task began, and is frozen now";
    CHECK_THROWS_WITH_AS(method->begin_task(task(1)), frozen.c_str(), Error);
    CHECK_THROWS_WITH_AS(method->end_task(task(1)), frozen.c_str(), Error);

    const auto other = make(net);
    other->begin_task(task(0));
    net.tensors[0].set_requires_grad();
    const std::string learns =
        name + ": parameter 0, (5, 4), was frozen when the first task began, and learns now";
    CHECK_THROWS_WITH_AS(other->begin_task(task(1)), learns.c_str(), Error);
  }
}

TEST_CASE("what a network that has diverged would be protected by is refused") {
  for (const auto& kind : methods()) {
    const std::string& name = kind.first;
    CAPTURE(name);
    const bool measures = name == "EWC" || name == "online EWC" || name == "MAS" ||
                          name == "KroneckerLaplace" || name == "GPM" || name == "OWM";
    if (!measures) continue;
    const SmallNetwork net = two_layers(4, 3, true, [](const Tensor& x) { return tanh(x); });
    const auto method = kind.second(net);
    method->begin_task(task(0));
    method->end_task(task(0));
    const StateDict before = clone(method->state_dict());
    net.tensors[0].mutable_data<double>()[0] = std::nan("");
    CHECK_THROWS_AS(method->end_task(task(1)), Error);
    const StateDict after = method->state_dict();
    CHECK(before.size() == after.size());
    for (const auto& [key, value] : before) {
      CHECK(std::ranges::equal(value.bytes(), after[key].bytes()));
    }
  }
}
