#pragma once

#include <engram/data/dataset.h>

#include <filesystem>

namespace engram::data {

struct MnistOptions {
  /// The folder that has a folder `mnist` or `fashion-mnist`; by default ${ENGRAM_DATA}, or
  /// ~/.cache/engram.
  std::filesystem::path root = {};
};

struct TrainTest {
  Dataset train;
  Dataset test;
};

/// The handwritten digits: x (N, 1, 28, 28), y in 0..9; 60,000 to train and 10,000 to test. Any
/// number above 0 and any size of images is taken that the files state and hold.
///
///     auto [train, test] = data::mnist();
///
/// DataError when a file is missing (`scripts/fetch-data mnist` gets it), broken, without images,
/// or with images that have no pixels, when the numbers of images and labels differ, and when a
/// label is above 9.
TrainTest mnist(const MnistOptions& options = {});

/// Fashion-MNIST: articles of clothing in the same form. Xiao, Rasul and Vollgraf,
/// arXiv 1708.07747.
TrainTest fashion_mnist(const MnistOptions& options = {});

}  // namespace engram::data
