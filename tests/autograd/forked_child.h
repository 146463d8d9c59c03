#pragma once

#include <sys/wait.h>
#include <unistd.h>

/// Whether holds() is true in a forked child; a child that hangs is killed. Always true under g++'s
/// thread sanitizer, which ends a child whose threads have the same numbers as its parent's;
/// clang's does not.
template <class F>
bool in_forked_child(F holds) {
#if defined(__SANITIZE_THREAD__)
  return static_cast<void>(holds), true;
#else
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(holds() ? 0 : 1);
  }
  int status = -1;
  return waitpid(child, &status, 0) == child && status == 0;
#endif
}
