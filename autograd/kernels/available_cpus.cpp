#include <engram/autograd/kernels/available_cpus.h>

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

namespace engram::kernels {
namespace {

constexpr double unlimited = std::numeric_limits<double>::infinity();

int cpus_of_affinity() {
  cpu_set_t mask;  // of 1024 CPUs: sched_getaffinity fails on a larger machine
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0) return std::max(1, CPU_COUNT(&mask));
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

/// quota/period of a control group, in CPUs, from the files of version 2 ("max 100000") or 1.
double quota_of_group(const std::filesystem::path& group) {
  double quota = 0, period = 0;
  std::ifstream both(group / "cpu.max");
  if (!both.is_open()) {
    std::ifstream(group / "cpu.cfs_quota_us") >> quota;  // -1: no limit
    std::ifstream(group / "cpu.cfs_period_us") >> period;
  } else if (!(both >> quota >> period)) {  // "max"
    return unlimited;
  }
  return quota > 0 && period > 0 ? quota / period : unlimited;
}

/// The tightest quota of a group and its ancestors. In a container the path may be the host's, of
/// which only the mount point exists.
double quota_along(const std::filesystem::path& mount, const std::filesystem::path& path) {
  double tightest = quota_of_group(mount);
  std::filesystem::path group = mount;
  for (const std::filesystem::path& name : path.relative_path()) {
    group /= name;
    tightest = std::min(tightest, quota_of_group(group));
  }
  return tightest;
}

/// A line of /proc/self/cgroup is number:controllers:path; version 2 has no controllers.
double cpu_quota(const std::filesystem::path& root) {
  const std::filesystem::path mounts = root / "sys/fs/cgroup";
  double tightest = unlimited;
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string number, controllers, path; std::getline(groups, number, ':') &&
                                              std::getline(groups, controllers, ':') &&
                                              std::getline(groups, path);) {
    if (controllers.empty()) {
      tightest = std::min(tightest, quota_along(mounts, path));
    } else if (("," + controllers + ",").find(",cpu,") != std::string::npos) {
      tightest = std::min(
          {tightest, quota_along(mounts / controllers, path), quota_along(mounts / "cpu", path)});
    }
  }
  return tightest;
}

}  // namespace

int available_cpus(const std::filesystem::path& root) {
  const int cpus = cpus_of_affinity();
  const double quota = std::round(cpu_quota(root));
  return quota < cpus ? std::max(1, static_cast<int>(quota)) : cpus;
}

int default_threads() {
  if (const char* text = std::getenv("OMP_NUM_THREADS")) {
    int threads = 0;
    std::from_chars(text, text + std::strlen(text), threads);
    if (threads >= 1) return threads;
  }
  return available_cpus();
}

}  // namespace engram::kernels
