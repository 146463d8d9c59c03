#include <engram/data/idx.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

namespace engram::data {
namespace {

constexpr std::uint32_t magic_of_rank_0 = 0x0800;  // 08 is the type: unsigned bytes
constexpr int max_rank = 4;
constexpr std::int64_t max_size = 0xFFFFFFFF;  // what 4 bytes hold

/// A file descriptor that closes itself.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }
  int close() { return ::close(std::exchange(descriptor_, -1)); }

 private:
  int descriptor_;
};

std::uint32_t big_endian(const std::byte* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(bytes[i]);
  return value;
}

void put_big_endian(std::uint32_t value, std::byte* bytes) {
  for (int i = 3; i >= 0; --i, value >>= 8) bytes[i] = static_cast<std::byte>(value & 0xFF);
}

/// Fills `bytes` from the file's position on; returns how many there were.
std::size_t read_bytes(const File& file, const std::string& name, std::span<std::byte> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    check_data(got >= 0, "read_idx: {}: cannot be read: {}", name, std::strerror(errno));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

bool write_bytes(const File& file, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(file.get(), bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return true;
}

/// How many bytes the header's sizes ask for.
std::int64_t bytes_of(const Shape& shape, const std::string& name) {
  std::int64_t product = 1;  // without the zeros, so that they hide no overflow
  bool empty = false;
  for (std::int64_t size : shape) {
    empty |= size == 0;
    if (size == 0) continue;
    check_data(product <= (std::int64_t{1} << 53) / size,
               "read_idx: {}: at offset 4: expected sizes that a file can hold, found {}", name,
               shape);
    product *= size;
  }
  return empty ? 0 : product;
}

}  // namespace

Tensor read_idx(const std::filesystem::path& path) {
  const std::string& name = path.native();
  // Without O_NONBLOCK, opening a named pipe would wait for its other end.
  const File file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  check_data(file.get() >= 0, "read_idx: {}: cannot be opened: {}", name, std::strerror(errno));
  struct stat status;
  check_data(::fstat(file.get(), &status) == 0, "read_idx: {}: cannot be examined: {}", name,
             std::strerror(errno));
  check_data(S_ISREG(status.st_mode), "read_idx: {}: is not a regular file", name);

  std::array<std::byte, 4 + 4 * max_rank> header;
  std::size_t got = read_bytes(file, name, std::span(header).first(4));
  check_data(got == 4,
             "read_idx: {}: at offset 0: expected a magic number of 4 bytes, found {} bytes", name,
             got);
  const std::uint32_t magic = big_endian(header.data());
  check_data(magic > magic_of_rank_0 && magic <= magic_of_rank_0 + max_rank,
             "read_idx: {}: at offset 0: expected a magic number from 0x00000801 to 0x00000804, "
             "found 0x{:08X}",
             name, magic);

  const std::size_t rank = magic - magic_of_rank_0;
  got = read_bytes(file, name, std::span(header).subspan(4, 4 * rank));
  check_data(got == 4 * rank,
             "read_idx: {}: at offset 4: expected {} bytes of sizes, found {} bytes", name,
             4 * rank, got);
  Shape shape;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    shape.push_back(big_endian(header.data() + 4 + 4 * axis));
  }

  const std::size_t offset = 4 + 4 * rank;
  const std::int64_t expected = bytes_of(shape, name);
  const std::int64_t found =
      static_cast<std::int64_t>(status.st_size) - static_cast<std::int64_t>(offset);
  check_data(expected == found,
             "read_idx: {}: at offset {}: expected {} bytes for {}, found {} bytes", name, offset,
             expected, shape, found);
  Tensor x(shape, u8);
  got = read_bytes(file, name, x.bytes());
  check_data(got == x.bytes().size(),
             "read_idx: {}: at offset {}: the file was cut short while it was read", name,
             offset + got);
  return x;
}

void write_idx(const std::filesystem::path& path, const Tensor& x) {
  check_dtype(x.dtype() == u8, "write_idx: needs u8, got {}", x.dtype());
  check_shape(x.rank() >= 1 && x.rank() <= max_rank, "write_idx: needs a rank from 1 to {}, got {}",
              max_rank, x.shape());
  std::array<std::byte, 4 + 4 * max_rank> header;
  put_big_endian(magic_of_rank_0 + static_cast<std::uint32_t>(x.rank()), header.data());
  for (int axis = 0; axis < x.rank(); ++axis) {
    check_shape(x.size(axis) <= max_size, "write_idx: a size of {} does not fit 4 bytes",
                x.shape());
    put_big_endian(static_cast<std::uint32_t>(x.size(axis)), header.data() + 4 + 4 * axis);
  }

  // In the same folder, because a rename is atomic within one file system only.
  static std::atomic<int> count{0};
  const std::string temporary = fmt::format("{}.{}-{}.tmp", path.native(), ::getpid(), count++);
  File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  check_data(file.get() >= 0, "write_idx: {}: cannot be created: {}", temporary,
             std::strerror(errno));
  const bool written =
      write_bytes(file, std::span(header).first(4 + 4 * static_cast<std::size_t>(x.rank()))) &&
      write_bytes(file, x.bytes()) && ::fsync(file.get()) == 0 && file.close() == 0 &&
      std::rename(temporary.c_str(), path.c_str()) == 0;
  if (!written) {
    const int error = errno;
    ::unlink(temporary.c_str());
    fail<DataError>("write_idx: {}: cannot be written: {}", path.native(), std::strerror(error));
  }
}

}  // namespace engram::data
