#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/random.h>
#include <engram/continual/streams/rotated.h>
#include <engram/continual/streams/versions.h>
#include <engram/data/transforms/warp.h>

#include <cmath>
#include <string>

namespace engram::continual {
namespace {

template <class X>
Tensor warp_all(const Tensor& x, const data::Places& from) {
  Tensor y(x.shape(), x.dtype());
  const X* before = x.data<X>().data();
  X* after = y.data<X>().data();
  const std::int64_t pixels = from.height * from.width;
  kernels::parallel_for_each(x.numel() / pixels, pixels,
                             [&from, before, after, pixels](std::int64_t i) {
                               data::warp(before + i * pixels, from, after + i * pixels);
                             });
  return y;
}

void check_rotatable(const char* caller, const data::Dataset& dataset) {
  check_images(caller, dataset);
  check_dtype(dataset.dtype() == u8 || dataset.dtype() == f32,
              "{}: images must be u8 or f32, got {}", caller, dataset.dtype());
}

std::vector<double> angles_of(const RotatedOptions& options) {
  if (!options.angles.empty()) return options.angles;
  check(options.tasks >= 0, "rotated: the number of tasks must be at least 0, got {}",
        options.tasks);
  std::vector<double> angles;
  for (int task = 0; task < options.tasks; ++task) {
    Generator generator(random_stream(options.seed, "rotation", task));
    angles.push_back((task + generator.uniform()) / options.tasks * options.degrees);
  }
  return angles;
}

}  // namespace

data::Dataset rotate(const data::Dataset& images, double degrees) {
  check_rotatable("rotate", images);
  check(std::isfinite(degrees), "rotate: the angle must be finite, got {}", degrees);
  data::Places from(images.sample_shape().size(-2), images.sample_shape().size(-1));
  from.set(data::rotation(-degrees));
  return images.transform([from](const Tensor& x) {
    return dispatch(Types<std::uint8_t, float>(), "rotate", x.dtype(),
                    [&]<class X>() { return warp_all<X>(x, from); });
  });
}

Stream rotated(const data::Dataset& train, const data::Dataset& test,
               const RotatedOptions& options) {
  check_rotatable("rotated", train);
  check_rotatable("rotated", test);
  std::vector<Version> turned;
  for (double angle : angles_of(options)) {
    check(std::isfinite(angle), "rotated: an angle must be finite, got {}", angle);
    const auto turn = [angle](const data::Dataset& images) { return rotate(images, angle); };
    turned.push_back({fmt::format("{:.1f} degrees", angle), turn, turn});
  }
  return versions("rotated", train, test, std::move(turned),
                  {.flatten = options.flatten, .scenario = options.scenario});
}

}  // namespace engram::continual
