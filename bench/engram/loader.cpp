// `loader SAMPLES PIXELS BATCH`: a shuffled pass over u8 images, converted to f32.
#include "makers.h"

#include "common/work.h"

#include <engram/engram.h>

namespace bench {

using namespace engram;

Work make_loader_work(std::istringstream& words) {
  std::string kind;
  std::int64_t samples, pixels, batch;
  words >> kind >> samples >> pixels >> batch;
  if (kind != "loader") return {};
  Tensor x({samples, pixels}, u8), y({samples}, i64);
  std::uint64_t i = 0;
  for (std::uint8_t& pixel : x.data<std::uint8_t>()) {
    pixel = static_cast<std::uint8_t>(bench_bits(BENCH_IMAGES, i++));
  }
  bench_fill_labels(y.data<std::int64_t>().data(), static_cast<std::size_t>(samples));
  auto loader = std::make_shared<data::Loader>(
      data::Dataset(x, y), data::LoaderOptions{.batch = batch, .shuffle = true, .seed = 0});
  auto total = std::make_shared<double>();
  return repeat(
      [=] {
        *total = 0;
        for (const auto& [images, labels] : *loader) *total += images.data<float>()[0];
      },
      [total] { return *total; });
}

}  // namespace bench
