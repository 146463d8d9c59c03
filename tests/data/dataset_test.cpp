#include <engram/autograd/create.h>
#include <engram/autograd/memory.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/tape.h>
#include <engram/data/dataset.h>

#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>
#include <vector>

using namespace engram;

namespace {

using Rows = std::vector<std::int64_t>;

template <class T = float>
std::vector<T> values(const Tensor& x) {
  const auto data = x.data<T>();
  return {data.begin(), data.end()};
}

/// Samples 0 to n - 1 of one element each, with the label 10·x.
data::Dataset numbered(std::int64_t n) {
  return {arange(n), arange(0, 10.0 * static_cast<double>(n), 10, i64)};
}

Rows samples(const data::Dataset& dataset) { return values<std::int64_t>(dataset.all().x); }

/// One image of 2×3 pixels.
data::Dataset image() {
  return {tensor({0, 51, 102, 153, 204, 255}, {1, 1, 2, 3}, u8), tensor({4}, i64)};
}

}  // namespace

TEST_CASE("a batch has the rows asked for, in their order") {
  const auto [x, y] = numbered(5).batch(Rows{3, 0, 3});
  CHECK(values<std::int64_t>(x) == Rows{3, 0, 3});
  CHECK(values<std::int64_t>(y) == Rows{30, 0, 30});
  CHECK(numbered(5).batch(Rows{}).x.shape() == Shape{0});
}

TEST_CASE("u8 comes out as f32 in [0, 1], other dtypes as they are") {
  Tensor bytes({256, 1}, u8);
  for (std::size_t i = 0; i < 256; ++i)
    bytes.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(i);
  const Tensor x = data::Dataset(bytes, zeros({256})).all().x;
  CHECK(x.dtype() == f32);
  for (std::size_t i = 0; i < 256; ++i) CHECK(x.data<float>()[i] == static_cast<float>(i) / 255.0f);

  const double third = 1.0 / 3, infinity = std::numeric_limits<double>::infinity();
  const Tensor f64s = data::Dataset(tensor({third, -infinity}, f64), zeros({2})).all().x;
  CHECK(values<double>(f64s) == std::vector<double>{third, -infinity});
  const Tensor f32s = data::Dataset(tensor({third, 1e-30}), zeros({2})).all().x;
  CHECK(values(f32s) == std::vector<float>{static_cast<float>(third), 1e-30f});
  const Tensor bits = data::Dataset(tensor({1, 0}, boolean), zeros({2}, boolean)).all().x;
  CHECK(values<bool>(bits) == std::vector<bool>{true, false});
  const Tensor i64s = data::Dataset(tensor(Rows{-5, std::int64_t{1} << 62}), zeros({2})).all().x;
  CHECK(values<std::int64_t>(i64s) == Rows{-5, std::int64_t{1} << 62});
}

TEST_CASE("targets may be of any shape and dtype") {
  const data::Dataset regression(zeros({3, 2}), tensor({1, 2, 3, 4, 5, 6}, {3, 2}, f64));
  const Tensor y = regression.batch(Rows{2, 0}).y;
  CHECK(y.shape() == Shape{2, 2});
  CHECK(values<double>(y) == std::vector<double>{5, 6, 1, 2});
}

TEST_CASE("large batches are as small ones are") {
  // Enough for several threads.
  const data::Dataset pair = image().subset(Rows(3000, 0)).pad(2).flatten();
  const Tensor x = pair.all().x;
  REQUIRE(x.shape() == Shape{3000, 42});
  const auto first = values(pair.take(1).all().x);
  for (std::size_t i = 0; i < 3000; ++i) {
    REQUIRE(std::equal(first.begin(), first.end(),
                       x.data<float>().begin() + static_cast<std::ptrdiff_t>(42 * i)));
  }
}

