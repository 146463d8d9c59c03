#include <engram/autograd/error.h>
#include <engram/io/atomic_file.h>
#include <engram/io/input_file.h>
#include <engram/io/safetensors.h>
#include <engram/io/state_file.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <functional>
#include <numeric>
#include <span>
#include <utility>

namespace engram {
namespace {

namespace fs = std::filesystem;
static_assert(std::endian::native == std::endian::little, "elements are written as they stand");

/// A bool of any other byte than 0 and 1 must not be read: the behaviour is undefined.
void check_booleans(const std::string& file, std::uint64_t offset, const Tensor& value) {
  if (value.dtype() != boolean) return;
  for (const std::byte each : value.bytes()) {
    check_data(each <= std::byte{1}, "load: {}, offset {}: expected a BOOL of 0 or 1, got {}", file,
               offset, std::to_integer<int>(each));
    ++offset;
  }
}

}  // namespace

void save(const StateDict& state, const fs::path& path) {
  std::vector<safetensors::Entry> entries;
  std::vector<Tensor> values;
  for (const auto& [name, value] : state) {
    entries.push_back({name, value.dtype(), value.shape()});
    values.push_back(value);
  }

  // The header keeps the state's order; wide elements go first, so that all of them stand aligned.
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater(),
                           [&](std::size_t i) { return size_of(values[i].dtype()); });
  std::uint64_t end = 0;
  for (const std::size_t i : order) {
    entries[i].begin = end;
    entries[i].end = end += values[i].bytes().size();
  }

  const std::string header = safetensors::write_header(entries);
  const std::uint64_t length = header.size();
  AtomicFile file("save", path);
  file.write(&length, sizeof length);
  file.write(header.data(), header.size());
  for (const std::size_t i : order) file.write(values[i].bytes().data(), values[i].bytes().size());
  file.finish();
}

StateDict load(const fs::path& path) {
  const InputFile file("load", path);
  const std::string name = path.string();
  const auto read = [&](std::uint64_t offset, std::span<std::byte> bytes) {
    const std::size_t got = file.read(offset, bytes);
    check_data(got == bytes.size(), "load: {}, offset {}: expected {} bytes, got {}", name, offset,
               bytes.size(), got);
  };

  std::uint64_t length = 0;
  read(0, std::as_writable_bytes(std::span(&length, 1)));
  const std::uint64_t after_length = file.size() - sizeof length;
  check_data(length <= after_length,
             "load: {}, offset 0: a header of {} bytes is announced, {} follow", name, length,
             after_length);
  check_data(length <= safetensors::max_header_bytes,
             "load: {}, offset 0: a header of {} bytes is announced, at most {} are allowed", name,
             length, safetensors::max_header_bytes);
  std::string header(length, '\0');
  read(sizeof length, std::as_writable_bytes(std::span(header)));
  const std::uint64_t data = sizeof length + length;

  StateDict state;
  for (safetensors::Entry& entry : safetensors::read_header(name, header, file.size() - data)) {
    Tensor value(entry.shape, entry.dtype);
    read(data + entry.begin, value.bytes());
    check_booleans(name, data + entry.begin, value);
    state.add(std::move(entry.name), std::move(value));
  }
  return state;
}

}  // namespace engram
