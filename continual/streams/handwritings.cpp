#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/random.h>
#include <engram/continual/streams/handwritings.h>
#include <engram/continual/streams/versions.h>
#include <engram/data/transforms/smooth_noise.h>
#include <engram/data/transforms/warp.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

namespace engram::continual {
namespace {

/// Grey-scale dilation where `strength` (height, width) is positive, erosion where negative: y is x
/// plus this fraction of the difference to the maximum or minimum of a pixel and its four
/// neighbours.
void thicken(const std::uint8_t* x, const float* strength, std::int64_t height, std::int64_t width,
             std::uint8_t* y) {
  for (std::int64_t r = 0; r < height; ++r) {
    const std::uint8_t* row = x + r * width;
    const std::uint8_t* above = r > 0 ? row - width : row;
    const std::uint8_t* below = r + 1 < height ? row + width : row;
    for (std::int64_t c = 0; c < width; ++c) {
      const std::uint8_t left = row[std::max<std::int64_t>(c - 1, 0)];
      const std::uint8_t right = row[std::min(c + 1, width - 1)];
      const std::uint8_t lowest = std::min({row[c], left, right, above[c], below[c]});
      const std::uint8_t highest = std::max({row[c], left, right, above[c], below[c]});
      const float share = strength[r * width + c];
      const float change = share > 0 ? share * static_cast<float>(highest - row[c])
                                     : share * static_cast<float>(row[c] - lowest);
      y[r * width + c] = static_cast<std::uint8_t>(static_cast<float>(row[c]) + change + 0.5f);
    }
  }
}

/// Transforms images of one size into one handwriting. The buffers are its own: one Writer for each
/// thread.
class Writer {
 public:
  Writer(const Handwriting& hand, const data::SmoothNoise& noise, std::int64_t height,
         std::int64_t width)
      : hand_(hand),
        noise_(noise),
        places_(height, width),
        random_(static_cast<std::size_t>(4 * blocks(noise))),
        field_(static_cast<std::size_t>(height * width)),
        strength_(field_.size()),
        warped_(field_.size()) {}

  /// Blocks of random bits for an image.
  static std::int64_t blocks(const data::SmoothNoise& noise) {
    return (digit_numbers + 3 * noise.knots() + 3) / 4;
  }

  /// Computes the source coordinates and stroke strengths of image `number`.
  void draw(const RandomStream& stream, std::int64_t number) {
    const auto count = static_cast<std::uint64_t>(blocks(noise_));
    for (std::uint64_t b = 0; b < count; ++b) {
      const RandomStream::Block bits = stream.block(static_cast<std::uint64_t>(number) * count + b);
      for (std::size_t i = 0; i < 4; ++i) random_[4 * b + i] = uniform(bits[i]);
    }
    place();
    shake(random_.data() + digit_numbers, places_.rows);
    shake(random_.data() + digit_numbers + noise_.knots(), places_.columns);
    noise_.smooth(random_.data() + digit_numbers + 2 * noise_.knots(), scratch_, field_.data());
    const auto stroke = static_cast<float>(hand_.stroke);
    const auto unevenness = static_cast<float>(hand_.unevenness);
    for (std::size_t i = 0; i < field_.size(); ++i) {
      // A full erosion would delete thin strokes. In this order max turns NaN into `thinnest`.
      strength_[i] = std::min(1.0f, std::max(thinnest, stroke + unevenness * field_[i]));
    }
  }

  /// Transforms one channel of the image drawn last.
  void write(const std::uint8_t* x, std::uint8_t* y) {
    data::warp(x, places_, warped_.data());
    thicken(warped_.data(), strength_.data(), places_.height, places_.width, y);
  }

 private:
  static constexpr float thinnest = -0.6f;
  static constexpr std::int64_t digit_numbers = 6;  // random numbers of a digit's affine map

  /// Uniform of mean 0 and variance 1.
  static float uniform(std::uint32_t bits) {
    return (static_cast<float>(bits >> 8) * 0x1p-23f - 1) * std::numbers::sqrt3_v<float>;
  }

  void place() {
    const auto jitter = [this](std::size_t i, double much) {
      return much * hand_.jitter * static_cast<double>(random_[i]);
    };
    const double turn = hand_.turn + jitter(0, 2);
    const double slant = hand_.slant + jitter(1, 0.06);
    const double height = hand_.height * std::exp(jitter(2, 0.04));
    const double width = hand_.width * std::exp(jitter(3, 0.04));
    // A digit is scaled, slanted and rotated. Inverse warp: each output pixel is read at its source
    // coordinates, by the inverse maps in reverse order.
    const data::Linear unslant = {.cr = slant};
    const data::Linear unscale = {.rr = 1 / height, .cc = 1 / width};
    places_.set(data::rotation(-turn).then(unslant).then(unscale), jitter(4, 0.5), jitter(5, 0.5));
  }