TEST_CASE("subset, slice and take, of each other too") {
  const data::Dataset ten = numbered(10);
  CHECK(samples(ten.subset(Rows{7, 1, 5, 1})) == Rows{7, 1, 5, 1});
  CHECK(samples(ten.subset(Rows{7, 1, 5, 1}).subset(Rows{2, 0})) == Rows{5, 7});
  CHECK(samples(ten.subset(Rows{7, 1, 5, 1}).slice(1, 3)) == Rows{1, 5});
  CHECK(samples(ten.slice(4, 7)) == Rows{4, 5, 6});
  CHECK(samples(ten.slice(4, 7).subset(Rows{2, 0})) == Rows{6, 4});
  CHECK(samples(ten.slice(4, 7).slice(1, 2)) == Rows{5});
  CHECK(samples(ten.take(2)) == Rows{0, 1});
  CHECK(ten.take(20).size() == 10);
  CHECK(ten.take(0).size() == 0);
  CHECK(ten.slice(10, 10).all().y.shape() == Shape{0});
  CHECK(ten.subset(Rows{}).size() == 0);
  CHECK(values<std::int64_t>(ten.slice(4, 7).all().y) == Rows{40, 50, 60});
}

TEST_CASE("what is derived shares the samples") {
  const data::Dataset images(zeros({1000, 28, 28}, u8), zeros({1000}, i64));
  memory::release_cached();
  const std::size_t before = memory::stats().reserved;
  const data::Dataset copy = images;
  const data::Dataset derived = copy.slice(10, 900).pad(1).normalize(0.5, 0.5).flatten().take(500);
  CHECK(derived.size() == 500);
  CHECK(memory::stats().reserved - before < 20000);  // two lists of pixels; the images are 784,000
}

TEST_CASE("pad puts zeros around every image") {
  const data::Dataset padded = image().pad(1);
  CHECK(padded.sample_shape() == Shape{1, 4, 5});
  const Tensor x = padded.all().x;
  CHECK(x.shape() == Shape{1, 1, 4, 5});
  CHECK(values(x) == std::vector<float>{0, 0,    0,    0,    0,  //
                                        0, 0,    0.2f, 0.4f, 0,  //
                                        0, 0.6f, 0.8f, 1,    0,  //
                                        0, 0,    0,    0,    0});
  CHECK(values(image().pad(0).all().x) == values(image().all().x));

  const data::Dataset channels(tensor({1, 2}, {1, 2, 1, 1}), zeros({1}));
  CHECK(values(channels.pad(1).all().x) ==
        std::vector<float>{0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0});
  CHECK(values(channels.pad(1).pad(1).all().x) == values(channels.pad(2).all().x));
}

TEST_CASE("flatten keeps the order") {
  const data::Dataset flat = image().flatten();
  CHECK(flat.all().x.shape() == Shape{1, 6});
  CHECK(values(flat.all().x) == values(image().all().x));
}

TEST_CASE("permute_pixels takes pixel i from permutation[i], and composes") {
  const data::Dataset numbers(tensor({10, 11, 12}, {1, 3}), zeros({1}));
  const Rows order = {2, 0, 1};
  CHECK(values(numbers.permute_pixels(order).all().x) == std::vector<float>{12, 10, 11});
  CHECK(values(numbers.permute_pixels(order).permute_pixels(order).all().x) ==
        std::vector<float>{11, 12, 10});
  CHECK(numbers.permute_pixels(order).sample_shape() == Shape{3});
  CHECK_THROWS_WITH_AS(numbers.permute_pixels(Rows{0, 1}),
                       "Dataset::permute_pixels: 2 numbers for samples of 3 elements", Error);
  CHECK_THROWS_WITH_AS(numbers.permute_pixels(Rows{0, 1, 0}),
                       "Dataset::permute_pixels: not a permutation of 0 to 2: 0 is there twice",
                       Error);
  CHECK_THROWS_WITH_AS(numbers.permute_pixels(Rows{0, 1, 3}),
                       "Dataset::permute_pixels: not a permutation of 0 to 2: 3 is out of range",
                       Error);
  CHECK_THROWS_WITH_AS(numbers.permute_pixels(Rows{0, -1, 1}),
                       "Dataset::permute_pixels: not a permutation of 0 to 2: -1 is out of range",
                       Error);
}

