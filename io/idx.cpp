#include <engram/io/atomic_file.h>
#include <engram/io/idx.h>
#include <engram/io/input_file.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace engram {
namespace {

constexpr std::uint32_t magic_of_rank_0 = 0x0800;  // 08 is the type: unsigned bytes
constexpr int max_rank = 4;
constexpr std::int64_t max_size = 0xFFFFFFFF;  // of 4 bytes

std::uint32_t big_endian(const std::byte* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(bytes[i]);
  return value;
}

void put_big_endian(std::uint32_t value, std::byte* bytes) {
  for (int i = 3; i >= 0; --i, value >>= 8) bytes[i] = static_cast<std::byte>(value & 0xFF);
}

/// The number of bytes of a header's shape.
std::int64_t bytes_of(const Shape& shape, const std::string& name) {
  std::int64_t product = 1;  // without zeros, so that they hide no overflow
  bool empty = false;
  for (std::int64_t size : shape) {
    empty |= size == 0;
    if (size == 0) continue;
    check_data(product <= (std::int64_t{1} << 53) / size,
               "read_idx: {}, offset 4: expected sizes that a file can hold, got {}", name, shape);
    product *= size;
  }
  return empty ? 0 : product;
}

}  // namespace

Tensor read_idx(const std::filesystem::path& path) {
  const InputFile file("read_idx", path);
  const std::string& name = path.native();

  std::array<std::byte, 4 + 4 * max_rank> header;
  std::size_t got = file.read(0, std::span(header).first(4));
  check_data(got == 4, "read_idx: {}, offset 0: expected a magic number of 4 bytes, got {} bytes",
             name, got);
  const std::uint32_t magic = big_endian(header.data());
  check_data(magic > magic_of_rank_0 && magic <= magic_of_rank_0 + max_rank,
             "read_idx: {}, offset 0: expected a magic number from 0x00000801 to 0x00000804, "
             "got 0x{:08X}",
             name, magic);

  const std::size_t rank = magic - magic_of_rank_0;
  got = file.read(4, std::span(header).subspan(4, 4 * rank));
  check_data(got == 4 * rank, "read_idx: {}, offset 4: expected {} bytes of sizes, got {} bytes",
             name, 4 * rank, got);
  Shape shape;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    shape.push_back(big_endian(header.data() + 4 + 4 * axis));
  }

  const std::size_t offset = 4 + 4 * rank;
  const std::int64_t expected = bytes_of(shape, name);
  const std::int64_t found = static_cast<std::int64_t>(file.size() - offset);
  check_data(expected == found, "read_idx: {}, offset {}: expected {} bytes for {}, got {} bytes",
             name, offset, expected, shape, found);
  Tensor x(shape, u8);
  got = file.read(offset, x.bytes());
  check_data(got == x.bytes().size(),
             "read_idx: {}, offset {}: the file was cut short while it was read", name,
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

  AtomicFile file("write_idx", path);
  file.write(header.data(), 4 + 4 * static_cast<std::size_t>(x.rank()));
  file.write(x.bytes().data(), x.bytes().size());
  file.finish();
}

}  // namespace engram
