#include <engram/engram.h>

#include "../optim/optimizers.h"
#include "small_network.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <set>
#include <string>

using namespace engram;
using namespace engram::continual;

// For every class with `load_state_dict`: the error names an entry that is missing, unexpected, or
// of another shape or dtype, and a refused load changes nothing.
namespace {

/// A trained object, with all state that a load could change.
struct Learned {
  std::function<StateDict()> state;
  std::function<void(const StateDict&)> load;
};

/// `owner`: objects that the object uses, and could change too.
template <class T, class... Owner>
Learned learned(std::shared_ptr<T> object, std::shared_ptr<Owner>... owner) {
  return {[=] {
            StateDict all = clone(object->state_dict());
            (all.add_all("owner.", owner->state_dict()), ...);
            return all;
          },
          [=](const StateDict& state) { object->load_state_dict(state); }};
}

struct Kind {
  std::string name;
  std::function<Learned(int)> make;  // an object trained for this many steps or tasks
  // The last parts of names of entries.
  std::set<std::string> optional{};  // that may be missing
  std::set<std::string> free{};      // of any dtype
};

SmallNetwork network() {
  return two_layers(3, 4, true, [](const Tensor& x) { return tanh(x); });
}

void give_gradients(const std::vector<Tensor>& parameters, int step) {
  Generator generator(1, static_cast<std::uint64_t>(step));
  for (const Tensor& each : parameters) {
    each.set_grad(randn(each.shape(), each.dtype(), generator));
  }
}

Kind kind(const OptimizerKind& optimizers) {
  const auto make = [optimizers](int steps) {
    const std::vector<Tensor> all = network().parameters();
    const std::shared_ptr optimizer = optimizers.make({{all[0], all[1]}, {all[2], all[3]}});
    for (int step = 0; step < steps; ++step) {
      give_gradients(optimizer->parameters(), step);
      optimizer->step();
    }
    optimizer->lr(1) = steps;
    return learned(optimizer);
  };
  // Options added after 0.1.0.
  return {optimizers.name,
          make,
          {"nesterov", "momentum_decay", "momentum", "dampening", "moving_average"}};
}

/// A method that has learned `tasks` tasks.
template <class M, class... Options>
std::shared_ptr<M> method(int tasks, const Options&... options) {
  const SmallNetwork net = network();
  auto method = std::make_shared<M>(net, options...);
  optim::SGD sgd(net.parameters(), {.lr = 0.1});
  for (int number = 0; number < tasks; ++number) {
    Generator generator(2, static_cast<std::uint64_t>(number));
    const Tensor x = randn({6, 3}, f64, generator), y = randint(0, 4, {6}, generator);
    train(net, *method, sgd, task_of(x, y, {0, 4}, number), 2);
  }
  return method;
}

template <class M, class... Options>
Kind kind(std::string name, std::set<std::string> optional, std::set<std::string> free,
          Options... options) {
  return {std::move(name), [=](int tasks) { return learned(method<M>(tasks, options...)); },
          std::move(optional), std::move(free)};
}

std::vector<Kind> kinds() {
  std::vector<Kind> all{
      {"Module",
       [](int seed) {
         manual_seed(static_cast<std::uint64_t>(seed));
         return learned(std::make_shared<nn::Sequential>(nn::Linear(2, 3), nn::BatchNorm1d(3)));
       }},
      {"AveragedParameters",
       [](int updates) {
         auto average = std::make_shared<optim::AveragedParameters>(network().parameters());
         for (int k = 0; k < updates; ++k) average->update();
         return learned(average);
       }},
      {"LRScheduler",
       [](int steps) {
         auto sgd = std::make_shared<optim::SGD>(network().parameters());
         auto scheduler = std::make_shared<optim::LRScheduler>(*sgd, optim::StepLR{.step_size = 1});
         for (int k = 0; k < steps; ++k) scheduler->step();
         return learned(scheduler, sgd);
       }},
      {"ReduceLROnPlateau",
       [](int steps) {
         auto sgd = std::make_shared<optim::SGD>(network().parameters());
         auto plateau = std::make_shared<optim::ReduceLROnPlateau>(*sgd);
         for (int k = 0; k < steps; ++k) plateau->step(k);
         return learned(plateau, sgd);
       }},
      {"Reservoir",
       [](int samples) {
         auto memory = std::make_shared<Reservoir>(ReservoirOptions{.capacity = 2});
         Generator generator(0);
         const Tensor y = full({samples}, samples % 2, i64);
         memory->offer(data::Batch{ones({samples, 2}), y}, {0, 2}, generator);
         return learned(memory);
       },
       {},
       {"x"}},
      {"Method", [](int) { return learned(std::make_shared<Method>()); }},
      kind<L2>("L2", {}, {}),
      kind<continual::EWC>("EWC", {}, {}),
      kind<continual::EWC>("online EWC", {}, {}, optim::EWCOptions{.gamma = 0.5}),
      kind<SI>("SI", {}, {}),
      kind<MAS>("MAS", {}, {}),
      kind<KroneckerLaplace>("KroneckerLaplace", {}, {}),
      kind<KroneckerLaplace>("online KroneckerLaplace", {}, {},
                             KroneckerLaplaceOptions{.online = true}),
      kind<LwF>("LwF", {}, {}),
      kind<ExperienceReplay>("ExperienceReplay", {}, {"x"}),
      kind<AGEM>("AGEM", {}, {"x"}),
      kind<DER>("DER", {}, {"x", "logits"}),
      kind<GPM>("GPM", {"basis"}, {}),
      kind<OWM>("OWM", {"moment"}, {}),
      {"Combination",
       [](int tasks) {
         std::vector<std::unique_ptr<Method>> both;
         const SmallNetwork net = network();
         both.push_back(std::make_unique<L2>(net));
         both.push_back(std::make_unique<LwF>(net));
         auto methods = std::make_shared<Combination>(std::move(both));
         for (int number = 0; number < tasks; ++number) {
           methods->end_task(task_of(ones({2, 3}, f64), zeros({2}, i64), {0, 4}, number));
         }
         return learned(methods);
       }},
  };
  for (const OptimizerKind& each : optimizer_kinds()) all.push_back(kind(each));
  return all;
}

/// A state with one entry replaced, or left out where the value is undefined.
StateDict with(const StateDict& state, const std::string& name, const Tensor& value) {
  StateDict changed;
  for (const auto& entry : state) {
    const Tensor& kept = entry.name == name ? value : entry.value;
    if (kept.defined()) changed.add(entry.name, kept);
  }
  if (!state.contains(name)) changed.add(name, value);
  return changed;
}

void check_bitwise(const StateDict& a, const StateDict& b) {
  REQUIRE(a.size() == b.size());
  for (auto i = a.begin(), j = b.begin(); i != a.end(); ++i, ++j) {
    CAPTURE(i->name);
    CHECK(i->name == j->name);
    CHECK(i->value.dtype() == j->value.dtype());
    CHECK(i->value.shape() == j->value.shape());
    CHECK(std::ranges::equal(i->value.bytes(), j->value.bytes()));
  }
}

std::string refusal(const Learned& object, const StateDict& state) {
  try {
    object.load(state);
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("a method takes no value that is not finite out of a state") {
  // The entries that methods compute with; a memory's samples may be anything.
  const std::set<std::string> finite = {"importance", "constant", "center", "old",   "inputs",
                                        "gradients",  "offset",   "basis",  "moment"};
  int seen = 0;
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    const Learned from = kind.make(3), to = kind.make(2);
    const StateDict saved = from.state(), before = to.state();
    for (const auto& entry : saved) {
      const std::string& name = entry.name;
      const std::string last = name.substr(name.rfind('.') + 1);
      if (!finite.contains(last) || entry.value.numel() == 0) continue;
      CAPTURE(name);
      ++seen;
      for (const double wrong : {std::nan(""), -HUGE_VAL, HUGE_VAL}) {
        const Tensor bad = clone(entry.value);
        bad.data<double>().back() = wrong;
        std::string text = fmt::format(
            "load_state_dict: \"{}\" has the value {}, expected finite values", name, wrong);
        if (last == "importance" || last == "constant") text += " of at least 0";
        CHECK(refusal(to, with(saved, name, bad)) == text);
        check_bitwise(to.state(), before);
      }
    }
  }
  CHECK(seen > 60);  // the entries are found
}

TEST_CASE("what has load_state_dict names the entry that does not fit, and then changes nothing") {
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    const Learned from = kind.make(3), to = kind.make(2);
    const StateDict before = to.state();
    StateDict saved;
    for (const auto& [name, value] : from.state()) {
      if (!name.starts_with("owner.")) saved.add(name, value);
    }
    const auto check_refused = [&](const StateDict& state, const std::string& text,
                                   bool whole = true) {
      const std::string got = refusal(to, state);
      CHECK((whole ? got : got.substr(0, text.size() + 17)) == "load_state_dict: " + text);
      check_bitwise(to.state(), before);
    };
    for (const auto& [name, value] : saved) {
      CAPTURE(name);
      const std::string last = name.substr(name.rfind('.') + 1);
      if (!kind.optional.contains(last)) {
        const StateDict less = with(saved, name, {});
        std::string text = fmt::format("\"{}\" is missing", name);
        if (name == saved.begin()->name && kind.name != "Module") {
          text += fmt::format(", the state begins with \"{}\"", less.begin()->name);
        }
        check_refused(less, text);
      }
      if (!kind.free.contains(last)) {
        const DType other = value.dtype() == f32 ? f64 : f32;
        check_refused(with(saved, name, cast(value, other)),
                      fmt::format("\"{}\" is {}, expected {}", name, other, value.dtype()));
      }
      const Shape other{1, 1, 2};
      check_refused(with(saved, name, zeros(other, value.dtype())),
                    fmt::format("\"{}\" is {}, ", name, other), false);
    }
    check_refused(with(saved, "surplus", scalar(0)), "\"surplus\" is unexpected");
    CHECK(refusal(to, saved) == "nothing");
    for (const auto& [name, value] : saved) {
      CAPTURE(name);
      CHECK(std::ranges::equal(to.state()[name].bytes(), value.bytes()));
    }
  }
}