TEST_CASE("normalize works on what batches hold, the padding included, and composes") {
  CHECK(values(image().normalize(0.5, 0.25).take(1).all().x)[5] == 2);
  CHECK(values(image().normalize(0.5, 0.25).pad(1).all().x)[0] == -2);
  CHECK(values(image().pad(1).normalize(0.5, 0.25).all().x)[0] == -2);
  const data::Dataset doubles(tensor({3, 5}, f64), zeros({2}));
  CHECK(values<double>(doubles.normalize(4, 2).all().x) == std::vector<double>{-0.5, 0.5});
  CHECK(values<double>(doubles.normalize(4, 2).normalize(1, 0.5).all().x) ==
        std::vector<double>{-3, -1});
}

TEST_CASE("map applies functions in order, to whole batches") {
  const data::Dataset numbers(tensor({1, 2, 3}), tensor({1, 2, 3}));
  const data::Dataset mapped =
      numbers.map([](const Tensor& x) { return x + 1; }).map([](const Tensor& x) {
        return x * static_cast<double>(x.size(0));
      });
  CHECK(values(mapped.all().x) == std::vector<float>{6, 9, 12});
  CHECK(values(mapped.take(2).all().x) == std::vector<float>{4, 6});
  CHECK(values(numbers.all().x) == std::vector<float>{1, 2, 3});
}

TEST_CASE("normalize: after transform too") {
  const auto same = [](const Tensor& x) { return x; };
  const data::Dataset two(tensor({1, 2}, {2, 1}), arange(2));
  CHECK(values(two.transform(same).normalize(0.5, 0.25).all().x) == std::vector<float>{2, 6});
  const data::Dataset labels(arange(2), arange(2));
  CHECK_THROWS_WITH_AS(labels.transform(same).normalize(0, 1),
                       "Dataset::normalize: i64 samples are not converted", DTypeError);
}

TEST_CASE("map and map_targets: as many samples come out as go in") {
  const data::Dataset four(zeros({4, 2}), arange(4));
  const auto half = [](const Tensor& x) { return slice(x, 0, 0, x.size(0) / 2); };
  CHECK_THROWS_WITH_AS(four.map(half).all(),
                       "Dataset::map: 4 samples became (2, 2); there must still be 4", ShapeError);
  CHECK_THROWS_WITH_AS(four.map_targets(half).all(),
                       "Dataset::map_targets: 4 samples became (2,); there must still be 4",
                       ShapeError);
  CHECK_THROWS_WITH_AS(four.map([](const Tensor&) { return scalar(1); }).all(),
                       "Dataset::map: 4 samples became (); there must still be 4", ShapeError);
}

TEST_CASE("no tape records the functions given to map") {
  const Tensor weight = ones({3});
  weight.set_requires_grad();
  const data::Dataset numbers(tensor({1, 2, 3}), tensor({1, 2, 3}));
  const Tape tape;
  const Tensor x = numbers.map([&](const Tensor& each) { return each * weight; }).all().x;
  CHECK(tape.size() == 0);
  CHECK_FALSE(x.requires_grad());
}

TEST_CASE("the samples stay when the tensors they came in are given other values") {
  const Tensor x = tensor({1, 2, 3}), y = tensor({4, 5, 6});
  const data::Dataset numbers(x, y);
  x.set_data(zeros({1}));
  y.set_data(zeros({1}));
  CHECK(numbers.size() == 3);
  CHECK(values(numbers.all().x) == std::vector<float>{1, 2, 3});
  CHECK(values(numbers.all().y) == std::vector<float>{4, 5, 6});
}

TEST_CASE("a function comes after what rearranges and converts") {
  const data::Dataset mapped = image().map([](const Tensor& x) { return x; });
  CHECK_THROWS_WITH_AS(mapped.pad(1), "Dataset::pad: must come before map", Error);
  CHECK_THROWS_WITH_AS(mapped.flatten(), "Dataset::flatten: must come before map", Error);
  CHECK_THROWS_WITH_AS(mapped.permute_pixels(Rows{0}),
                       "Dataset::permute_pixels: must come before map", Error);
  CHECK_THROWS_WITH_AS(mapped.normalize(0, 1), "Dataset::normalize: must come before map", Error);
}

