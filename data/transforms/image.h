#pragma once

#include <engram/autograd/size2d.h>
#include <engram/autograd/tensor.h>

#include <cstdint>

namespace engram::data {

// Transforms of an image x (…, height, width), the same for all of its channels, with the names and
// values of torchvision.transforms.functional. Of any dtype unless it says otherwise. ShapeError
// for less than two axes; AutogradError if a tape would record x, since none has a gradient.

/// The image mirrored: what was left is right.
Tensor hflip(const Tensor& x);

/// The window of this size whose upper left corner is pixel (top, left) of the image. Zeros where
/// it reaches beyond the image. Error for a negative size.
Tensor crop(const Tensor& x, std::int64_t top, std::int64_t left, Size2d size);

/// The image turned counter-clockwise about its middle, bilinear; zeros come in at the corners.
/// f32, or u8, which is rounded: DTypeError. Error unless the angle is finite. Returns x itself for
/// an angle of 0.
Tensor rotate(const Tensor& x, double degrees);

/// The image with another value in the rectangle of this size whose upper left corner is pixel
/// (top, left), as far as it lies within the image. Of the image's dtype as `full` makes it. Error
/// for a negative size.
Tensor erase(const Tensor& x, std::int64_t top, std::int64_t left, Size2d size, double value = 0);

/// What all of them need; for functions that call them, which `caller` names.
void check_image(const char* caller, const Tensor& x);

}  // namespace engram::data
