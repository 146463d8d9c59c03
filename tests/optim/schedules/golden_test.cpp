#include "../../temporary_folder.h"

#include <doctest/doctest.h>
#include <engram/autograd/create.h>
#include <engram/io/state_file.h>
#include <engram/optim/schedules/composition.h>
#include <engram/optim/schedules/cosine.h>
#include <engram/optim/schedules/decay.h>
#include <engram/optim/schedules/one_cycle.h>
#include <engram/optim/schedules/plateau.h>
#include <engram/optim/schedules/swa.h>
#include <engram/optim/schedules/warmup.h>
#include <engram/optim/sgd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

using namespace engram;
using nlohmann::json;

// The schedules of golden/schedules.py, repeated, against PyTorch's results.
namespace {

optim::Schedule make_schedule(const json& from);

std::vector<optim::Schedule> make_schedules(const json& from) {
  std::vector<optim::Schedule> schedules;
  for (const json& each : from) schedules.push_back(make_schedule(each));
  return schedules;
}

/// Assigns an option if it is given.
template <class T>
void assign(const json& from, const char* key, T& option) {
  option = from.value(key, option);
}
void assign(const json& from, const char* key, optim::Anneal& option) {
  if (from.contains(key)) {
    option = from[key] == "linear" ? optim::Anneal::linear : optim::Anneal::cos;
  }
}

optim::Schedule step_lr(const json& from) {
  optim::StepLR s;
  assign(from, "step_size", s.step_size);
  assign(from, "gamma", s.gamma);
  return s;
}

optim::Schedule multi_step_lr(const json& from) {
  optim::MultiStepLR s;
  assign(from, "milestones", s.milestones);
  assign(from, "gamma", s.gamma);
  return s;
}

optim::Schedule exponential_lr(const json& from) {
  optim::ExponentialLR s;
  assign(from, "gamma", s.gamma);
  return s;
}

optim::Schedule polynomial_lr(const json& from) {
  optim::PolynomialLR s;
  assign(from, "total_iters", s.total_iters);
  assign(from, "power", s.power);
  return s;
}

optim::Schedule linear_lr(const json& from) {
  optim::LinearLR s;
  assign(from, "start_factor", s.start_factor);
  assign(from, "end_factor", s.end_factor);
  assign(from, "total_iters", s.total_iters);
  return s;
}

optim::Schedule constant_lr(const json& from) {
  optim::ConstantLR s;
  assign(from, "factor", s.factor);
  assign(from, "total_iters", s.total_iters);
  return s;
}

optim::Schedule cosine_annealing_lr(const json& from) {
  optim::CosineAnnealingLR s;
  assign(from, "T_max", s.T_max);
  assign(from, "eta_min", s.eta_min);
  return s;
}

optim::Schedule cosine_annealing_warm_restarts(const json& from) {
  optim::CosineAnnealingWarmRestarts s;
  assign(from, "T_0", s.T_0);
  assign(from, "T_mult", s.T_mult);
  assign(from, "eta_min", s.eta_min);
  return s;
}

optim::Schedule one_cycle_lr(const json& from) {
  optim::OneCycleLR s;
  if (from["max_lr"].is_number()) s.max_lr = from["max_lr"];  // a list has the groups' own rates
  assign(from, "total_steps", s.total_steps);
  assign(from, "pct_start", s.pct_start);
  assign(from, "anneal_strategy", s.anneal_strategy);
  assign(from, "cycle_momentum", s.cycle_momentum);
  assign(from, "base_momentum", s.base_momentum);
  assign(from, "max_momentum", s.max_momentum);
  assign(from, "div_factor", s.div_factor);
  assign(from, "final_div_factor", s.final_div_factor);
  assign(from, "three_phase", s.three_phase);
  return s;
}

optim::Schedule swa_lr(const json& from) {
  optim::SWALR s;
  assign(from, "swa_lr", s.swa_lr);
  assign(from, "anneal_epochs", s.anneal_epochs);
  assign(from, "anneal_strategy", s.anneal_strategy);
  return s;
}

optim::Schedule chained_scheduler(const json& from) {
  return optim::ChainedScheduler{make_schedules(from["schedules"])};
}

optim::Schedule sequential_lr(const json& from) {
  return optim::SequentialLR{make_schedules(from["schedules"]), from["milestones"]};
}

const std::map<std::string, optim::Schedule (*)(const json&)> kinds = {
    {"StepLR", step_lr},
    {"MultiStepLR", multi_step_lr},
    {"ExponentialLR", exponential_lr},
    {"PolynomialLR", polynomial_lr},
    {"LinearLR", linear_lr},
    {"ConstantLR", constant_lr},
    {"CosineAnnealingLR", cosine_annealing_lr},
    {"CosineAnnealingWarmRestarts", cosine_annealing_warm_restarts},
    {"OneCycleLR", one_cycle_lr},
    {"SWALR", swa_lr},
    {"ChainedScheduler", chained_scheduler},
    {"SequentialLR", sequential_lr}};

optim::Schedule make_schedule(const json& from) { return kinds.at(from["kind"])(from); }

optim::ReduceLROnPlateauOptions plateau_options(const json& from) {
  optim::ReduceLROnPlateauOptions o;
  if (from.value("mode", "min") == "max") o.mode = optim::PlateauMode::max;
  assign(from, "factor", o.factor);
  assign(from, "patience", o.patience);
  assign(from, "threshold", o.threshold);
  if (from.value("threshold_mode", "rel") == "abs") o.threshold_mode = optim::ThresholdMode::abs;
  assign(from, "cooldown", o.cooldown);
  assign(from, "min_lr", o.min_lr);
  assign(from, "eps", o.eps);
  return o;
}

Tensor parameter() {
  Tensor p = zeros({}, f64);
  p.set_requires_grad();
  return p;
}

/// An optimizer of two groups with the schedule of a case.
struct Run {
  explicit Run(const json& golden) {
    momentum.group(1).lr = 0.03;
    if (golden["kind"] == "ReduceLROnPlateau") {
      plateau.emplace(momentum, plateau_options(golden));
    } else {
      scheduler.emplace(momentum, make_schedule(golden));
    }
  }

