#pragma once

#include <sys/types.h>

namespace bench {

/// A process in a busy loop, as long as this object lives. Error when it cannot start.
class BusyProcess {
 public:
  BusyProcess();
  ~BusyProcess();
  BusyProcess(const BusyProcess&) = delete;
  BusyProcess& operator=(const BusyProcess&) = delete;

 private:
  pid_t process_;
};

}  // namespace bench
