#include <engram/data/mnist.h>
#include <engram/io/idx.h>

#include <cstdlib>
#include <string>
#include <system_error>

namespace engram::data {
namespace {

namespace fs = std::filesystem;

fs::path default_root() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return fs::path(value ? value : "");
  };
  if (const fs::path root = variable("ENGRAM_DATA"); !root.empty()) return root;
  const fs::path home = variable("HOME");
  check_data(!home.empty(), "the data folder is not known: neither ENGRAM_DATA nor HOME is set");
  return home / ".cache" / "engram";
}

Tensor read(const std::string& name, const fs::path& path, int rank) {
  std::error_code error;
  const bool exists = fs::exists(path, error);
  check_data(!error, "{}: cannot read {}: {}", name, path.native(), error.message());
  check_data(exists, "{}: there is no {}; scripts/fetch-data {} gets it", name, path.native(),
             name);
  Tensor x = read_idx(path);
  check_data(x.rank() == rank, "{}: {}: expected {} axes, got {}", name, path.native(), rank,
             x.shape());
  return x;
}

Dataset load(const std::string& name, const fs::path& folder, const std::string& part) {
  const fs::path image_path = folder / (part + "-images-idx3-ubyte");
  const fs::path label_path = folder / (part + "-labels-idx1-ubyte");
  const Tensor images = read(name, image_path, 3), labels = read(name, label_path, 1);
  const std::int64_t count = images.size(0);
  check_data(count > 0, "{}: {} holds no images", name, image_path.native());
  check_data(images.numel() > 0, "{}: {} holds images of {} by {} pixels", name,
             image_path.native(), images.size(1), images.size(2));
  check_data(labels.size(0) == count, "{}: {} images in {}, {} labels in {}", name, count,
             image_path.native(), labels.size(0), label_path.native());

  Tensor y({count}, i64);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const int label = labels.data<std::uint8_t>()[i];
    check_data(label <= 9, "{}: {}, offset {}: label {} is {}, expected 0 to 9", name,
               label_path.native(), 8 + i, i, label);
    y.data<std::int64_t>()[i] = label;
  }
  return {view(images, {count, 1, images.size(1), images.size(2)}), y};
}

TrainTest load(const std::string& name, const MnistOptions& options) {
  const fs::path folder = (options.root.empty() ? default_root() : options.root) / name;
  return {load(name, folder, "train"), load(name, folder, "t10k")};
}

}  // namespace

TrainTest mnist(const MnistOptions& options) { return load("mnist", options); }
TrainTest fashion_mnist(const MnistOptions& options) { return load("fashion-mnist", options); }

}  // namespace engram::data
