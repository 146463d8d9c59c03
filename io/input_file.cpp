#include <engram/autograd/error.h>
#include <engram/io/input_file.h>
#include <engram/io/path.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace engram {

InputFile::InputFile(const char* caller, const std::filesystem::path& path)
    : caller_(caller), name_(path.string()) {
  check_path(caller, path);
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file_ < 0) failed();
  struct stat status;
  if (::fstat(file_, &status) == 0 && S_ISREG(status.st_mode)) {
    size_ = static_cast<std::uint64_t>(status.st_size);
    return;
  }
  ::close(file_);
  fail<DataError>("{}: cannot read {}: it is no regular file", caller, name_);
}

InputFile::~InputFile() { ::close(file_); }

std::size_t InputFile::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got =
        ::pread(file_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) failed();
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

void InputFile::failed() const {
  fail<DataError>("{}: cannot read {}: {}", caller_, name_, std::generic_category().message(errno));
}

}  // namespace engram
