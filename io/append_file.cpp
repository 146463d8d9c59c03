#include <engram/autograd/error.h>
#include <engram/io/append_file.h>
#include <engram/io/path.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace engram {

AppendFile::AppendFile(std::filesystem::path path) : path_(std::move(path)) {
  check_path("append", path_);
  const bool is_new = !std::filesystem::exists(path_);
  append("");
  if (is_new) sync_folder_of(path_);
}

void AppendFile::append(std::string_view text) const {
  const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  bool good = file >= 0;
  for (std::size_t done = 0; good && done < text.size();) {
    const ssize_t written = ::write(file, text.data() + done, text.size() - done);
    if (written > 0) done += static_cast<std::size_t>(written);
    good = written > 0 || (written < 0 && errno == EINTR);
  }
  good = good && ::fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) ::close(file);
  check(good, "cannot write {}: {}", path_.string(), std::generic_category().message(reason));
}

}  // namespace engram
