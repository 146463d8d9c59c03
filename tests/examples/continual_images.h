#pragma once

#include <engram/data/mnist.h>

#include <cstdint>

/// Images of 4 × 4 pixels, whose label 0 to 3 is a bright column; test images differ slightly.
inline engram::data::TrainTest small_images(std::int64_t train = 60, std::int64_t test = 20) {
  const auto part = [](std::int64_t count, std::uint8_t noise) {
    engram::Tensor x({count, 1, 4, 4}, engram::u8), y({count}, engram::i64);
    for (std::int64_t i = 0; i < count; ++i) {
      for (std::int64_t pixel = 0; pixel < 16; ++pixel) {
        const auto dark = static_cast<std::uint8_t>((i * 37 + pixel * 101) % 90 + noise);
        x.data<std::uint8_t>()[static_cast<std::size_t>(16 * i + pixel)] =
            pixel % 4 == i % 4 ? 200 : dark;
      }
      y.data<std::int64_t>()[static_cast<std::size_t>(i)] = i % 4;
    }
    return engram::data::Dataset(x, y);
  };
  return {part(train, 0), part(test, 30)};
}
