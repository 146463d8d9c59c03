#include "common/failure.h"

#include <engram/experiment/run/stop.h>

#include <cstdio>
#include <exception>
#include <new>

namespace engram::examples {

int report_failure(const char* program) noexcept {
  const auto report = [&](const char* what, int exit_code) {
    std::fprintf(stderr, "%s: %s\n", program, what);  // neither allocates nor throws
    return exit_code;
  };
  try {
    throw;
  } catch (const UsageError& error) {
    return report(error.what(), 2);
  } catch (const experiment::Interrupted& interrupt) {
    return report(interrupt.what(), 130);
  } catch (const std::bad_alloc&) {
    return report("the memory does not suffice; what was written so far is kept", 1);
  } catch (const std::exception& error) {
    return report(error.what(), 1);
  }
}

}  // namespace engram::examples
