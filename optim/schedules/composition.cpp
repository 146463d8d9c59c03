#include <engram/optim/schedules/composition.h>

#include <fmt/format.h>

#include <algorithm>

namespace engram::optim {
namespace {

void check_schedules(const char* kind, const std::vector<Schedule>& schedules) {
  check(!schedules.empty(), "{}: there are no schedules", kind);
  for (std::size_t k = 0; k < schedules.size(); ++k) {
    check(schedules[k].lr != nullptr, "{}: schedule {} has no function", kind, k);
  }
}

/// "ChainedScheduler(LinearLR, StepLR)", which identifies the schedules of a saved state.
std::string name_of(const char* kind, const std::vector<Schedule>& schedules) {
  std::string names;
  for (const Schedule& schedule : schedules) {
    names += (names.empty() ? "" : ", ") + schedule.name;
  }
  return fmt::format("{}({})", kind, names);
}

}  // namespace

ChainedScheduler::operator Schedule() const {
  check_schedules("ChainedScheduler", schedules);
  for (const Schedule& schedule : schedules) {
    check(!schedule.momentum, "ChainedScheduler: {} sets the momentum, and cannot be chained",
          schedule.name);
  }
  return {name_of("ChainedScheduler", schedules), [*this](double base_lr, std::int64_t t) {
            for (const Schedule& schedule : schedules) base_lr = schedule.lr(base_lr, t);
            return base_lr;
          }};
}

SequentialLR::operator Schedule() const {
  check_schedules("SequentialLR", schedules);
  check(milestones.size() == schedules.size() - 1,
        "SequentialLR: {} schedules need {} milestones, got {}", schedules.size(),
        schedules.size() - 1, milestones.size());
  for (const Schedule& schedule : schedules) {
    check(!schedule.momentum, "SequentialLR: {} sets the momentum, and cannot be one of several",
          schedule.name);
  }
  std::int64_t last = 0;
  for (const std::int64_t milestone : milestones) {
    check(milestone > last, "SequentialLR: milestones must rise from 1 on, got {} after {}",
          milestone, last);
    last = milestone;
  }
  return {name_of("SequentialLR", schedules), [*this](double base_lr, std::int64_t t) {
            const auto next = std::ranges::upper_bound(milestones, t);
            const std::int64_t begin = next == milestones.begin() ? 0 : *(next - 1);
            const auto k = static_cast<std::size_t>(next - milestones.begin());
            return schedules[k].lr(base_lr, t - begin);
          }};
}

}  // namespace engram::optim
