#include "busy.h"

#include <engram/autograd/error.h>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace bench {

BusyProcess::BusyProcess() : process_(fork()) {
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // when the runner dies
    for (volatile unsigned i = 0;;) i = i + 1;
  }
  engram::check(process_ > 0, "no busy process: {}", std::strerror(errno));
}

BusyProcess::~BusyProcess() {
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

}  // namespace bench
