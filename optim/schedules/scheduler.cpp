#include <engram/autograd/create.h>
#include <engram/autograd/state_reader.h>
#include <engram/optim/schedules/scheduler.h>

#include <utility>

namespace engram::optim {

LRScheduler::LRScheduler(Optimizer& optimizer, Schedule schedule)
    : optimizer_(&optimizer), schedule_(std::move(schedule)) {
  check(schedule_.lr != nullptr, "LRScheduler: the schedule has no function");
  check(!schedule_.momentum || optimizer.momentum() != nullptr,
        "{}: the optimizer has no momentum to set", schedule_.name);
  std::vector<Group> groups = present();
  for (Group& group : groups) group.lr = schedule_.lr(group.base_lr, 0);
  set(0, std::move(groups));
}

void LRScheduler::step() {
  std::vector<Group> groups = present();
  for (Group& group : groups) group.lr = schedule_.lr(group.base_lr, steps_ + 1);
  set(steps_ + 1, std::move(groups));
}

/// The groups with all changes since the last step: assigned rates, and new groups.
std::vector<LRScheduler::Group> LRScheduler::present() const {
  std::vector<Group> groups = groups_;
  for (std::size_t k = 0; k < optimizer_->group_count(); ++k) {
    const double lr = optimizer_->lr(k);
    if (k == groups.size()) {
      groups.push_back({.base_lr = lr, .lr = lr});
      continue;
    }
    Group& group = groups[k];
    if (lr == group.lr) continue;
    // An initial rate of 0 cannot be scaled: the assigned rate replaces it, and is scaled below to
    // be the schedule's rate at this step.
    if (group.base_lr == 0) group = {.base_lr = lr, .lr = schedule_.lr(lr, steps_)};
    if (group.lr != 0) group.base_lr *= lr / group.lr;
    group.lr = lr;
  }
  return groups;
}

void LRScheduler::set(std::int64_t steps, std::vector<Group> groups) {
  const double momentum = schedule_.momentum ? schedule_.momentum(steps) : 0;
  for (std::size_t k = 0; k < groups.size(); ++k) {
    optimizer_->lr(k) = groups[k].lr;
    if (schedule_.momentum) *optimizer_->momentum(k) = momentum;
  }
  steps_ = steps;
  groups_ = std::move(groups);
}

StateDict LRScheduler::state_dict() const {
  std::vector<double> base_lrs, lrs;
  for (const Group& group : present()) {
    base_lrs.push_back(group.base_lr);
    lrs.push_back(group.lr);
  }
  StateDict state;
  state.add_number(steps_key(), steps_);
  state.add("base_lrs", tensor(base_lrs));
  state.add("lrs", tensor(lrs));
  return state;
}

void LRScheduler::load_state_dict(const StateDict& saved) {
  StateReader state(saved);
  const auto steps = state.count<std::int64_t>(steps_key());
  const auto count = static_cast<std::int64_t>(optimizer_->group_count());
  const Tensor base_lrs = state.tensor("base_lrs", f64, {count});
  const Tensor lrs = state.tensor("lrs", f64, {count});
  std::vector<Group> groups;
  for (std::size_t k = 0; k < optimizer_->group_count(); ++k) {
    groups.push_back({.base_lr = base_lrs.data<double>()[k], .lr = lrs.data<double>()[k]});
    schedule_.lr(groups[k].base_lr, steps);  // throws if the schedule has no such step
  }
  state.commit();
  set(steps, std::move(groups));
}

}  // namespace engram::optim