  void shake(const float* noise, std::vector<float>& coordinates) {
    noise_.smooth(noise, scratch_, field_.data());
    const auto tremble = static_cast<float>(hand_.tremble);
    for (std::size_t i = 0; i < field_.size(); ++i) coordinates[i] += tremble * field_[i];
  }

  const Handwriting& hand_;
  const data::SmoothNoise& noise_;
  data::Places places_;
  std::vector<float> random_, scratch_, field_, strength_;
  std::vector<std::uint8_t> warped_;
};

void check_writable(const char* caller, const data::Dataset& images) {
  check_images(caller, images);
  check_dtype(images.dtype() == u8, "{}: images must be u8, got {}", caller, images.dtype());
}

void check_hand(const Handwriting& hand) {
  for (const auto& [name, value] : {std::pair("slant", hand.slant), std::pair("turn", hand.turn),
                                    std::pair("stroke", hand.stroke)}) {
    check(std::isfinite(value), "handwritten: {} must be finite, got {}", name, value);
  }
  for (const auto& [name, value] :
       {std::pair("height", hand.height), std::pair("width", hand.width)}) {
    check(value > 0 && std::isfinite(value), "handwritten: {} must be above 0 and finite, got {}",
          name, value);
  }
  check(hand.smoothness >= 0.1 && std::isfinite(hand.smoothness),
        "handwritten: smoothness must be at least 0.1 and finite, got {}", hand.smoothness);
  for (const auto& [name, value] :
       {std::pair("unevenness", hand.unevenness), std::pair("tremble", hand.tremble),
        std::pair("jitter", hand.jitter)}) {
    check(value >= 0 && std::isfinite(value),
          "handwritten: {} must be at least 0 and finite, got {}", name, value);
  }
}

void check_variety(const char* caller, double variety) {
  check(variety >= 0 && std::isfinite(variety), "{}: variety must be at least 0 and finite, got {}",
        caller, variety);
}

}  // namespace

data::Dataset handwritten(const data::Dataset& images, const Handwriting& hand,
                          const RandomStream& random) {
  check_writable("handwritten", images);
  check_hand(hand);
  return images.transform([hand, random](const Tensor& x) {
    const std::int64_t height = x.size(-2), width = x.size(-1), pixels = height * width;
    Tensor result(x.shape(), u8);
    if (x.numel() == 0) return result;
    const std::int64_t count = x.size(0), channels = x.numel() / (count * pixels);
    const std::uint8_t* from = x.data<std::uint8_t>().data();
    std::uint8_t* to = result.data<std::uint8_t>().data();
    const data::SmoothNoise noise(height, width, hand.smoothness);
    kernels::parallel_for(
        count, kernels::groups_per_grain(32 * pixels), [&](std::int64_t begin, std::int64_t end) {
          Writer writer(hand, noise, height, width);
          for (std::int64_t image = begin; image < end; ++image) {
            writer.draw(random, image);
            for (std::int64_t plane = image * channels; plane < (image + 1) * channels; ++plane) {
              writer.write(from + plane * pixels, to + plane * pixels);
            }
          }
        });
    return result;
  });
}

Handwriting handwriting(int customer, const HandwritingsOptions& options) {
  check(customer >= 0, "handwriting: customers are counted from 0, got {}", customer);
  check_variety("handwriting", options.variety);
  Generator generator(random_stream(options.seed, "handwriting", customer));
  const auto between = [&](double low, double high) {
    return options.variety * (low + (high - low) * generator.uniform());
  };
  // Chosen by eye: at a variety of 1 handwritings differ as much as people's, and all digits are
  // legible.
  Handwriting hand;
  hand.slant = between(-0.45, 0.45);
  hand.turn = between(-10, 10);
  const double size = between(-0.3, 0.12), aspect = between(-0.15, 0.15);
  hand.height = std::exp(size - aspect);
  hand.width = std::exp(size + aspect);
  hand.stroke = between(-0.45, 1);
  hand.unevenness = between(0, 0.35);
  hand.tremble = between(0.2, 0.8);
  hand.jitter = between(0.5, 1.5);
  return hand;
}

Stream handwritings(const data::Dataset& train, const data::Dataset& test,
                    const HandwritingsOptions& options) {
  check_writable("handwritings", train);
  check_writable("handwritings", test);
  check(options.customers >= 0, "handwritings: the number of customers must be at least 0, got {}",
        options.customers);
  check_variety("handwritings", options.variety);
  std::vector<Version> customers;
  for (int customer = 0; customer < options.customers; ++customer) {
    const auto write = [&](const char* purpose) {
      return [hand = handwriting(customer, options),
              random = random_stream(options.seed, purpose, customer)](
                 const data::Dataset& images) { return handwritten(images, hand, random); };
    };
    customers.push_back({fmt::format("customer {}", customer), write("handwritten to train"),
                         write("handwritten to test")});
  }
  return versions("handwritings", train, test, std::move(customers),
                  {.flatten = options.flatten, .scenario = options.scenario});
}

}  // namespace engram::continual
