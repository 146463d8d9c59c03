#include <doctest/doctest.h>
#include <engram/autograd/create.h>
#include <engram/optim/adagrad.h>
#include <engram/optim/adam.h>
#include <engram/optim/rmsprop.h>
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
#include <limits>
#include <vector>

using namespace engram;
using optim::LRScheduler;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

Tensor parameter() {
  Tensor p = zeros({}, f64);
  p.set_requires_grad();
  return p;
}

optim::SGD sgd_with(double lr) { return optim::SGD({parameter()}, {.lr = lr}); }

std::vector<double> rates(const optim::Schedule& schedule, double base_lr, std::int64_t steps) {
  std::vector<double> all;
  for (std::int64_t t = 0; t <= steps; ++t) all.push_back(schedule.lr(base_lr, t));
  return all;
}

bool is_near(double a, double b) { return std::abs(a - b) <= 1e-15 * std::abs(b); }

}  // namespace

TEST_CASE("a schedule is a function of the first rate and the step") {
  CHECK(rates(optim::StepLR{.step_size = 2, .gamma = 0.5}, 8, 5) ==
        std::vector<double>{8, 8, 4, 4, 2, 2});
  CHECK(rates(optim::StepLR{.step_size = 1, .gamma = 0}, 8, 2) == std::vector<double>{8, 0, 0});
  CHECK(rates(optim::MultiStepLR{.gamma = 0.5}, 8, 2) == std::vector<double>{8, 8, 8});
  CHECK(rates(optim::MultiStepLR{.milestones = {0, 2}, .gamma = 0.5}, 8, 2) ==
        std::vector<double>{4, 4, 2});
  CHECK(rates(optim::LinearLR{.start_factor = 0, .total_iters = 4}, 8, 5) ==
        std::vector<double>{0, 2, 4, 6, 8, 8});
  CHECK(rates(optim::LinearLR{.total_iters = 0}, 8, 1) == std::vector<double>{8, 8});
  CHECK(rates(optim::ConstantLR{.factor = 0.5, .total_iters = 0}, 8, 1) ==
        std::vector<double>{8, 8});
  CHECK(rates(optim::ConstantLR{.factor = 0, .total_iters = 1}, 8, 2) ==
        std::vector<double>{0, 8, 8});
  CHECK(rates(optim::CosineAnnealingWarmRestarts{.T_0 = 1}, 8, 3) ==
        std::vector<double>{8, 8, 8, 8});
  CHECK(rates(optim::SWALR{.swa_lr = 2, .anneal_epochs = 1}, 8, 2) == std::vector<double>{8, 2, 2});
  CHECK(rates(optim::OneCycleLR{.total_steps = 1, .div_factor = 2, .final_div_factor = 2}, 8, 1) ==
        std::vector<double>{2, 2});
  CHECK(rates(optim::OneCycleLR{.total_steps = 3,
                                .pct_start = 1,
                                .anneal_strategy = optim::Anneal::linear,
                                .div_factor = 2},
              8, 2) == std::vector<double>{4, 6, 8});
}

TEST_CASE("OneCycleLR: at total_steps the last rate stays, beyond it a step is refused") {
  auto sgd = sgd_with(1);
  LRScheduler scheduler(sgd, optim::OneCycleLR{.total_steps = 4, .cycle_momentum = false});
  for (int step = 1; step <= 3; ++step) scheduler.step();
  const double last = sgd.lr();
  CHECK(is_near(last, 1 / 25. / 1e4));
  scheduler.step();
  CHECK(sgd.lr() == last);
  CHECK_THROWS_WITH_AS(scheduler.step(), "OneCycleLR: step 5 is beyond total_steps, which is 4",
                       Error);
  CHECK(sgd.lr() == last);
  CHECK(scheduler.steps() == 4);
}

