#include "continual/outcome.h"

#include "../temporary_folder.h"

#include <doctest/doctest.h>

#include <set>

using namespace engram::examples;
using namespace engram::examples::runs;

namespace {

Outcome small_outcome(double accuracy = 2. / 3) {
  return {.baseline = {0.1, 1. / 3},
          .matrix = {{0.9, 0.2}, {0.7, accuracy}},
          .seconds = 1.5,
          .memory_bytes = 120};
}

Setup small_setup(std::uint64_t seed) {
  Setup setup{.tasks = 2};
  setup.method = "ewc";
  setup.options = {{"lambda", 60.}};
  setup.seed = seed;
  return setup;
}

}  // namespace

TEST_CASE("Store: finds again, after a restart too, what was added") {
  const TemporaryFolder folder;
  {
    Store store(folder / "results.jsonl");
    CHECK(store.find(small_setup(0)) == nullptr);
    store.add(small_setup(0), small_outcome());
    CHECK(store.find(small_setup(0)));
    CHECK(store.find(small_setup(1)) == nullptr);
    Outcome diverged = small_outcome();
    diverged.memory_bytes.reset();
    diverged.diverged = 17;
    store.add(small_setup(1), diverged);
  }
  const Store store(folder / "results.jsonl");
  CHECK(store.damaged() == 0);
  const Outcome* found = store.find(small_setup(0));
  REQUIRE(found);
  CHECK(found->matrix == small_outcome().matrix);  // bitwise
  CHECK(found->baseline == small_outcome().baseline);
  CHECK(found->memory_bytes == 120);
  CHECK_FALSE(found->diverged);
  CHECK(store.find(small_setup(1))->diverged == 17);
  CHECK_FALSE(store.find(small_setup(1))->memory_bytes);
}

TEST_CASE("Setup: every part of it makes another run") {
  std::set<std::string> keys = {key_of(small_setup(0))};
  std::size_t count = 1;
  const auto differs = [&](auto change) {
    Setup setup = small_setup(0);
    change(setup);
    keys.insert(key_of(setup));
    CHECK(keys.size() == ++count);
  };
  differs([](Setup& s) { s.dataset = "fashion-mnist"; });
  differs([](Setup& s) { s.images = "0"; });
  differs([](Setup& s) { s.scenario = "split"; });
  differs([](Setup& s) { s.incremental = "class"; });
  differs([](Setup& s) { s.tasks = 3; });
  differs([](Setup& s) { s.validation = true; });
  differs([](Setup& s) { s.pad = 2; });
  differs([](Setup& s) { s.hidden = 100; });
  differs([](Setup& s) { s.layers = 3; });
  differs([](Setup& s) { s.dropout = 0.5; });
  differs([](Setup& s) { s.init = "xavier"; });
  differs([](Setup& s) { s.optimizer = "sgd"; });
  differs([](Setup& s) { s.lr = 1e-4; });
  differs([](Setup& s) { s.schedule = "cosine"; });
  differs([](Setup& s) { s.reset_optimizer = true; });
  differs([](Setup& s) { s.batch = 64; });
  differs([](Setup& s) { s.iterations = 5; });
  differs([](Setup& s) { s.epochs = 5; });
  differs([](Setup& s) { s.method = "si"; });
  differs([](Setup& s) { s.options["lambda"] = 61.; });
  differs([](Setup& s) { s.seed = 1; });
  differs([](Setup& s) { s.threads = 2; });
}

TEST_CASE("Store: a line that is not as it was written is not trusted") {
  const TemporaryFolder folder;
  const auto file = folder / "results.jsonl";
  Store(file).add(small_setup(0), small_outcome());
  const std::string good = read_file(file);
  const auto damaged = [&](const std::string& text) {
    write_file(file, text);
    const Store store(file);
    CHECK(store.find(small_setup(0)) == nullptr);
    return store.damaged();
  };
  std::string digit = good;
  digit.replace(digit.find("0.9"), 3, "0.8");
  CHECK(damaged(digit) == 1);
  std::string setup = good;
  setup.replace(setup.find("\"seed\":0"), 8, "\"seed\":1");
  CHECK(damaged(setup) == 1);
  CHECK(damaged(good.substr(0, good.size() / 2)) == 1);
  CHECK(damaged("[]\n{\"setup\":1}\nnonsense\n\n") == 3);
  CHECK(damaged("") == 0);
}

TEST_CASE("Store: what comes after a line that was cut short is whole") {
  const TemporaryFolder folder;
  const auto file = folder / "results.jsonl";
  Store(file).add(small_setup(0), small_outcome());
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 9);
  Store(file).add(small_setup(1), small_outcome());
  const Store store(file);
  CHECK(store.find(small_setup(0)) == nullptr);
  CHECK(store.find(small_setup(1)));
}

TEST_CASE("Store: two processes may add to one file") {
  const TemporaryFolder folder;
  const auto file = folder / "results.jsonl";
  Store one(file), other(file);
  for (std::uint64_t k = 0; k < 20; ++k) (k % 2 ? one : other).add(small_setup(k), small_outcome());
  const Store store(file);
  for (std::uint64_t k = 0; k < 20; ++k) CHECK(store.find(small_setup(k)));
  CHECK(store.damaged() == 0);
}
