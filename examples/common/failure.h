#pragma once

#include <stdexcept>

namespace engram::examples {

/// The command line is invalid. Exit code 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Called in a `catch (...)`: writes the exception as one line to stderr and returns the exit code:
/// 2 for a UsageError, 130 for Ctrl-C, as in shells, 1 for any other exception.
int report_failure(const char* program) noexcept;

}  // namespace engram::examples