TEST_CASE("transform makes all samples anew, once, when they are asked for") {
  int calls = 0;
  const data::Dataset once = numbered(4).transform([&calls](const Tensor& x) {
    ++calls;
    return x * x + 1;
  });
  const data::Dataset later = once.slice(1, 3), some = once.subset(Rows{3, 0});
  CHECK(once.size() == 4);
  CHECK(once.sample_shape() == Shape{});
  CHECK(later.targets().data<std::int64_t>()[0] == 10);
  CHECK(calls == 0);
  CHECK(samples(later) == Rows{2, 5});
  CHECK(samples(some) == Rows{10, 1});
  CHECK(samples(once) == Rows{1, 2, 5, 10});
  CHECK(samples(once.slice(1, 4).slice(1, 2)) == Rows{5});
  CHECK(calls == 1);
}

TEST_CASE("transform gets the samples as they are stored, with what was rearranged before it") {
  const data::Dataset images(tensor({0, 51, 102, 153}, {2, 1, 2}, u8), tensor({8, 9}, i64));
  const auto seen = [](const data::Dataset& dataset, const Shape& shape,
                       const std::vector<std::uint8_t>& expected) {
    return dataset.transform([=](const Tensor& x) {
      CHECK(x.shape() == shape);
      CHECK(values<std::uint8_t>(x) == expected);
      return full(x.shape(), 255, u8);
    });
  };
  const data::Dataset plain = seen(images.normalize(0.5, 0.25), {2, 1, 2}, {0, 51, 102, 153});
  CHECK(plain.dtype() == u8);
  CHECK(values(plain.all().x) == std::vector<float>{2, 2, 2, 2});  // normalised as before

  const data::Dataset rearranged =
      seen(images.subset(Rows{1}).pad(1), {1, 3, 4}, {0, 0, 0, 0, 0, 102, 153, 0, 0, 0, 0, 0});
  const data::Batch batch = rearranged.flatten().all();
  CHECK(values(batch.x) == std::vector<float>(12, 1));
  CHECK(batch.y.item<std::int64_t>() == 9);

  const auto add_one = [](const Tensor& y) { return y + 1; };
  const data::Dataset mapped = images.subset(Rows{1}).map_targets(add_one);
  CHECK(seen(mapped, {1, 1, 2}, {102, 153}).all().y.item<std::int64_t>() == 10);
  CHECK(seen(images.take(0), {0, 1, 2}, {}).all().x.shape() == Shape{0, 1, 2});
}

TEST_CASE("a chain of transforms may be of any length") {
  const auto chain = [](int length, int* calls) {
    data::Dataset dataset = numbered(2);
    for (int each = 0; each < length; ++each) {
      dataset = dataset.transform([calls](const Tensor& x) {
        ++*calls;
        return x + 1;
      });
    }
    return dataset;
  };
  constexpr int length = 100'000;
  int calls = 0;
  {
    const data::Dataset made = chain(length, &calls);
    CHECK(samples(made) == Rows{length, length + 1});
    CHECK(samples(made.slice(1, 2)) == Rows{length + 1});
  }
  CHECK(calls == length);
  { const data::Dataset never_made = chain(length, &calls); }
  CHECK(calls == length);
  const data::Dataset half = chain(length / 2, &calls);
  data::Dataset rest = half;
  for (int each = 0; each < length / 2; ++each) {
    rest = rest.transform([](const Tensor& x) { return x + 1; });
  }
  rest = numbered(1);  // data shared with `half` stays
  CHECK(samples(half) == Rows{length / 2, length / 2 + 1});
}

TEST_CASE("a transform that throws can be asked again") {
  bool broken = true;
  const data::Dataset fragile = numbered(2).transform([&](const Tensor& x) {
    if (broken) throw std::runtime_error("broken");
    return x;
  });
  const data::Dataset after = fragile.transform([](const Tensor& x) { return x + 1; });
  CHECK_THROWS_WITH_AS(after.all(), "broken", std::runtime_error);
  broken = false;
  CHECK(samples(after) == Rows{1, 2});
}

