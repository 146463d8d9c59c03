#pragma once

#include <stdexcept>

namespace engram::examples {

/// The command line cannot be run. Exit code 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Called in a `catch (...)`: writes the exception in one line to stderr and returns the exit code:
/// 2 for a UsageError, 130 for Ctrl-C, as shells have it, 1 for everything else.
int report_failure(const char* program) noexcept;

}  // namespace engram::examples
