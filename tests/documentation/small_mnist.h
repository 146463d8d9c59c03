#pragma once

#include <engram/io/idx.h>

#include <filesystem>
#include <random>
#include <string>

namespace engram::test {

/// Digits as a calculator shows them, 20 by 12 pixels near the middle of 28 by 28, with noise:
/// enough of MNIST for a program that learns within a second.
class SmallDigits {
 public:
  Tensor images, labels;  ///< u8 (n, 28, 28) and u8 (n,)

  SmallDigits(std::int64_t n, unsigned seed)
      : images({n, 28, 28}, u8), labels({n}, u8), random_(seed) {
    for (std::int64_t i = 0; i < n; ++i) {
      const int digit = static_cast<int>(i % 10);
      labels.data<std::uint8_t>()[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(digit);
      draw(images.data<std::uint8_t>().data() + 784 * i, digit);
    }
  }

 private:
  /// In [0, n). The distributions of the standard library differ between platforms.
  int below(unsigned n) { return static_cast<int>(random_() % n); }

  void draw(std::uint8_t* image, int digit) {
    for (int pixel = 0; pixel < 784; ++pixel) image[pixel] = static_cast<std::uint8_t>(below(120));
    struct Bar {
      int row, column, height, width;
    };
    static constexpr Bar bars[7] = {{0, 0, 3, 12}, {0, 9, 11, 3}, {9, 9, 11, 3}, {17, 0, 3, 12},
                                    {9, 0, 11, 3}, {0, 0, 11, 3}, {8, 0, 3, 12}};
    static constexpr const char* lit[10] = {"012345", "12",     "01346", "01236",   "1256",
                                            "02356",  "023456", "012",   "0123456", "012356"};
    const int top = 3 + below(3), left = 7 + below(3);
    for (const char* bar = lit[digit]; *bar != '\0'; ++bar) {
      const Bar& b = bars[*bar - '0'];
      for (int row = b.row; row < b.row + b.height; ++row) {
        for (int column = b.column; column < b.column + b.width; ++column) {
          image[28 * (top + row) + left + column] = static_cast<std::uint8_t>(130 + below(120));
        }
      }
    }
  }

  std::mt19937 random_;
};

/// Writes 1,200 training and 200 test images in the files of scripts/fetch-data for MNIST.
inline void write_small_mnist(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  const auto write = [&](const std::string& part, const SmallDigits& digits) {
    write_idx(folder / (part + "-images-idx3-ubyte"), digits.images);
    write_idx(folder / (part + "-labels-idx1-ubyte"), digits.labels);
  };
  write("train", SmallDigits(1200, 0));
  write("t10k", SmallDigits(200, 1));
}

}  // namespace engram::test
