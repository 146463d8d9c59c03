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
#include <optional>
#include <span>
#include <utility>

namespace engram {
namespace {

namespace fs = std::filesystem;
static_assert(std::endian::native == std::endian::little, "elements are written as they stand");

/// Reading a bool of a byte other than 0 and 1 is undefined behaviour.
void check_booleans(const std::string& file, std::uint64_t offset, const Tensor& value) {
  if (value.dtype() != boolean) return;
  for (const std::byte each : value.bytes()) {
    check_data(each <= std::byte{1}, "load: {}, offset {}: expected a BOOL of 0 or 1, got {}", file,
               offset, std::to_integer<int>(each));
    ++offset;
  }
}

/// Calls `write(pointer, count)` for each part of the file's bytes.
template <class Write>
void write_parts(const StateDict& state, const Write& write) {
  std::vector<safetensors::Entry> entries;
  std::vector<Tensor> values;
  for (const auto& [name, value] : state) {
    entries.push_back({name, value.dtype(), value.shape()});
    values.push_back(value);
  }

  // The header has the state's order; the data begin with wide elements, so that all are aligned.
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
  write(&length, sizeof length);
  write(header.data(), header.size());
  for (const std::size_t i : order) write(values[i].bytes().data(), values[i].bytes().size());
}

/// Reads a file of `size` bytes with `read(offset, bytes)`, which returns the number of bytes read.
template <class Read>
StateDict read_parts(const std::string& name, std::uint64_t size, const Read& read) {
  const auto read_all = [&](std::uint64_t offset, std::span<std::byte> bytes) {
    const std::size_t got = read(offset, bytes);
    check_data(got == bytes.size(), "load: {}, offset {}: expected {} bytes, got {}", name, offset,
               bytes.size(), got);
  };

  std::uint64_t length = 0;
  read_all(0, std::as_writable_bytes(std::span(&length, 1)));
  const std::uint64_t after_length = size - sizeof length;
  check_data(length <= after_length,
             "load: {}, offset 0: a header of {} bytes is announced, {} follow", name, length,
             after_length);
  check_data(length <= safetensors::max_header_bytes,
             "load: {}, offset 0: a header of {} bytes is announced, at most {} are allowed", name,
             length, safetensors::max_header_bytes);
  std::string header(length, '\0');
  read_all(sizeof length, std::as_writable_bytes(std::span(header)));
  const std::uint64_t data = sizeof length + length;

  StateDict state;
  for (safetensors::Entry& entry : safetensors::read_header(name, header, size - data)) {
    Tensor value(entry.shape, entry.dtype);
    read_all(data + entry.begin, value.bytes());
    check_booleans(name, data + entry.begin, value);
    state.add(std::move(entry.name), std::move(value));
  }
  return state;
}

}  // namespace

void save(const StateDict& state, const fs::path& path) {
  std::optional<AtomicFile> file;  // opened once the names are checked
  write_parts(state, [&](const void* bytes, std::size_t count) {
    if (!file) file.emplace("save", path);
    file->write(bytes, count);
  });
  file->finish();
}

StateDict load(const fs::path& path) {
  const InputFile file("load", path);
  return read_parts(
      path.string(), file.size(),
      [&](std::uint64_t offset, std::span<std::byte> bytes) { return file.read(offset, bytes); });
}

std::vector<std::byte> serialize(const StateDict& state) {
  std::vector<std::byte> file;
  write_parts(state, [&](const void* bytes, std::size_t count) {
    const auto* first = static_cast<const std::byte*>(bytes);
    file.insert(file.end(), first, first + count);
  });
  return file;
}

StateDict deserialize(std::span<const std::byte> bytes, const std::string& name) {
  return read_parts(name, bytes.size(), [&](std::uint64_t offset, std::span<std::byte> part) {
    const std::size_t count =
        offset < bytes.size() ? std::min<std::size_t>(part.size(), bytes.size() - offset) : 0;
    std::ranges::copy(bytes.subspan(offset < bytes.size() ? offset : 0, count), part.begin());
    return count;
  });
}

}  // namespace engram
