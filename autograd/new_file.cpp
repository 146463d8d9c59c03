#include <engram/autograd/error.h>
#include <engram/autograd/new_file.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace engram {

NewFile::NewFile(const char* caller, const std::filesystem::path& path)
    : caller_(caller), path_(path) {
  for (int number = 0; file_ < 0; ++number) {
    temporary_ = fmt::format("{}.{}-{}.tmp", path.string(), ::getpid(), number);
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
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) failed();
  temporary_.clear();
}

void NewFile::failed() const {
  fail<Error>("{}: cannot write {}: {}", caller_, path_.string(),
              std::generic_category().message(errno));
}

}  // namespace engram
