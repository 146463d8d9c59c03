// `save` and `load` of state.h: the safetensors format.

#include <engram/autograd/error.h>
#include <engram/autograd/new_file.h>
#include <engram/autograd/path.h>
#include <engram/autograd/safetensors.h>
#include <engram/autograd/state.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <fstream>
#include <functional>
#include <numeric>
#include <system_error>
#include <utility>

namespace engram {
namespace {

namespace fs = std::filesystem;
static_assert(std::endian::native == std::endian::little, "elements are written as they stand");

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
  NewFile file("save", path);
  file.write(&length, sizeof length);
  file.write(header.data(), header.size());
  for (const std::size_t i : order) file.write(values[i].bytes().data(), values[i].bytes().size());
  file.finish();
}

StateDict load(const fs::path& path) {
  check_path("load", path);
  const std::string name = path.string();
  std::error_code error;
  const bool regular = fs::is_regular_file(path, error);
  check_data(!error, "load: cannot read {}: {}", name, error.message());
  check_data(regular, "load: cannot read {}: it is no regular file", name);
  const std::uint64_t size = fs::file_size(path, error);
  std::ifstream in(path, std::ios::binary);
  check_data(!error && in, "load: cannot read {}: {}", name,
             std::generic_category().message(errno));

  std::uint64_t at = 0;
  const auto read = [&](void* bytes, std::uint64_t count) {
    in.read(static_cast<char*>(bytes), static_cast<std::streamsize>(count));
    check_data(in.good(), "load: {}, offset {}: expected {} bytes, got {}", name, at, count,
               in.gcount());
    at += count;
  };

  std::uint64_t length = 0;
  check_data(size >= sizeof length, "load: {}, offset 0: expected 8 bytes, got {}", name, size);
  read(&length, sizeof length);
  check_data(length <= size - at,
             "load: {}, offset 0: a header of {} bytes is announced, {} follow", name, length,
             size - at);
  check_data(length <= safetensors::max_header_bytes,
             "load: {}, offset 0: a header of {} bytes is announced, at most {} are allowed", name,
             length, safetensors::max_header_bytes);
  std::string header(length, '\0');
  read(header.data(), length);
  const std::uint64_t data = at;

  StateDict state;
  for (safetensors::Entry& entry : safetensors::read_header(name, header, size - data)) {
    Tensor value(entry.shape, entry.dtype);
    at = data + entry.begin;
    in.seekg(static_cast<std::streamoff>(at));
    read(value.bytes().data(), value.bytes().size());
    state.add(std::move(entry.name), std::move(value));
  }
  return state;
}

}  // namespace engram
