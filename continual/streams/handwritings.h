#pragma once

#include <engram/autograd/random.h>
#include <engram/continual/streams/stream.h>

#include <cstdint>

namespace engram::continual {

/// How a person writes, compared with the data set. With the values here as the data set does.
/// Lengths are in pixels, and meant for digits about 20 high, as in MNIST.
struct Handwriting {
  double slant = 0;       ///< how far upright strokes lean to the right: tangent of the angle
  double turn = 0;        ///< of the line that is written on, counter-clockwise, in degrees
  double height = 1;      ///< of the digits
  double width = 1;       ///< of the digits
  double stroke = 0;      ///< thicker by about a pixel on either side at 1; thinner down to -0.6
  double unevenness = 0;  ///< how much the thickness changes within a digit: standard deviation
  double tremble = 0;     ///< length of the elastic displacement along each axis: the same
  double smoothness = 4;  ///< of both: standard deviation of the Gaussian that smooths the noise
  double jitter = 0;      ///< how much slant, turn, size and place change from digit to digit

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
/// every task shows the same images as another person would have written them. Slant, turn, size,
/// thickness and tremble are drawn once for a customer, and vary a little from image to image;
/// thickness and tremble vary within an image too.
///
///     for (const continual::Task& task : continual::handwritings(train, test, {.customers = 10}))
///     { ... }
///
/// An image is sheared, turned, scaled and displaced in one bilinear step; then strokes are made
/// thicker or thinner by a share of a grey dilation or erosion with a cross of five pixels. The
/// displacement is the elastic distortion of Simard, Steinkraus and Platt, "Best practices for
/// convolutional neural networks applied to visual document analysis", ICDAR 2003: uniform noise,
/// smoothed. Their σ is `smoothness`; in the place of their α stands the standard deviation that it
/// leads to (α = 34 and σ = 4 displace by 1.4 pixels; here it is 0.2 to 0.8).
///
/// A customer's images are a function of (seed, number of the customer, number of the image), for
/// any number of customers, of threads and of the other images. They are written when samples of
/// the task are first asked for. The stream keeps what was written to test; images to train live as
/// long as their task.
///
/// Error when `customers` is negative, or `variety` negative or not finite; DTypeError unless
/// samples are u8; ShapeError unless they are (…, height, width), the same in train and test; the
/// errors of `class_count`.
Stream handwritings(const data::Dataset& train, const data::Dataset& test,
                    const HandwritingsOptions& options = {});

/// The handwriting of a customer from 0 on: of `options`, it depends on variety and seed. Error for
/// a negative number, and for the variety as above.
Handwriting handwriting(int customer, const HandwritingsOptions& options = {});

/// The images as a person would write them. What is random in image i is a function of the stream,
/// of i and of their size.
///
/// Error when a value is not finite, a size is not above 0, the smoothness is below 0.1, or
/// another value that cannot be negative is; DTypeError and ShapeError as above.
data::Dataset handwritten(const data::Dataset& images, const Handwriting& hand,
                          const RandomStream& random = {});

}  // namespace engram::continual
