#pragma once

#include <filesystem>

namespace engram::kernels {

/// How many processors this process may really use, at least 1: those of the calling
/// thread's affinity mask (sched_getaffinity), or fewer under a CPU quota of its control groups, to
/// the nearest whole number. `root` is where /proc and /sys/fs/cgroup, of version 1 or 2, are
/// looked for.
int available_cpus(const std::filesystem::path& root = "/");

/// How many threads loops use unless they are told: OMP_NUM_THREADS, of a list the first number, or
/// one for each available processor.
int default_threads();

}  // namespace engram::kernels
