#include "optimizers/store.h"

#include "../temporary_folder.h"

#include <engram/autograd/error.h>

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

TEST_CASE("Store: finds again, after a restart too, what was added") {
  const TemporaryFolder folder;
  const auto file = folder / "trainings.jsonl";
  {
    Store store(file);
    CHECK(store.size() == 0);
    CHECK(store.find(record_of(0).setup) == nullptr);
    store.add(record_of(0));
    store.add(record_of(2, 0.8));
  }
  const Store store(file);
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

TEST_CASE("Store: any other option is another training") {
  const TemporaryFolder folder;
  Store store(folder / "trainings.jsonl");
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

TEST_CASE("Store: a line that was cut short is passed over, and the next one is whole") {
  const TemporaryFolder folder;
  const auto file = folder / "trainings.jsonl";
  {
    Store store(file);
    store.add(record_of(0));
    store.add(record_of(1));
  }
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 30);
  {
    Store store(file);
    CHECK(store.size() == 1);
    CHECK(store.find(record_of(1).setup) == nullptr);
    store.add(record_of(1));
  }
  const Store store(file);
  CHECK(store.size() == 2);
  CHECK(store.find(record_of(0).setup));
  CHECK(store.find(record_of(1).setup));
}

TEST_CASE("Store: lines that are no records, and records that came twice") {
  const TemporaryFolder folder;
  const auto file = folder / "trainings.jsonl";
  const std::string line = to_json(record_of(0)).dump() + "\n";
  std::string damaged;
  for (const auto& [key, value] : {std::pair("points", Json::array()),
                                   {"points", {1}},
                                   {"steps_per_epoch", 0},
                                   {"parameters", 0}}) {
    Json json = to_json(record_of(1));
    json[key] = value;
    damaged += json.dump() + "\n";
  }
  write_file(file, "\n[]\n{\"setup\": 1}\nnonsense\n" + damaged + line + line);
  const Store store(file);
  CHECK(store.size() == 2);
  CHECK(store.find(record_of(1).setup) == nullptr);
  CHECK(store.find(record_of(0).setup));
  CHECK(store.seeds(record_of(0).setup, 1).size() == 1);
}

TEST_CASE("Store: a file that cannot be read or written is named") {
  CHECK_THROWS_WITH_AS(Store("/nowhere/trainings.jsonl"),
                       "cannot write /nowhere/trainings.jsonl: No such file or directory",
                       engram::Error);
  const TemporaryFolder folder;
  const std::string taken = folder / "trainings.jsonl";
  std::filesystem::create_directory(taken);
  CHECK_THROWS_WITH_AS(Store{taken}, ("cannot read " + taken + ": it is a folder").c_str(),
                       engram::Error);
}
