#pragma once

#include <sys/types.h>

namespace bench {

/// A process that wants a processor all the time, as long as this lives. Error when it cannot
/// start.
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
