#pragma once

#include <engram/data/dataset.h>

#include <filesystem>

namespace engram::data {

struct MnistOptions {
  /// The folder with the subfolders `mnist` and `fashion-mnist`; by default ${ENGRAM_DATA}, or
  /// ~/.cache/engram.
  std::filesystem::path root = {};
};

struct TrainTest {
  Dataset train;
  Dataset test;
};

/// The handwritten digits: x (N, 1, 28, 28), y in 0..9; 60,000 to train and 10,000 to test. Files
/// with another number of images, above 0, or another size of images are read too.
///
///     auto [train, test] = data::mnist();
///
/// DataError when a file is missing (`scripts/fetch-data mnist` gets it), broken, without images,
/// or with images without pixels, when the numbers of images and labels differ, and when a label is
/// above 9.
TrainTest mnist(const MnistOptions& options = {});

/// Fashion-MNIST: articles of clothing in the same form. Xiao, Rasul and Vollgraf,
/// arXiv 1708.07747.
TrainTest fashion_mnist(const MnistOptions& options = {});

}  // namespace engram::data
