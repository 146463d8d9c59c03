#include <engram/autograd/error.h>
#include <engram/autograd/new_file.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace engram {

namespace {

/// Where symbolic links lead, whether or not there is something. Not for a circle of them.
std::filesystem::path follow_links(std::filesystem::path path) {
  std::error_code no_link;
  for (;;) {
    const std::filesystem::path target = std::filesystem::read_symlink(path, no_link);
    if (no_link) return path;
    path = path.parent_path() / target;
  }
}

}  // namespace

NewFile::NewFile(const char* caller, const std::filesystem::path& path)
    : caller_(caller), path_(path) {
  struct stat status;
  if (::stat(path.c_str(), &status) == 0) {
    check(S_ISREG(status.st_mode), "{}: cannot write {}: it is no regular file", caller,
          path.string());
  } else if (errno != ENOENT) {
    failed();
  }
  target_ = follow_links(path);
  for (int number = 0; file_ < 0; ++number) {
    temporary_ = fmt::format("{}.{}-{}.tmp", target_.string(), ::getpid(), number);
    file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file_ < 0 && errno != EEXIST) failed();
  }
}

NewFile::~NewFile() {
  if (file_ >= 0) ::close(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void NewFile::write(const void* bytes, std::size_t count) {
  const char* from = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = ::write(file_, from, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) failed();
    from += written;
    count -= static_cast<std::size_t>(written);
  }
}

void NewFile::finish() {
  if (::fsync(file_) != 0) failed();
  if (::close(std::exchange(file_, -1)) != 0) failed();
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) failed();
  temporary_.clear();
}

void NewFile::failed() const {
  fail<Error>("{}: cannot write {}: {}", caller_, path_.string(),
              std::generic_category().message(errno));
}

}  // namespace engram
