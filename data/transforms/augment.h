#pragma once

#include <engram/autograd/random.h>
#include <engram/autograd/size2d.h>
#include <engram/autograd/tensor.h>

#include <array>

namespace engram::data {

// Random transforms of an image x (…, height, width), with the names, distributions and defaults of
// torchvision.transforms. They draw from the generator that `Dataset::map` gives for a sample:
//
//     train.map([](const Tensor& x, Generator& random) {
//       const Tensor window = data::random_crop(x, random, {.size = 28, .padding = 2});
//       return data::random_horizontal_flip(window, random);
//     })
//
// What is drawn holds for the whole of x: its channels, and its samples if it has several. A result
// may be x itself. Dtypes and errors are those of the functions in image.h
// which they call, and an Error for an option out of range.

/// `hflip` with probability p.
Tensor random_horizontal_flip(const Tensor& x, Generator& generator, double p = 0.5);

/// The image moved by whole pixels, at most so many up or down, and to the left or right, each
/// number equally likely. Zeros come in. At most 2^26 pixels. The closest in torchvision is the
/// `translate` of RandomAffine, a share of the image's size.
Tensor random_shift(const Tensor& x, Generator& generator, Size2d pixels);

struct RandomCropOptions {
  Size2d size;
  Size2d padding = 0;  ///< zeros on every side of the image; at most 2^26
};

/// A window of the padded image, each place equally likely. ShapeError if it is larger.
Tensor random_crop(const Tensor& x, Generator& generator, const RandomCropOptions& options);

/// `rotate` by an angle that is uniform in [-degrees, degrees]. Bilinear, where torchvision's
/// default is the nearest pixel.
Tensor random_rotation(const Tensor& x, Generator& generator, double degrees);

struct RandomErasingOptions {
  double p = 0.5;
  std::array<double, 2> scale = {0.02, 0.33};  ///< area as a share of the image's: from, to
  std::array<double, 2> ratio = {0.3, 3.3};    ///< height to width: from, to; log-uniform
  double value = 0;
};

/// `erase`, with probability p, of a rectangle that lies within the image. Ten are drawn to find
/// one that is lower and narrower than the image; if none is, nothing is erased.
/// Zhong, Zheng, Kang, Li and Yang, "Random erasing data augmentation", arXiv 1708.04896.
Tensor random_erasing(const Tensor& x, Generator& generator,
                      const RandomErasingOptions& options = {});

}  // namespace engram::data