TEST_CASE("OneCycleLR sets the momentum of every optimizer that has one: Adam's is β₁") {
  const optim::OneCycleLR cycle{.total_steps = 11, .pct_start = 0.5};
  optim::Adam adam({std::vector{parameter()}, std::vector{parameter()}});
  optim::RMSProp rmsprop({parameter()}, {.momentum = 0.5});
  LRScheduler of_adam(adam, cycle), of_rmsprop(rmsprop, cycle);
  CHECK(adam.group(1).betas[0] == 0.95);
  CHECK(rmsprop.group(0).momentum == 0.95);
  for (int step = 0; step < 10; ++step) {
    of_adam.step();
    of_rmsprop.step();
    CHECK(adam.group(1).betas[0] == rmsprop.group(0).momentum);
    if (step == 4) CHECK(adam.group(0).betas[0] < 0.86);
  }
  CHECK(is_near(adam.group(0).betas[0], 0.95));
  CHECK(adam.group(0).betas[1] == 0.999);

  auto sgd = sgd_with(0.5);  // without momentum so far
  LRScheduler of_sgd(sgd, cycle);
  CHECK(sgd.group(0).momentum == 0.95);
  optim::Adagrad adagrad({parameter()}, {.lr = 0.5});
  CHECK_THROWS_WITH_AS(LRScheduler(adagrad, cycle),
                       "OneCycleLR: the optimizer has no momentum to set", Error);
  CHECK(adagrad.lr() == 0.5);
}

TEST_CASE("a schedule of the program's own") {
  auto sgd = sgd_with(2);
  LRScheduler scheduler(sgd, {"InverseRoot", [](double base_lr, std::int64_t step) {
                                return base_lr / std::sqrt(1. + static_cast<double>(step));
                              }});
  CHECK(sgd.lr() == 2);
  for (int step = 0; step < 3; ++step) scheduler.step();
  CHECK(sgd.lr() == 1);
  CHECK(scheduler.state_dict().contains("InverseRoot.steps"));
  CHECK_THROWS_WITH_AS(LRScheduler(sgd, {}), "LRScheduler: the schedule has no function", Error);
}

TEST_CASE("a rate that is assigned by hand scales what follows") {
  auto sgd = sgd_with(8);
  LRScheduler scheduler(sgd, optim::StepLR{.step_size = 2, .gamma = 0.5});
  scheduler.step();
  sgd.lr() = 2;  // a quarter
  scheduler.step();
  CHECK(sgd.lr() == 1);
  scheduler.step();
  CHECK(sgd.lr() == 1);
  scheduler.step();
  CHECK(sgd.lr() == 0.5);
}

TEST_CASE("a rate that is assigned where the schedule's is 0 lasts until the next step") {
  auto sgd = sgd_with(8);
  LRScheduler scheduler(sgd, optim::LinearLR{.start_factor = 0, .total_iters = 4});
  CHECK(sgd.lr() == 0);
  sgd.lr() = 5;
  scheduler.step();
  CHECK(sgd.lr() == 2);
}

TEST_CASE("a rate of 0 stays until another one is assigned, which the schedule follows") {
  // The rate is set to 0 before step 2, and to 0.5 before step 5; the rates are PyTorch's.
  const auto frozen_for_a_while = [](const optim::Schedule& schedule) {
    auto sgd = sgd_with(1);
    LRScheduler scheduler(sgd, schedule);
    std::vector<double> seen;
    for (int t = 0; t < 8; ++t) {
      if (t == 2) sgd.lr() = 0;
      if (t == 5) sgd.lr() = 0.5;
      seen.push_back(sgd.lr());
      scheduler.step();
    }
    return seen;
  };
  CHECK(frozen_for_a_while(optim::StepLR{.step_size = 2, .gamma = 0.5}) ==
        std::vector<double>{1, 1, 0, 0, 0, 0.5, 0.25, 0.25});
  CHECK(frozen_for_a_while(optim::ExponentialLR{.gamma = 0.5}) ==
        std::vector<double>{1, 0.5, 0, 0, 0, 0.5, 0.25, 0.125});
  const std::vector<double> cosine = frozen_for_a_while(optim::CosineAnnealingLR{.T_max = 10});
  CHECK(cosine[4] == 0);
  CHECK(cosine[6] == doctest::Approx(0.3455).epsilon(1e-3));
  CHECK(cosine[7] == doctest::Approx(0.2061).epsilon(1e-3));

  // A schedule with a target value leaves 0 towards it, and follows the assigned rate as well.
  const std::vector<double> bounded =
      frozen_for_a_while(optim::CosineAnnealingLR{.T_max = 10, .eta_min = 0.01});
  CHECK(bounded[3] > 0);
  CHECK(bounded[3] < 0.01);
  CHECK(bounded[6] > 0.3);
}

