#include "common/stop.h"

#include <fmt/format.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <exception>

namespace engram::examples {
namespace {

volatile std::sig_atomic_t interrupted = 0;

}  // namespace

void catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);  // the second has its usual effect
  sigaction(SIGINT, &action, nullptr);
}

void stop_if_interrupted() {
  if (interrupted) throw Interrupted();
}

void stop_if_diverged(const Tensor& loss, std::int64_t step) {
  const double value = loss.item();
  if (std::isfinite(value)) return;
  throw Diverged(fmt::format(
      "the loss is {} at step {}; a smaller --lr may help; what was written so far is kept", value,
      step));
}

int report_failure(const char* program) {
  const auto report = [&](const std::exception& failure, int exit_code) {
    fmt::print(stderr, "{}: {}\n", program, failure.what());
    return exit_code;
  };
  try {
    throw;
  } catch (const UsageError& error) {
    return report(error, 2);
  } catch (const Interrupted& interrupt) {
    return report(interrupt, 130);
  } catch (const std::exception& error) {
    return report(error, 1);
  }
}

}  // namespace engram::examples
