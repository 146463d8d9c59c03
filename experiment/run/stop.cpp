#include <engram/experiment/report/table.h>
#include <engram/experiment/run/stop.h>

#include <fmt/format.h>

#include <cmath>
#include <csignal>

namespace engram::experiment {
namespace {

volatile std::sig_atomic_t interrupted = 0;

}  // namespace

void catch_interrupts() {
  interrupted = 0;
  struct sigaction action = {};
  sigaction(SIGINT, nullptr, &action);
  if (action.sa_handler == SIG_IGN) return;
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);  // the second Ctrl-C terminates
  sigaction(SIGINT, &action, nullptr);
}

void stop_if_interrupted() {
  if (interrupted) throw Interrupted();
}

void stop_if_diverged(const Tensor& loss, std::int64_t step) {
  const double value = loss.item();
  if (std::isfinite(value)) return;
  throw Diverged(
      fmt::format("the loss is {} at step {}; a smaller learning rate may help; what was "
                  "written so far is kept",
                  fixed(value, 4), step));
}

}  // namespace engram::experiment