  void step(double metric) { plateau ? plateau->step(metric) : scheduler->step(); }
  StateDict state() const { return plateau ? plateau->state_dict() : scheduler->state_dict(); }
  void load(const StateDict& state) {
    plateau ? plateau->load_state_dict(state) : scheduler->load_state_dict(state);
  }
  std::array<double, 3> values() { return {momentum.lr(0), momentum.lr(1), *momentum.momentum()}; }

  optim::SGD momentum{{std::vector{parameter()}, std::vector{parameter()}},
                      {.lr = 0.1, .momentum = 0.9}};
  std::optional<optim::LRScheduler> scheduler;
  std::optional<optim::ReduceLROnPlateau> plateau;
};

json read_golden() {
  std::ifstream file(ENGRAM_SOURCE_DIR "/tests/golden/schedules.json");
  REQUIRE(file);
  json golden = json::parse(file);
  REQUIRE(golden.at("cases").size() == 40);
  REQUIRE(golden.at("metrics").size() == 200);
  return golden;
}

std::string describe(json golden) {
  golden.erase("rates");
  golden.erase("momenta");
  return golden.dump();
}

}  // namespace

TEST_CASE("every schedule follows PyTorch's over 200 steps") {
  const json golden = read_golden();
  for (const json& each : golden["cases"]) {
    const std::string name = describe(each);
    CAPTURE(name);
    Run run(each);
    for (std::size_t step = 0; step <= 200; ++step) {
      CAPTURE(step);
      if (step > 0) run.step(golden["metrics"][step - 1]);
      for (std::size_t k = 0; k < 2; ++k) {
        const double theirs = each["rates"][k][step];
        CHECK(std::abs(run.momentum.lr(k) - theirs) <= 1e-12 * std::max(theirs, 0.01));
        const double momentum =
            each.contains("momenta") ? each["momenta"][step].get<double>() : 0.9;
        CHECK(std::abs(*run.momentum.momentum(k) - momentum) <= 1e-12);
      }
    }
  }
}

TEST_CASE("every schedule goes on bitwise from step 77, through a file") {
  const json golden = read_golden();
  const TemporaryFolder folder;
  bool schedule_first = false;
  for (const json& each : golden["cases"]) {
    const std::string name = describe(each);
    CAPTURE(name);
    Run whole(each);
    for (std::size_t step = 1; step <= 77; ++step) whole.step(golden["metrics"][step - 1]);
    save(whole.momentum.state_dict(), folder / "optimizer");
    save(whole.state(), folder / "schedule");

    Run resumed(each);
    schedule_first = !schedule_first;
    if (schedule_first) resumed.load(load(folder / "schedule"));
    resumed.momentum.load_state_dict(load(folder / "optimizer"));
    if (!schedule_first) resumed.load(load(folder / "schedule"));
    CHECK(resumed.values() == whole.values());
    for (std::size_t step = 78; step <= 200; ++step) {
      CAPTURE(step);
      whole.step(golden["metrics"][step - 1]);
      resumed.step(golden["metrics"][step - 1]);
      CHECK(resumed.values() == whole.values());
    }
  }
}
