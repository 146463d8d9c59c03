#include <engram/optim/schedules/one_cycle.h>

#include <algorithm>

namespace engram::optim {
namespace {

/// The rate, or the momentum, at step t of a cycle from `start` over `peak` to `end`.
double at(const OneCycleLR& cycle, std::int64_t t, double start, double peak, double end) {
  check(t <= cycle.total_steps, "OneCycleLR: step {} is beyond total_steps, which is {}", t,
        cycle.total_steps);
  const auto steps = static_cast<double>(cycle.total_steps);
  const double top = cycle.pct_start * steps - 1, last = steps - 1;  // the steps where phases end
  const double step = std::min(static_cast<double>(t), last);
  const auto phase = [&](double from, double to, double begin, double finish) {
    const double share = begin < finish ? (step - begin) / (finish - begin) : 1;
    return anneal(cycle.anneal_strategy, from, to, share);
  };
  if (step <= top) return phase(start, peak, 0, top);
  if (!cycle.three_phase) return phase(peak, end, top, last);
  if (step <= 2 * top) return phase(peak, start, top, 2 * top);
  return phase(start, end, 2 * top, last);
}

}  // namespace

OneCycleLR::operator Schedule() const {
  check(!max_lr || *max_lr >= 0, "OneCycleLR: max_lr must be at least 0, got {}",
        max_lr.value_or(0));
  check(total_steps >= 1, "OneCycleLR: total_steps must be at least 1, got {}", total_steps);
  check(pct_start >= 0 && pct_start <= 1, "OneCycleLR: pct_start must be in [0, 1], got {}",
        pct_start);
  check(div_factor > 0, "OneCycleLR: div_factor must be above 0, got {}", div_factor);
  check(final_div_factor > 0, "OneCycleLR: final_div_factor must be above 0, got {}",
        final_div_factor);
  Schedule schedule{"OneCycleLR", [*this](double base_lr, std::int64_t t) {
                      const double peak = max_lr.value_or(base_lr), start = peak / div_factor;
                      return at(*this, t, start, peak, start / final_div_factor);
                    }};
  if (cycle_momentum) {
    schedule.momentum = [*this](std::int64_t t) {
      return at(*this, t, max_momentum, base_momentum, max_momentum);
    };
  }
  return schedule;
}

}  // namespace engram::optim