TEST_CASE("a warm-up from 0 goes together with a schedule that was made after it") {
  auto sgd = sgd_with(8);
  LRScheduler warmup(sgd, optim::LinearLR{.start_factor = 0, .total_iters = 2});
  LRScheduler decay(sgd, optim::ExponentialLR{.gamma = 0.5});  // finds a rate of 0
  std::vector<double> seen;
  for (int step = 0; step < 4; ++step) {
    seen.push_back(sgd.lr());
    warmup.step();
    decay.step();
  }
  CHECK(seen == std::vector<double>{0, 8. / 2 / 2, 8. / 4, 8. / 8});
}

TEST_CASE("a group that is added later joins with the rate that it has") {
  auto sgd = sgd_with(8);
  LRScheduler scheduler(sgd, optim::StepLR{.step_size = 1, .gamma = 0.5});
  scheduler.step();
  sgd.add_group({parameter()}).lr = 64;
  LRScheduler resumed(sgd, optim::StepLR{.step_size = 1, .gamma = 0.5});
  resumed.load_state_dict(scheduler.state_dict());  // before the group has been seen
  CHECK(sgd.lr(1) == 64);
  resumed.step();
  CHECK(sgd.lr(0) == 2);
  CHECK(sgd.lr(1) == 16);  // 64/2², as if it had been there from the start
}

TEST_CASE("schedules of one optimizer work together, as if chained") {
  auto chained = sgd_with(0.1), separate = sgd_with(0.1);
  const optim::ExponentialLR decay{.gamma = 0.9};
  const optim::LinearLR warmup{.start_factor = 0.1, .total_iters = 7};
  LRScheduler chain(chained, optim::ChainedScheduler{{decay, warmup}});
  LRScheduler first(separate, decay), second(separate, warmup);
  for (int step = 0; step < 50; ++step) {
    CHECK(separate.lr() == doctest::Approx(chained.lr()).epsilon(1e-13));
    chain.step();
    first.step();
    second.step();
  }
}

TEST_CASE("a plateau's reductions outlast a warm-up") {
  auto sgd = sgd_with(1);
  LRScheduler warmup(sgd, optim::LinearLR{.start_factor = 0.5, .total_iters = 2});
  optim::ReduceLROnPlateau plateau(sgd, {.factor = 0.5, .patience = 2});
  std::vector<double> seen;
  for (int step = 0; step < 8; ++step) {
    seen.push_back(sgd.lr());
    warmup.step();
    plateau.step(1);  // never better than at first
  }
  CHECK(seen == std::vector<double>{0.5, 0.75, 1, 1, 0.5, 0.5, 0.5, 0.25});
}

TEST_CASE("ReduceLROnPlateau: what is not a number is no improvement") {
  auto sgd = sgd_with(1);
  optim::ReduceLROnPlateau plateau(sgd, {.factor = 0.5, .patience = 0});
  plateau.step(not_a_number);
  CHECK(sgd.lr() == 0.5);
  plateau.step(3);
  CHECK(sgd.lr() == 0.5);
  StateDict state;
  for (const auto& [name, value] : plateau.state_dict()) {
    state.add(name, name == "ReduceLROnPlateau.best" ? scalar(not_a_number, f64) : value);
  }
  CHECK_THROWS_WITH_AS(plateau.load_state_dict(state),
                       "load_state_dict: \"ReduceLROnPlateau.best\" is nan", Error);
}

TEST_CASE("SWALR begins with the rate at which the schedule before it has ended") {
  auto sgd = sgd_with(1);
  LRScheduler scheduler(sgd, optim::ExponentialLR{.gamma = 0.5});
  LRScheduler swa(
      sgd,
      optim::SWALR{.swa_lr = 0.75, .anneal_epochs = 2, .anneal_strategy = optim::Anneal::linear});
  for (int step = 0; step < 2; ++step) scheduler.step();
  CHECK(sgd.lr() == 0.25);
  swa.step();
  CHECK(sgd.lr() == 0.5);
  for (int step = 0; step < 5; ++step) swa.step();
  CHECK(sgd.lr() == 0.75);
}

