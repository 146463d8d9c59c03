#include "optimizers/store.h"

#include "../temporary_folder.h"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>

using namespace engram::examples::study;
using engram::examples::Json;

namespace {

Record record_of(std::uint64_t seed, double accuracy = 0.9) {
  Record record{.setup = {.dataset = "mnist",
                          .network = "mlp",
                          .optimizer = "adam",
                          .with = {.lr = 1e-3},
                          .train = 100,
                          .seed = seed},
                .points = {}};
  record.points = {{.step = 0, .test_accuracy = 0.1},
                   {.step = 7, .seconds = 1.5, .train_loss = 1. / 3, .test_accuracy = accuracy}};
  record.steps_per_epoch = 7;
  record.parameters = 118'282;
  record.state_bytes = 8 * 118'282;
  record.validation_accuracy = std::nan("");
  return record;
}

}  // namespace

TEST_CASE("TrainingStore: finds again, after a restart too, what was added") {
  const TemporaryFolder folder;
  const auto file = folder / "runs.db";
  {
    TrainingStore store(file);
    CHECK(store.size() == 0);
    CHECK(store.find(record_of(0).setup) == nullptr);
    store.add(record_of(0));
    store.add(record_of(2, 0.8));
  }
  const TrainingStore store(file);
  CHECK(store.size() == 2);
  const Record* found = store.find(record_of(2).setup);
  REQUIRE(found);
  CHECK(found->last().test_accuracy == 0.8);
  CHECK(found->last().train_loss == 1. / 3);  // bitwise
  CHECK(found->last().step == 7);
  CHECK(found->step_seconds() == 1.5 / 7);
  CHECK(found->finished());
  CHECK(std::isnan(found->validation_accuracy));
  CHECK(found->state_bytes == 8 * 118'282);
  const auto seeds = store.seeds(record_of(9).setup, 3);
  REQUIRE(seeds.size() == 2);
  CHECK(seeds[1]->setup.seed == 2);
}

TEST_CASE("TrainingStore: any other option is another training") {
  const TemporaryFolder folder;
  TrainingStore store(folder / "runs.db");
  store.add(record_of(0));
  const auto is_known = [&](auto change) {
    Setup setup = record_of(0).setup;
    change(setup);
    return store.find(setup) != nullptr;
  };
  CHECK(is_known([](Setup&) {}));
  CHECK_FALSE(is_known([](Setup& s) { s.seed = 1; }));
  CHECK_FALSE(is_known([](Setup& s) { s.with.lr = 1e-4; }));
  CHECK_FALSE(is_known([](Setup& s) { s.with.momentum = 0.5; }));
  CHECK_FALSE(is_known([](Setup& s) { s.with.alpha = 0.5; }));
  CHECK_FALSE(is_known([](Setup& s) { s.epochs = 2; }));
  CHECK_FALSE(is_known([](Setup& s) { s.train = 101; }));
  CHECK_FALSE(is_known([](Setup& s) { s.batch = 64; }));
  CHECK_FALSE(is_known([](Setup& s) { s.dataset = "fashion-mnist"; }));
  CHECK_FALSE(is_known([](Setup& s) { s.threads += 1; }));
}

TEST_CASE("TrainingStore: a record that is not as it was written is trained again") {
  const TemporaryFolder folder;
  const auto file = folder / "runs.db";
  {
    TrainingStore store(file);
    store.add(record_of(0));
    store.add(record_of(1, 0.75));
  }
  std::string bytes = read_file(file);
  bytes.replace(bytes.find("0.75"), 4, "0.85");
  write_file(file, bytes);
  {
    TrainingStore store(file);
    CHECK(store.size() == 1);
    CHECK(store.damaged() == 1);
    CHECK(store.find(record_of(1).setup) == nullptr);
    store.add(record_of(1));
  }
  const TrainingStore store(file);
  CHECK(store.size() == 2);
  CHECK(store.damaged() == 0);
}
