#pragma once

#include <engram/autograd/random.h>
#include <engram/continual/streams/stream.h>

#include <cstdint>

namespace engram::continual {

/// A person's handwriting relative to the data set's, which is that of the defaults. Lengths are in
/// pixels, for digits about 20 pixels high, as in MNIST.
struct Handwriting {
  double slant = 0;   ///< of upright strokes to the right: tangent of the angle
  double turn = 0;    ///< rotation of the baseline, counter-clockwise, in degrees
  double height = 1;  ///< scale of the digits
  double width = 1;   ///< scale of the digits
  double stroke = 0;  ///< stroke width: 1 adds about a pixel on either side, -0.6 is the thinnest
  double unevenness = 0;  ///< standard deviation of the stroke width within a digit
  double tremble = 0;     ///< standard deviation of the elastic displacement along each axis
  double smoothness = 4;  ///< of both: standard deviation of the Gaussian that smooths the noise
  double jitter = 0;      ///< variation of slant, turn, size and position from digit to digit

  bool operator==(const Handwriting&) const = default;
};

struct HandwritingsOptions {
  int customers = 10;
  double variety = 1;  ///< how much handwritings differ; 0: not at all; 2: some are hard to read
  std::uint64_t seed = 0;
  bool flatten = false;  ///< samples come as vectors
  Scenario scenario = Scenario::domain;
};

/// A bank reads the digits of one customer after the other, each with a handwriting of their own:
/// every task has the same images as if written by another person. Slant, turn, size, stroke width
/// and tremble are drawn once for a customer, and vary a little from image to image; stroke width
/// and tremble vary within an image too.
///
///     for (const continual::Task& task : continual::handwritings(train, test, {.customers = 10}))
///     { ... }
///
/// An image is sheared, rotated, scaled and displaced in one bilinear resampling; then strokes are
/// made thicker or thinner by a fraction of a grey-scale dilation or erosion with a cross of five
/// pixels. The displacement is the elastic distortion of Simard, Steinkraus and Platt, "Best
/// practices for convolutional neural networks applied to visual document analysis", ICDAR 2003:
/// uniform noise, smoothed. Their σ is `smoothness`; their α is replaced by the resulting standard
/// deviation (α = 34 and σ = 4 displace by 1.4 pixels; here 0.2 to 0.8).
///
/// The random numbers of image i of customer k are a function of (seed, k, i), whatever the numbers
/// of customers, images and threads. Images are computed when samples of their task are first read.
/// The stream keeps test images; training images live as long as their task.
///
/// Error when `customers` is negative, or `variety` negative or not finite; DTypeError unless
/// samples are u8; ShapeError unless they are (…, height, width), the same in train and test; the
/// errors of `class_count`.
Stream handwritings(const data::Dataset& train, const data::Dataset& test,
                    const HandwritingsOptions& options = {});

/// The handwriting of customer number `customer`, from 0: a function of the options' variety and
/// seed. Error for a negative number, and for the variety as above.
Handwriting handwriting(int customer, const HandwritingsOptions& options = {});

/// The images in a handwriting. The random numbers of image i are a function of `random`, i and the
/// size of the images.
///
/// Error for a value that is not finite, a height or width not above 0, a smoothness below 0.1, and
/// a negative unevenness, tremble or jitter; DTypeError and ShapeError as above.
data::Dataset handwritten(const data::Dataset& images, const Handwriting& hand,
                          const RandomStream& random = {});

}  // namespace engram::continual
