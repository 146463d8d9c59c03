#include "common/stop.h"

#include "common/table.h"

#include <fmt/format.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

namespace engram::examples {
namespace {

volatile std::sig_atomic_t interrupted = 0;

}  // namespace

void catch_interrupts() {
  interrupted = 0;
  struct sigaction action = {};
  sigaction(SIGINT, nullptr, &action);
  if (action.sa_handler == SIG_IGN) return;
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
      "the loss is {} at step {}; a smaller --lr may help; what was written so far is kept",
      fixed(value, 4), step));
}

int report_failure(const char* program) noexcept {
  const auto report = [&](const char* what, int exit_code) {
    std::fprintf(stderr, "%s: %s\n", program, what);  // takes no memory, and does not throw
    return exit_code;
  };
  try {
    throw;
  } catch (const UsageError& error) {
    return report(error.what(), 2);
  } catch (const Interrupted& interrupt) {
    return report(interrupt.what(), 130);
  } catch (const std::bad_alloc&) {
    return report("the memory does not suffice; what was written so far is kept", 1);
  } catch (const std::exception& error) {
    return report(error.what(), 1);
  }
}

}  // namespace engram::examples
