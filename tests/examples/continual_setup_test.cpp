#include "continual/setup.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace engram::examples::runs;

namespace {

Setup small_setup(std::uint64_t seed) {
  Setup setup{.tasks = 2};
  setup.method = "ewc";
  setup.options = {{"lambda", 60.}};
  setup.seed = seed;
  return setup;
}

}  // namespace

TEST_CASE("Setup: every part of it makes another run") {
  std::set<std::string> keys = {to_json(small_setup(0)).dump()};
  std::size_t count = 1;
  const auto differs = [&](auto change) {
    Setup setup = small_setup(0);
    change(setup);
    keys.insert(to_json(setup).dump());
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