TEST_CASE("what transform cannot do") {
  const data::Dataset four = numbered(4);
  const auto transformed = [&](const Tensor& x) {
    return four.transform([x](const Tensor&) { return x; }).all();
  };
  CHECK_THROWS_WITH_AS(transformed(arange(3)),
                       "Dataset::transform: samples of shape (4,) became (3,)", ShapeError);
  CHECK_THROWS_WITH_AS(transformed(zeros({4})), "Dataset::transform: i64 samples became f32",
                       DTypeError);
  const auto same = [](const Tensor& x) { return x; };
  CHECK_THROWS_WITH_AS(four.map(same).transform(same), "Dataset::transform: must come before map",
                       Error);
}

TEST_CASE("mistakes") {
  CHECK_THROWS_WITH_AS(data::Dataset(zeros({3, 2}), zeros({2})),
                       "Dataset: x has 3 samples, y has 2", ShapeError);
  CHECK_THROWS_WITH_AS(data::Dataset(scalar(1), zeros({1})),
                       "Dataset: needs an axis of samples in x and in y, x is (), y is (1,)",
                       ShapeError);
  const data::Dataset three = numbered(3);
  CHECK_THROWS_WITH_AS(three.batch(Rows{0, 3}), "Dataset::batch: there is no sample 3, there are 3",
                       Error);
  CHECK_THROWS_WITH_AS(three.batch(Rows{-1}), "Dataset::batch: there is no sample -1, there are 3",
                       Error);
  CHECK_THROWS_WITH_AS(three.subset(Rows{5}), "Dataset::subset: there is no sample 5, there are 3",
                       Error);
  CHECK_THROWS_WITH_AS(three.subset(Rows{0}).batch(Rows{1}),
                       "Dataset::batch: there is no sample 1, there are 1", Error);
  CHECK_THROWS_WITH_AS(three.slice(2, 4), "Dataset::slice: samples from 2 to 4 do not lie within 3",
                       Error);
  CHECK_THROWS_WITH_AS(three.slice(2, 1), "Dataset::slice: samples from 2 to 1 do not lie within 3",
                       Error);
  CHECK_THROWS_WITH_AS(three.take(-1),
                       "Dataset::take: the number of samples must be at least 0, got -1", Error);
  CHECK_THROWS_WITH_AS(three.pad(1), "Dataset::pad: needs samples (…, height, width), got ()",
                       ShapeError);
  const data::Dataset bits(zeros({1, 2}, boolean), zeros({1}));
  CHECK_THROWS_WITH_AS(bits.normalize(0, 1),
                       "Dataset::normalize: boolean samples are not converted", DTypeError);
  CHECK_THROWS_WITH_AS(three.normalize(0, 1), "Dataset::normalize: i64 samples are not converted",
                       DTypeError);
  CHECK_THROWS_WITH_AS(image().normalize(0, 0), "Dataset::normalize: std must be above 0, got 0",
                       Error);
  CHECK_THROWS_WITH_AS(image().pad(-1), "Dataset::pad: the margin must be at least 0, got -1",
                       Error);
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  CHECK_THROWS_WITH_AS(image().pad(std::numeric_limits<std::int64_t>::min()),
                       "Dataset::pad: the margin must be at least 0, got -9223372036854775808",
                       Error);
  CHECK_THROWS_WITH_AS(image().pad(most),
                       "Dataset::pad: a margin of 9223372036854775807 is too large", ShapeError);
  CHECK_THROWS_WITH_AS(image().pad(std::int64_t{1} << 26),
                       "a tensor of shape (1, 134217730, 134217731) is too large", ShapeError);
}

TEST_CASE("samples without elements are no samples") {
  CHECK_THROWS_WITH_AS(data::Dataset(zeros({2, 0, 3}), zeros({2})),
                       "Dataset: samples of shape (0, 3) have no elements", DataError);
  CHECK_THROWS_WITH_AS(data::Dataset(zeros({2, 0}), zeros({2})),
                       "Dataset: samples of shape (0,) have no elements", DataError);
  CHECK(data::Dataset(zeros({0, 3}), zeros({0})).all().x.shape() == Shape{0, 3});
}
