#include <engram/autograd/error.h>
#include <engram/io/path.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace engram {

void check_path(const char* caller, const std::filesystem::path& path) {
  check(path.native().find('\0') == std::string::npos, "{}: the path {} goes on after a zero byte",
        caller, path.c_str());
}

bool sync_folder_of(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.parent_path();
  const int opened =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return true;
  const bool synced = ::fsync(opened) == 0 || errno == EINVAL;
  ::close(opened);
  return synced;
}

}  // namespace engram
