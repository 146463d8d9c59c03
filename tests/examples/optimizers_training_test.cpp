#include "optimizers/training.h"

#include "../temporary_folder.h"
#include "common/stop.h"

#include <engram/data/idx.h>

#include <doctest/doctest.h>

using namespace engram::examples;
using namespace engram::examples::study;
namespace fs = std::filesystem;

namespace {

/// Noise, and labels in turn.
void write_images(const fs::path& folder, const std::string& part, std::int64_t count) {
  engram::Tensor images({count, 28, 28}, engram::u8), labels({count}, engram::u8);
  std::uint32_t state = 1;
  for (std::uint8_t& pixel : images.data<std::uint8_t>()) {
    state = 1'664'525 * state + 1'013'904'223;
    pixel = static_cast<std::uint8_t>(state >> 24);
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    labels.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(i % 10);
  }
  engram::data::write_idx(folder / (part + "-images-idx3-ubyte"), images);
  engram::data::write_idx(folder / (part + "-labels-idx1-ubyte"), labels);
}

/// The record as the store writes it, without what a clock measured.
std::string without_times(Record record) {
  for (Point& point : record.points) point.seconds = 0;
  record.update_seconds = 0;
  return to_json(record).dump();
}

}  // namespace

TEST_CASE("train: what was stopped after an epoch without a measurement goes on from there") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "mnist");
  write_images(folder / "mnist", "train", 40);
  write_images(folder / "mnist", "t10k", 20);
  Images images(folder.path());
  const Setup setup{.dataset = "mnist",
                    .network = "mlp",
                    .optimizer = "adam",
                    .with = {.lr = 1e-3},
                    .train = 30,
                    .validation = 10,
                    .batch = 10,
                    .epochs = 4,
                    .measure_every = 12};  // all steps
  const Record whole = train(
      setup, images, [](double) {}, folder / "none");
  REQUIRE(whole.points.size() == 2);
  CHECK_FALSE(fs::exists(folder / "none"));

  // In the third epoch, which is to be done again.
  const auto stop = [](double done) {
    if (done > 0.6) throw Interrupted();
  };
  const fs::path checkpoint = folder / "checkpoint";
  CHECK_THROWS_AS(train(setup, images, stop, checkpoint, 0), Interrupted);
  REQUIRE(unfinished(checkpoint).has_value());
  const Json kept = Json::parse(read_file(checkpoint / "record.json"));
  CHECK(kept.at("step") == 6);
  CHECK(kept.at("points").size() == 1);

  std::vector<double> told;
  const Record resumed = train(
      setup, images, [&](double done) { told.push_back(done); }, checkpoint);
  CHECK(told.size() == 6);
  CHECK(without_times(resumed) == without_times(whole));
  CHECK(resumed.last().seconds > kept.at("seconds").get<double>());
  CHECK(unfinished(checkpoint).has_value());  // until the caller has stored the record
}
