#include "common/gnuplot.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace engram::examples {
namespace {

/// Runs `gnuplot FILE` in `folder`, without a shell. Returns its exit code, or -1.
int gnuplot(const std::filesystem::path& folder, const std::string& file) {
  const pid_t child = fork();
  if (child < 0) return -1;
  if (child == 0) {
    if (chdir(folder.c_str()) == 0) execlp("gnuplot", "gnuplot", file.c_str(), nullptr);
    _exit(127);  // as shells say that there is no such command
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

bool run_gnuplot(const std::filesystem::path& path, const std::string& script) {
  std::ofstream file(path);
  file << script << std::flush;
  if (!file.good()) {
    fmt::print(stderr, "warning: no picture: cannot write {}\n", path.string());
    return false;
  }
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const int exit_code = gnuplot(folder, path.filename().string());
  if (exit_code == 127) {
    fmt::print(stderr, "warning: no picture: gnuplot is not installed; once it is: gnuplot {}\n",
               path.filename().string());
  } else if (exit_code != 0) {
    fmt::print(stderr, "warning: no picture: gnuplot failed on {}\n", path.string());
  }
  return exit_code == 0;
}

}  // namespace engram::examples
