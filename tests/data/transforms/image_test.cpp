#include <engram/engram.h>

#include <doctest/doctest.h>

#include <limits>

#include "../../close.h"

using namespace engram;

namespace {

constexpr DType all_dtypes[] = {f32, f64, i64, u8, boolean};
constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

/// 1, 2, 3, ... in this shape.
Tensor counted(const Shape& shape, DType dtype = f32) {
  return reshape(arange(1, static_cast<double>(shape.numel()) + 1, 1, dtype), shape);
}

}  // namespace

TEST_CASE("hflip: each row of each channel reversed") {
  check_close(data::hflip(counted({2, 2, 3})), {3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10});
  check_close(data::hflip(counted({2, 2})), {2, 1, 4, 3});
  for (const DType dtype : all_dtypes) {
    const Tensor flipped = data::hflip(tensor({0, 1, 1}, {1, 3}, dtype));
    CHECK(flipped.dtype() == dtype);
    check_close(flipped, {1, 1, 0});
  }
  for (const Shape& shape : {Shape{0, 3}, Shape{3, 0}, Shape{0, 2, 2}}) {
    CHECK(data::hflip(zeros(shape)).shape() == shape);
  }
  check_close(data::hflip(counted({2, 3, 1})), {1, 2, 3, 4, 5, 6});
}

// The numbers are those of torchvision 0.14: F.crop(torch.arange(1., 13).reshape(1, 3, 4), ...).
TEST_CASE("crop: a window, with zeros beyond the image") {
  const Tensor x = counted({1, 3, 4});
  CHECK(data::crop(x, 1, 1, 2).shape() == Shape{1, 2, 2});
  check_close(data::crop(x, 1, 1, 2), {6, 7, 10, 11});
  CHECK(data::crop(x, -1, 2, {3, 4}).shape() == Shape{1, 3, 4});
  check_close(data::crop(x, -1, 2, {3, 4}), {0, 0, 0, 0, 3, 4, 0, 0, 7, 8, 0, 0});
  check_close(data::crop(x, -1, -1, {5, 6}), {0, 0, 0, 0, 0, 0,  0,  1,  2, 3, 4, 0, 0, 5, 6,
                                              7, 8, 0, 0, 9, 10, 11, 12, 0, 0, 0, 0, 0, 0, 0});
  check_close(data::crop(counted({2, 2, 2}), 0, 1, {2, 1}), {2, 4, 6, 8});
  for (const DType dtype : all_dtypes) {
    const Tensor window = data::crop(tensor({1, 1, 0, 1}, {2, 2}, dtype), 1, 0, {2, 2});
    CHECK(window.dtype() == dtype);
    check_close(window, {0, 1, 0, 0});
  }
}

TEST_CASE("crop: a window beside the image, or of nothing, and an image of nothing") {
  const Tensor x = counted({1, 2, 3});
  for (const std::int64_t beyond :
       {lowest, lowest + 1, std::int64_t{-2}, std::int64_t{3}, highest}) {
    check_close(data::crop(x, beyond, 0, 2), {0, 0, 0, 0});
    check_close(data::crop(x, 0, beyond, 2), {0, 0, 0, 0});
  }
  CHECK(data::crop(x, 0, 0, 0).shape() == Shape{1, 0, 0});
  CHECK(data::crop(x, 1, 5, {0, 2}).shape() == Shape{1, 0, 2});
  check_close(data::crop(zeros({2, 0, 3}), -1, 0, {1, 2}), {0, 0, 0, 0});
  check_close(data::crop(zeros({1, 3, 0}), 0, -1, {1, 2}), {0, 0});
  CHECK(data::crop(zeros({0, 2, 2}), 0, 0, 1).shape() == Shape{0, 1, 1});
  CHECK_THROWS_WITH_AS(data::crop(x, 0, 0, {-1, 2}),
                       "crop: the size must be at least 0, got (-1, 2)", Error);
  CHECK_THROWS_WITH_AS(
      data::crop(x, 0, 0, highest),
      "a tensor of shape (1, 9223372036854775807, 9223372036854775807) is too large", ShapeError);
}

