#pragma once

#include <filesystem>

namespace engram::kernels {

/// The number of CPUs available to this process, at least 1: those of the calling thread's affinity
/// mask (sched_getaffinity), or fewer under a CPU quota of its control groups, rounded to the
/// nearest integer. /proc and /sys/fs/cgroup, of version 1 or 2, are read below `root`.
int available_cpus(const std::filesystem::path& root = "/");

/// The default number of threads of a loop: OMP_NUM_THREADS, of a list the first number, or one for
/// each available CPU.
int default_threads();

}  // namespace engram::kernels
