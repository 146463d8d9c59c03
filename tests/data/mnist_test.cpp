#include <engram/autograd/create.h>
#include <engram/data/mnist.h>
#include <engram/io/idx.h>

#include "../temporary_folder.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>
#include <string>

using namespace engram;

namespace {

/// A data folder with a tiny data set: three images to train, two to test.
struct TinyMnist {
  TemporaryFolder root;
  std::filesystem::path folder;

  explicit TinyMnist(const std::string& name = "mnist") : folder(root / name) {
    std::filesystem::create_directory(folder);
    const Tensor pixels = tensor({0, 51, 102, 153, 204, 255}, {3, 2, 1}, u8);
    write_idx(folder / "train-images-idx3-ubyte", pixels);
    write_idx(folder / "train-labels-idx1-ubyte", tensor({9, 0, 4}, u8));
    write_idx(folder / "t10k-images-idx3-ubyte", view(pixels, {2, 2, 1}));
    write_idx(folder / "t10k-labels-idx1-ubyte", tensor({1, 2}, u8));
  }

  void check_error(const std::string& expected) const {
    CHECK_THROWS_WITH_AS(data::mnist({.root = root.path()}), expected.c_str(), DataError);
  }
};

/// Sets a variable of the environment for as long as it lives.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    set(value);
  }
  ~Environment() { set(old_ ? old_->c_str() : nullptr); }

 private:
  void set(const char* value) {
    if (value)
      ::setenv(name_, value, 1);
    else
      ::unsetenv(name_);
  }
  const char* name_;
  std::optional<std::string> old_;
};

}  // namespace

TEST_CASE("images of any number and size, as f32 in [0, 1], and labels") {
  const TinyMnist tiny;
  auto [train, test] = data::mnist({.root = tiny.root.path()});
  CHECK(train.size() == 3);
  CHECK(test.size() == 2);
  CHECK(train.sample_shape() == Shape{1, 2, 1});
  const auto [x, y] = train.all();
  CHECK(x.shape() == Shape{3, 1, 2, 1});
  CHECK(x.dtype() == f32);
  CHECK(x.data<float>()[1] == 0.2f);
  CHECK(x.data<float>()[5] == 1.0f);
  CHECK(y.shape() == Shape{3});
  CHECK(y.data<std::int64_t>()[0] == 9);
  CHECK(test.all().y.data<std::int64_t>()[1] == 2);
}

TEST_CASE("the environment says where the data are") {
  const TinyMnist tiny("fashion-mnist");
  {
    const Environment data("ENGRAM_DATA", tiny.root.path().c_str());
    CHECK(data::fashion_mnist().train.size() == 3);
  }
  const Environment data("ENGRAM_DATA", "");
  std::filesystem::create_directory(tiny.root / ".cache");
  std::filesystem::create_directory(tiny.root / ".cache/engram");
  std::filesystem::rename(tiny.folder, tiny.root / ".cache/engram/fashion-mnist");
  {
    const Environment home("HOME", tiny.root.path().c_str());
    CHECK(data::fashion_mnist().train.size() == 3);
  }
  const Environment home("HOME", nullptr);
  CHECK_THROWS_WITH_AS(data::fashion_mnist(),
                       "the data folder is not known: neither ENGRAM_DATA nor HOME is set",
                       DataError);
}

TEST_CASE("a missing file names the script that gets it") {
  const TinyMnist tiny;
  const std::filesystem::path missing = tiny.folder / "t10k-labels-idx1-ubyte";
  std::filesystem::remove(missing);
  tiny.check_error(
      fmt::format("mnist: there is no {}; scripts/fetch-data mnist gets it", missing.native()));
}

TEST_CASE("a name that the system does not take") {
  const std::filesystem::path root = std::string(300, 'x');
  CHECK_THROWS_WITH_AS(
      data::mnist({.root = root}),
      fmt::format("mnist: cannot read {}/mnist/train-images-idx3-ubyte: File name too long",
                  root.native())
          .c_str(),
      DataError);
}

TEST_CASE("a file without images") {
  for (const std::string part : {"train", "t10k"}) {
    const TinyMnist tiny;
    write_idx(tiny.folder / (part + "-images-idx3-ubyte"), zeros({0, 28, 28}, u8));
    write_idx(tiny.folder / (part + "-labels-idx1-ubyte"), zeros({0}, u8));
    tiny.check_error(
        fmt::format("mnist: {}/{}-images-idx3-ubyte holds no images", tiny.folder.native(), part));
  }
}

TEST_CASE("images without pixels") {
  const TinyMnist tiny;
  const std::filesystem::path images = tiny.folder / "train-images-idx3-ubyte";
  for (const auto& [height, width] : {std::pair(0, 28), std::pair(28, 0), std::pair(0, 0)}) {
    write_idx(images, zeros({3, height, width}, u8));
    tiny.check_error(
        fmt::format("mnist: {} holds images of {} by {} pixels", images.native(), height, width));
  }
}

TEST_CASE("a broken file") {
  const TinyMnist tiny;
  const std::filesystem::path broken = tiny.folder / "train-images-idx3-ubyte";
  write_file(broken, "PK");
  tiny.check_error(fmt::format(
      "read_idx: {}, offset 0: expected a magic number of 4 bytes, got 2 bytes", broken.native()));
}

TEST_CASE("numbers of images and labels that differ") {
  const TinyMnist tiny;
  write_idx(tiny.folder / "t10k-labels-idx1-ubyte", tensor({1, 2, 3}, u8));
  tiny.check_error(
      fmt::format("mnist: 2 images in {0}/t10k-images-idx3-ubyte, "
                  "3 labels in {0}/t10k-labels-idx1-ubyte",
                  tiny.folder.native()));
}

TEST_CASE("a label out of range") {
  const TinyMnist tiny;
  write_idx(tiny.folder / "train-labels-idx1-ubyte", tensor({9, 10, 0}, u8));
  tiny.check_error(
      fmt::format("mnist: {}/train-labels-idx1-ubyte, offset 9: label 1 is 10, expected 0 to 9",
                  tiny.folder.native()));
}

TEST_CASE("files of another rank") {
  const TinyMnist tiny;
  write_idx(tiny.folder / "train-images-idx3-ubyte", zeros({3, 4}, u8));
  tiny.check_error(fmt::format("mnist: {}/train-images-idx3-ubyte: expected 3 axes, got (3, 4)",
                               tiny.folder.native()));
}

TEST_CASE("MNIST itself") {
  std::optional<data::TrainTest> mnist;
  try {
    mnist = data::mnist();
  } catch (const DataError& missing) {
    MESSAGE("skipped: " << std::string(missing.what()));
    return;
  }
  CHECK(mnist->train.size() == 60000);
  CHECK(mnist->test.size() == 10000);
  CHECK(mnist->train.sample_shape() == Shape{1, 28, 28});
  const auto first = mnist->train.take(5).all().y;
  CHECK(std::vector(first.data<std::int64_t>().begin(), first.data<std::int64_t>().end()) ==
        std::vector<std::int64_t>{5, 0, 4, 1, 9});
  double sum = 0;
  const Tensor x = mnist->test.all().x;
  for (float pixel : x.data<float>()) sum += pixel;
  CHECK(sum / static_cast<double>(x.numel()) == doctest::Approx(0.13251461).epsilon(1e-6));
}