TEST_CASE(
    "a state alone brings the rates back, also those that were assigned since the last step") {
  const optim::ExponentialLR decay{.gamma = 0.5};
  auto whole = sgd_with(8), other = sgd_with(1);
  LRScheduler scheduler(whole, decay);
  scheduler.step();
  whole.lr() = 16;
  LRScheduler resumed(other, decay);
  resumed.load_state_dict(scheduler.state_dict());
  CHECK(other.lr() == 16);
  CHECK(resumed.steps() == 1);
  resumed.step();
  CHECK(other.lr() == 8);
}

TEST_CASE("a state that does not fit is refused and changes nothing") {
  optim::SGD sgd({std::vector{parameter()}, std::vector{parameter()}}, {.lr = 1});
  LRScheduler scheduler(sgd, optim::StepLR{.step_size = 1});
  scheduler.step();
  sgd.lr(1) = 5;
  const auto check_refused = [&](const StateDict& state, const char* text) {
    CHECK_THROWS_WITH_AS(scheduler.load_state_dict(state), text, Error);
    CHECK(scheduler.steps() == 1);
    CHECK(sgd.lr(0) == 0.1);
    CHECK(sgd.lr(1) == 5);
  };
  auto one = sgd_with(1);
  check_refused(LRScheduler(one, optim::ExponentialLR{.gamma = 0.5}).state_dict(),
                "load_state_dict: \"StepLR.steps\" is missing, the state begins with "
                "\"ExponentialLR.steps\"");
  check_refused({}, "load_state_dict: \"StepLR.steps\" is missing");
  check_refused(LRScheduler(one, optim::StepLR{.step_size = 1}).state_dict(),
                "load_state_dict: \"base_lrs\" is (1,), expected (2,)");
  const Tensor two = tensor({1, 1}, f64);
  check_refused({{"StepLR.steps", scalar(-1, i64)}, {"base_lrs", two}, {"lrs", two}},
                "load_state_dict: \"StepLR.steps\" is -1, expected 0 to 9223372036854775807");

  // A composition is identified by its parts.
  LRScheduler chain(sgd,
                    optim::ChainedScheduler{{optim::LinearLR{}, optim::StepLR{.step_size = 1}}});
  CHECK_THROWS_WITH_AS(
      chain.load_state_dict(
          LRScheduler(sgd, optim::ChainedScheduler{{optim::LinearLR{}}}).state_dict()),
      "load_state_dict: \"ChainedScheduler(LinearLR, StepLR).steps\" is missing, the state begins "
      "with \"ChainedScheduler(LinearLR).steps\"",
      Error);

  // A step that the schedule does not have.
  LRScheduler cycle(one, optim::OneCycleLR{.total_steps = 4, .cycle_momentum = false});
  const double before = one.lr();
  CHECK_THROWS_WITH_AS(cycle.load_state_dict({{"OneCycleLR.steps", scalar(5, i64)},
                                              {"base_lrs", tensor({1}, f64)},
                                              {"lrs", tensor({1}, f64)}}),
                       "OneCycleLR: step 5 is beyond total_steps, which is 4", Error);
  CHECK(one.lr() == before);
  CHECK(cycle.steps() == 0);
}

