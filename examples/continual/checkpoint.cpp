#include "continual/checkpoint.h"

#include <engram/autograd/error.h>
#include <engram/io/atomic_file.h>
#include <engram/io/state_file.h>

#include <algorithm>

namespace engram::examples::runs {
namespace {

Tensor to_tensor(const std::string& text) {
  Tensor bytes({std::ssize(text)}, u8);
  std::ranges::copy(text, bytes.data<std::uint8_t>().begin());
  return bytes;
}

std::string to_text(const Tensor& tensor) {
  check(tensor.dtype() == u8, "a text is not u8");
  const auto bytes = tensor.data<std::uint8_t>();
  return {bytes.begin(), bytes.end()};
}

/// Of names, shapes and values.
std::string checksum(const StateDict& state) {
  Fingerprint print;
  for (const auto& [name, value] : state) {
    print.add(fmt::format("{} {};", name, value.shape()))
        .add(value.bytes().data(), value.bytes().size());
  }
  return print.text();
}

}  // namespace

void check_can_save(const std::filesystem::path& file) {
  std::filesystem::create_directories(file.parent_path());
  const AtomicFile writable("checkpoint", file);
}

void save_checkpoint(const std::filesystem::path& file, const Setup& setup,
                     const Checkpoint& checkpoint) {
  StateDict all;
  all.add("setup", to_tensor(to_json(setup).dump()));
  all.add("outcome", to_tensor(to_json(checkpoint.outcome).dump()));
  all.add_all("network.", checkpoint.network);
  all.add_all("optimizer.", checkpoint.optimizer);
  all.add_all("method.", checkpoint.method);
  all.add("checksum", to_tensor(checksum(all)));
  std::filesystem::create_directories(file.parent_path());
  save(all, file);
}

Checkpoint load_checkpoint(const std::filesystem::path& file, const Setup& setup) {
  const StateDict all = load(file);
  StateDict summed;
  for (const auto& [name, value] : all) {
    if (name != "checksum") summed.add(name, value);
  }
  check_data(to_text(all["checksum"]) == checksum(summed), "{}: the checksum is wrong",
             file.string());
  check_data(to_text(all["setup"]) == to_json(setup).dump(), "{}: it is of another run",
             file.string());
  return {.outcome = outcome_from_json(Json::parse(to_text(all["outcome"]))),
          .network = all.part("network."),
          .optimizer = all.part("optimizer."),
          .method = all.part("method.")};
}

}  // namespace engram::examples::runs
