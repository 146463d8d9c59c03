#include <engram/autograd/error.h>
#include <engram/io/atomic_file.h>
#include <engram/io/path.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <utility>

namespace engram {

namespace {

/// The end of a chain of symbolic links, which need not exist. The chain must not be a cycle.
std::filesystem::path follow_links(std::filesystem::path path) {
  std::error_code no_link;
  for (;;) {
    const std::filesystem::path target = std::filesystem::read_symlink(path, no_link);
    if (no_link) return path;
    path = path.parent_path() / target;
  }
}

/// Whether `name` is STEM.PID-NUMBER.tmp.
bool is_temporary(std::string_view name, std::string_view stem) {
  if (!name.starts_with(stem) || !name.ends_with(".tmp")) return false;
  name.remove_prefix(stem.size());
  name.remove_suffix(4);
  return name.starts_with('.') && name.find('-') != name.npos &&
         name.find_first_not_of(".-0123456789") == name.npos;
}

}  // namespace

// Delegates to the other constructor: the destructor then runs when this one throws.
AtomicFile::AtomicFile(const char* caller, const std::filesystem::path& path) : AtomicFile() {
  check_path(caller, path);
  caller_ = caller;
  path_ = path;
  struct stat status;
  const bool replaces = ::stat(path.c_str(), &status) == 0;
  if (replaces) {
    check(S_ISREG(status.st_mode), "{}: cannot write {}: it is no regular file", caller,
          path.string());
  } else if (errno != ENOENT) {
    failed();
  }
  target_ = follow_links(path);
  // A long name is cut, so that the temporary name is not too long.
  constexpr std::size_t longest_stem = NAME_MAX - 32;
  const std::string stem = target_.filename().string().substr(0, longest_stem);
  // No name is used twice in a process: a sweeping process may have opened an earlier file of the
  // name.
  static std::atomic<unsigned> number{0};
  while (!open_temporary(fmt::format("{}.{}-{}.tmp", stem, ::getpid(), number++))) {
  }
  if (replaces) {
    // Keeps the owner if permitted; else drops the setuid and setgid bits, which were for that
    // owner.
    const bool same_owner = ::fchown(file_, status.st_uid, status.st_gid) == 0;
    if (::fchmod(file_, status.st_mode & (same_owner ? 07777 : 0777)) != 0) failed();
  }
  sweep(stem);
}

/// False when the name is taken. The file is locked while open, which keeps `sweep` of other
/// processes from removing it; on a file system without locks, `sweep` removes nothing.
bool AtomicFile::open_temporary(const std::string& name) {
  const std::string path = (target_.parent_path() / name).string();
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0 && errno == EEXIST) return false;
  if (file < 0) failed();
  struct stat status;
  const bool is_swept = (::flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) ||
                        (::fstat(file, &status) == 0 && status.st_nlink == 0);
  if (is_swept) {  // by another process, before the lock
    ::close(file);
    return false;
  }
  file_ = file;
  temporary_ = path;
  return true;
}

/// Removes the temporary files of killed processes.
void AtomicFile::sweep(const std::string& stem) const {
  const std::filesystem::path folder =
      target_.has_parent_path() ? target_.parent_path() : std::filesystem::path(".");
  std::error_code unreadable;  // on an error nothing is swept
  std::filesystem::directory_iterator entry(folder, unreadable);
  for (; !unreadable && entry != end(entry); entry.increment(unreadable)) {
    const std::filesystem::path& path = entry->path();
    if (!is_temporary(path.filename().string(), stem)) continue;
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) continue;
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) ::unlink(path.c_str());
    ::close(file);
  }
}

AtomicFile::~AtomicFile() {
  if (file_ >= 0) ::close(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* bytes, std::size_t count) {
  const char* from = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = ::write(file_, from, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) failed();
    from += written;
    count -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::finish() {
  if (::fsync(file_) != 0) failed();
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) failed();
  temporary_.clear();
  if (::close(std::exchange(file_, -1)) != 0) failed();  // releases the lock too
  // The new name is on the disk once the folder is.
  if (!sync_folder_of(target_)) failed();
}

void AtomicFile::failed() const {
  fail<Error>("{}: cannot write {}: {}", caller_, path_.string(),
              std::generic_category().message(errno));
}

}  // namespace engram