// The numbers are those of torchvision 0.14: F.rotate(x, degrees, InterpolationMode.BILINEAR).
TEST_CASE("rotate: counter-clockwise, bilinear, with zeros at the corners") {
  const Tensor x = counted({1, 3, 4});
  check_close(data::rotate(x, 30),
              {0.65312624, 2.26915145, 4.96891117, 5.28237867, 2.20096207, 5.06698704, 7.93301249,
               10.79903793, 3.83012748, 8.03108883, 9.22251797, 4.33854580},
              1e-6);
  check_close(data::rotate(x, -20),
              {2.46487808, 2.61340332, 2.33691907, 1.95242143, 7.14258194, 6.71419430, 6.28580618,
               5.85741806, 5.16218185, 9.22394562, 10.38659668, 7.26485205},
              1e-6);
  check_close(data::rotate(counted({1, 3, 3}), 45),
              {1.17157292, 3.58578610, 3.51471806, 2.17157245, 5, 7.82842731, 2.34314585,
               6.41421366, 4.68629074},
              1e-6);
  check_close(data::rotate(counted({2, 2, 2}), 90), {2, 4, 1, 3, 6, 8, 5, 7});
  check_close(data::rotate(x, 180), {12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 1e-6);
  check_close(data::rotate(20 * counted({1, 3, 4}, u8), 30),
              {13, 45, 99, 106, 44, 101, 159, 216, 77, 161, 184, 87});
}

TEST_CASE("rotate: by 0, images of one pixel and of none, errors") {
  const Tensor x = counted({1, 2, 2});
  CHECK(data::rotate(x, 0).is(x));
  check_close(data::rotate(x, 360), {1, 2, 3, 4}, 1e-6);
  check_close(data::rotate(counted({2, 1, 1}), 33), {1, 2});
  for (const Shape& shape : {Shape{2, 0, 3}, Shape{2, 3, 0}, Shape{0, 3, 3}}) {
    CHECK(data::rotate(zeros(shape), 5).shape() == shape);
  }
  for (const double degrees : {5.0, 0.0}) {
    CHECK_THROWS_WITH_AS(data::rotate(cast(x, f64), degrees), "rotate: needs f32 or u8, got f64",
                         DTypeError);
  }
  CHECK_THROWS_WITH_AS(data::rotate(x, std::numeric_limits<double>::infinity()),
                       "rotate: the angle must be finite, got inf", Error);
}

// The numbers are those of torchvision 0.14: F.erase(torch.arange(1., 13).reshape(1, 3, 4), ...).
TEST_CASE("erase: another value in a rectangle, as far as it lies within the image") {
  const Tensor x = counted({1, 3, 4});
  check_close(data::erase(x, 1, 2, {2, 5}, -1), {1, 2, 3, 4, 5, 6, -1, -1, 9, 10, -1, -1});
  check_close(data::erase(x, 0, 1, {1, 2}), {1, 0, 0, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  check_close(data::erase(x, -1, -1, 2), {0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  check_close(x, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});  // as it was
  check_close(data::erase(counted({2, 1, 2}), 0, 1, 1), {1, 0, 3, 0});
  check_close(data::erase(counted({1, 2}, u8), 0, 0, 1, 300), {255, 2});
  for (const DType dtype : all_dtypes) {
    const Tensor erased = data::erase(tensor({1, 1, 1}, {1, 3}, dtype), 0, 1, 1);
    CHECK(erased.dtype() == dtype);
    check_close(erased, {1, 0, 1});
  }
  for (const std::int64_t beyond : {lowest, std::int64_t{-2}, std::int64_t{4}, highest}) {
    check_close(data::erase(counted({1, 2}), beyond, 0, 2), {1, 2});
    check_close(data::erase(counted({1, 2}), 0, beyond, 2), {1, 2});
  }
  check_close(data::erase(counted({1, 2}), 0, 0, highest), {0, 0});
  check_close(data::erase(counted({1, 2}), 0, 0, {0, 2}), {1, 2});
  CHECK(data::erase(zeros({1, 0, 2}), 0, 0, 1).shape() == Shape{1, 0, 2});
  CHECK_THROWS_WITH_AS(data::erase(x, 0, 0, {2, -1}),
                       "erase: the size must be at least 0, got (2, -1)", Error);
}

TEST_CASE("transforms of an image: no image, and one that a tape would record") {
  const Tensor row = zeros({3});
  CHECK_THROWS_WITH_AS(data::hflip(row), "hflip: needs an image (…, height, width), got (3,)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(data::crop(row, 0, 0, 1),
                       "crop: needs an image (…, height, width), got (3,)", ShapeError);
  CHECK_THROWS_WITH_AS(data::rotate(row, 1), "rotate: needs an image (…, height, width), got (3,)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(data::erase(row, 0, 0, 1),
                       "erase: needs an image (…, height, width), got (3,)", ShapeError);
  const Tensor learned = zeros({2, 2});
  learned.set_requires_grad();
  CHECK(data::hflip(learned).shape() == Shape{2, 2});
  const Tape tape;
  CHECK_THROWS_WITH_AS(data::hflip(learned),
                       "hflip: it has no gradient; detach() makes a constant of its input",
                       AutogradError);
}
