#pragma once

#include <sys/wait.h>
#include <unistd.h>

/// Whether `holds` does in a forked child. One that hangs is killed.
template <class F>
bool in_forked_child(F holds) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(holds() ? 0 : 1);
  }
  int status = -1;
  return waitpid(child, &status, 0) == child && status == 0;
}