TEST_CASE("options out of their range are refused") {
  const auto refuse = [](auto schedule, const char* text) {
    CHECK_THROWS_WITH_AS((void)optim::Schedule(schedule), text, Error);
  };
  using namespace optim;
  refuse(StepLR{}, "StepLR: step_size must be at least 1, got 0");
  refuse(StepLR{.step_size = 1, .gamma = -1}, "StepLR: gamma must be at least 0, got -1");
  refuse(MultiStepLR{.gamma = not_a_number}, "MultiStepLR: gamma must be at least 0, got nan");
  refuse(ExponentialLR{}, "ExponentialLR: gamma must be above 0, got 0");
  refuse(PolynomialLR{.total_iters = 0}, "PolynomialLR: total_iters must be at least 1, got 0");
  refuse(PolynomialLR{.power = 0}, "PolynomialLR: power must be above 0, got 0");
  refuse(LinearLR{.start_factor = 1.5}, "LinearLR: start_factor must be in [0, 1], got 1.5");
  refuse(LinearLR{.end_factor = -0.5}, "LinearLR: end_factor must be in [0, 1], got -0.5");
  refuse(LinearLR{.total_iters = -1}, "LinearLR: total_iters must be at least 0, got -1");
  refuse(ConstantLR{.factor = not_a_number}, "ConstantLR: factor must be in [0, 1], got nan");
  refuse(ConstantLR{.total_iters = -1}, "ConstantLR: total_iters must be at least 0, got -1");
  refuse(CosineAnnealingLR{}, "CosineAnnealingLR: T_max must be at least 1, got 0");
  refuse(CosineAnnealingWarmRestarts{},
         "CosineAnnealingWarmRestarts: T_0 must be at least 1, got 0");
  refuse(CosineAnnealingWarmRestarts{.T_0 = 1, .T_mult = 0},
         "CosineAnnealingWarmRestarts: T_mult must be at least 1, got 0");
  refuse(OneCycleLR{.max_lr = -1, .total_steps = 1},
         "OneCycleLR: max_lr must be at least 0, got -1");
  refuse(OneCycleLR{}, "OneCycleLR: total_steps must be at least 1, got 0");
  refuse(OneCycleLR{.total_steps = 1, .pct_start = 1.5},
         "OneCycleLR: pct_start must be in [0, 1], got 1.5");
  refuse(OneCycleLR{.total_steps = 1, .div_factor = 0},
         "OneCycleLR: div_factor must be above 0, got 0");
  refuse(OneCycleLR{.total_steps = 1, .final_div_factor = 0},
         "OneCycleLR: final_div_factor must be above 0, got 0");
  refuse(SWALR{}, "SWALR: swa_lr must be above 0, got 0");
  refuse(SWALR{.swa_lr = 1, .anneal_epochs = -1},
         "SWALR: anneal_epochs must be at least 0, got -1");
  refuse(ChainedScheduler{}, "ChainedScheduler: there are no schedules");
  refuse(ChainedScheduler{{OneCycleLR{.total_steps = 1}}},
         "ChainedScheduler: OneCycleLR sets the momentum, and cannot be chained");
  refuse(ChainedScheduler{{LinearLR{}, Schedule{"Own", nullptr}}},
         "ChainedScheduler: schedule 1 has no function");
  refuse(SequentialLR{}, "SequentialLR: there are no schedules");
  refuse(SequentialLR{.schedules = {LinearLR{}}, .milestones = {1}},
         "SequentialLR: 1 schedules need 0 milestones, got 1");
  refuse(SequentialLR{.schedules = {LinearLR{}, LinearLR{}}, .milestones = {0}},
         "SequentialLR: milestones must rise from 1 on, got 0 after 0");
  refuse(SequentialLR{.schedules = {LinearLR{}, LinearLR{}, LinearLR{}}, .milestones = {3, 3}},
         "SequentialLR: milestones must rise from 1 on, got 3 after 3");
  refuse(SequentialLR{.schedules = {LinearLR{}, Schedule{"Own", nullptr}}, .milestones = {1}},
         "SequentialLR: schedule 1 has no function");
  refuse(SequentialLR{.schedules = {OneCycleLR{.total_steps = 1}}},
         "SequentialLR: OneCycleLR sets the momentum, and cannot be one of several");

  auto sgd = sgd_with(1);
  const auto plateau = [&](const ReduceLROnPlateauOptions& options, const char* text) {
    CHECK_THROWS_WITH_AS(ReduceLROnPlateau(sgd, options), text, Error);
  };
  plateau({.factor = 1}, "ReduceLROnPlateau: factor must be in (0, 1), got 1");
  plateau({.patience = -1}, "ReduceLROnPlateau: patience must be at least 0, got -1");
  plateau({.threshold = -1}, "ReduceLROnPlateau: threshold must be at least 0, got -1");
  plateau({.cooldown = -1}, "ReduceLROnPlateau: cooldown must be at least 0, got -1");
  plateau({.min_lr = -1}, "ReduceLROnPlateau: min_lr must be at least 0, got -1");
  plateau({.eps = not_a_number}, "ReduceLROnPlateau: eps must be at least 0, got nan");
}
