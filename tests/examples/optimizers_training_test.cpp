#include "optimizers/training.h"

#include "../temporary_folder.h"
#include "optimizers/store.h"

#include <engram/experiment/run/stop.h>
#include <engram/io/idx.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace engram;
using namespace engram::examples;
using namespace engram::examples::study;
namespace fs = std::filesystem;

namespace {

/// Random images, with labels 0, 1, … in turn.
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
  engram::write_idx(folder / (part + "-images-idx3-ubyte"), images);
  engram::write_idx(folder / (part + "-labels-idx1-ubyte"), labels);
}

/// The record as stored, without measured times.
std::string without_times(Record record) {
  for (Point& point : record.points) point.seconds = 0;
  record.update_seconds = 0;
  return to_json(record).dump();
}

/// A folder with 40 training images and 20 test images.
struct Data {
  Data() {
    fs::create_directory(folder / "mnist");
    write_images(folder / "mnist", "train", 40);
    write_images(folder / "mnist", "t10k", 20);
  }
  TemporaryFolder folder;
  Images images{folder.path()};
};

/// Four epochs of three steps, measured at the start and at the end.
const Setup setup{.dataset = "mnist",
                  .network = "mlp",
                  .optimizer = "adam",
                  .with = {.lr = 1e-3},
                  .train = 30,
                  .validation = 10,
                  .batch = 10,
                  .epochs = 4,
                  .measure_every = 12};

/// Interrupts in the third epoch, which must be repeated.
void stop(double done) {
  if (done > 0.6) throw Interrupted();
}

void go_on(double) {}

}  // namespace

TEST_CASE("train: what was stopped after an epoch without a measurement goes on from there") {
  Data data;
  const TrainingStore one(data.folder / "one.db"), other(data.folder / "other.db");
  Run never_stopped = one.run(setup), run = other.run(setup);
  const Record whole = train(setup, data.images, go_on, never_stopped);
  REQUIRE(whole.points.size() == 2);
  CHECK_FALSE(one.unfinished(setup).has_value());  // shorter than keep_every

  CHECK_THROWS_AS(train(setup, data.images, stop, run, 0), Interrupted);
  REQUIRE(other.unfinished(setup).has_value());
  const Json kept = run.checkpoint()->progress;
  CHECK(kept.at("step") == 6);
  CHECK(kept.at("record").at("points").size() == 1);

  std::vector<double> told;
  const Record resumed = train(
      setup, data.images, [&](double done) { told.push_back(done); }, run);
  CHECK(told.size() == 6);
  CHECK(without_times(resumed) == without_times(whole));
  CHECK(resumed.last().seconds > kept.at("seconds").get<double>());
  CHECK(other.unfinished(setup).has_value());  // until the caller has stored the record
}

TEST_CASE("train: a checkpoint that is damaged is none, and nothing of it is used") {
  Data data;
  const TrainingStore one(data.folder / "one.db");
  Run never_stopped = one.run(setup);
  const Record whole = train(setup, data.images, go_on, never_stopped);
  for (const char* part : {"progress", "state/network", "state/optimizer"}) {
    CAPTURE(part);
    const auto file = data.folder / fmt::format("{}.db", part + 6);
    {
      const TrainingStore store(file);
      Run run = store.run(setup);
      CHECK_THROWS_AS(train(setup, data.images, stop, run, 0), Interrupted);
    }
    experiment::Database(file).execute(
        fmt::format("UPDATE artifacts SET bytes = substr(bytes, 1, 40) WHERE name = "
                    "'checkpoint/{}'",
                    part)
            .c_str());
    const TrainingStore store(file);
    CHECK_FALSE(store.unfinished(setup).has_value());
    Run run = store.run(setup);
    int steps = 0;
    const Record record = train(
        setup, data.images, [&](double) { ++steps; }, run);
    CHECK(steps == 12);
    CHECK(without_times(record) == without_times(whole));
  }
}
