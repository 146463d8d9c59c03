#include "continual/training.h"

#include "../temporary_folder.h"
#include "continual/methods.h"
#include "continual/network.h"
#include "continual/stream.h"
#include "continual_images.h"

#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/random.h>
#include <engram/autograd/threads.h>
#include <engram/experiment/run/stop.h>

#include <doctest/doctest.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <string_view>

using namespace engram;
using namespace engram::examples;
using namespace engram::examples::runs;
namespace fs = std::filesystem;

namespace {

const Json ewc_options = {{"lambda", 50.}, {"fisher", "sampled"}, {"fisher-samples", 20}};

Setup small_setup(const std::string& method = "naive", const Json& options = Json::object()) {
  Setup setup{.tasks = 4, .hidden = 12};
  setup.pad = 1;
  setup.batch = 10;
  setup.iterations = 15;
  setup.lr = 1e-2;
  setup.method = method;
  setup.options = options;
  setup.seed = 3;
  setup.threads = num_threads();
  return setup;
}

Json default_options(const std::string& method) {
  Json options = Json::object();
  for (const MethodEntry* part : parts_of(method)) {
    for (const MethodOption& option : part->options) {
      options_of_part(options, method, part->name)[option.name] = option.value;
    }
  }
  return options;
}

/// A file for progress lines: discards them; a line with this text raises SIGINT.
class Interrupting {
 public:
  explicit Interrupting(std::string text = "nothing") : text_(std::move(text)) {
    catch_interrupts();
    cookie_io_functions_t functions = {};
    functions.write = [](void* self, const char* bytes, std::size_t count) {
      const std::string_view line(bytes, count);
      if (line.find(static_cast<Interrupting*>(self)->text_) != line.npos) std::raise(SIGINT);
      return static_cast<ssize_t>(count);
    };
    file = fopencookie(this, "w", functions);
  }
  ~Interrupting() {
    std::fclose(file);
    std::signal(SIGINT, SIG_IGN);
    catch_interrupts();  // clears a pending Ctrl-C
    std::signal(SIGINT, SIG_DFL);
  }

  std::FILE* file;

 private:
  std::string text_;
};

/// The run of a setup in a store.
Run run_of(Store& store, const Setup& setup) { return store.run("continual", to_json(setup)); }

Outcome train_to_the_end(Store& store, const Setup& setup) {
  const Interrupting never;
  Progress progress(100, never.file);
  Run run = run_of(store, setup);
  return train(run, setup, small_images(), progress);
}

/// Interrupted during the third task.
void train_two_tasks(Store& store, const Setup& setup) {
  const Interrupting after_two("task 2/4");
  Progress progress(100, after_two.file);
  Run run = run_of(store, setup);
  CHECK_THROWS_AS(train(run, setup, small_images(), progress), Interrupted);
}

void check_same(const Outcome& a, const Outcome& b) {
  CHECK(a.baseline == b.baseline);
  CHECK(a.matrix == b.matrix);
  CHECK(a.memory_bytes == b.memory_bytes);
}

}  // namespace

TEST_CASE("Net: starts as dense layers do, or as Keras would have them") {
  Setup setup = small_setup();
  setup.hidden = 50;
  const auto widest = [&](const std::string& init) {
    setup.init = init;
    manual_seed(0);
    const Net net(200, 10, setup);
    CHECK((max(abs(net.out.bias)).item() == 0) == (init == "xavier"));
    return max(abs(net.hidden[0].linear.weight)).item();
  };
  CHECK(widest("default") == doctest::Approx(1 / std::sqrt(200.)).epsilon(0.01));
  CHECK(widest("xavier") == doctest::Approx(std::sqrt(6 / 250.)).epsilon(0.01));
}

TEST_CASE("train: a run that was broken off ends with the same figures, bit for bit") {
  std::vector<Setup> setups = {small_setup(), small_setup("joint"),
                               small_setup("ewc", ewc_options)};
  setups.push_back(setups[2]);
  setups[3].method = "online-ewc";
  setups[3].options["gamma"] = 0.8;
  setups[3].dropout = 0.3;
  setups[3].schedule = "cosine";
  setups.push_back(setups[2]);
  setups[4].reset_optimizer = true;
  setups[4].init = "xavier";
  setups[4].optimizer = "momentum";
  setups[4].incremental = "class";
  for (const char* method :
       {"l2", "si", "mas", "lwf", "er", "a-gem", "der++", "gpm", "owm", "kf-laplace", "er+ewc"}) {
    setups.push_back(small_setup(method, default_options(method)));
    setups.back().incremental = setups.size() % 2 ? "task" : "domain";
  }
  for (const Setup& setup : setups) {
    CAPTURE(to_json(setup).dump());
    const TemporaryFolder folder;
    Store one(folder / "whole.db"), other(folder / "part.db");
    const Outcome whole = train_to_the_end(one, setup);
    CHECK(whole.matrix.size() == 4);
    CHECK(whole.matrix[3] != whole.baseline);  // it has learned something

    train_two_tasks(other, setup);
    const Outcome kept = outcome_from_json(run_of(other, setup).checkpoint()->progress);
    REQUIRE(kept.matrix.size() == 2);
    CHECK(kept.matrix[1] == whole.matrix[1]);
    check_same(train_to_the_end(other, setup), whole);
  }
}

TEST_CASE("train: a checkpoint that cannot be used is not, and the run begins anew") {
  const TemporaryFolder folder;
  Store store(folder / "runs.db"), other(folder / "other.db");
  const Setup setup = small_setup("ewc", ewc_options);
  train_two_tasks(store, setup);
  // The network's state fits, the method's does not: neither may be loaded.
  Run run = run_of(store, setup);
  Checkpoint checkpoint = *run.checkpoint();
  checkpoint.states.at("method") = {{"nonsense", zeros({1})}};
  run.save(checkpoint);
  check_same(train_to_the_end(store, setup), train_to_the_end(other, setup));
}

TEST_CASE("train: a loss that is no number ends the run, which is an outcome") {
  const TemporaryFolder folder;
  Setup setup = small_setup("ewc", ewc_options);
  setup.options["lambda"] = 1e300;
  Store store(folder / "runs.db");
  const Outcome outcome = train_to_the_end(store, setup);
  CHECK(outcome.diverged.has_value());
  CHECK(outcome.matrix.size() == 1);
  CHECK(std::isnan(outcome.metrics().acc));
}

TEST_CASE("train: epochs are of each task's images") {
  Setup setup = small_setup();
  CHECK(steps_of(setup, small_images()) == 4 * 15);
  setup.iterations = 0;
  setup.epochs = 2;
  CHECK(steps_of(setup, small_images(61)) == 4 * 2 * 7);
  setup.validation = true;  // 51 training images
  CHECK(steps_of(setup, small_images(61)) == 4 * 2 * 6);
}

TEST_CASE("train: joint training in the form of tasks gives each image its own outputs") {
  const TemporaryFolder folder;
  Setup setup = small_setup("joint");
  setup.incremental = "task";
  setup.iterations = 60;
  Store store(folder / "runs.db");
  const Outcome outcome = train_to_the_end(store, setup);
  CHECK(outcome.metrics().acc > 0.9);
  CHECK_FALSE(outcome.memory_bytes);
}

TEST_CASE("make_stream: validation tasks are others, and see no test image") {
  Setup setup = small_setup();
  const auto images = small_images(60, 20);
  const continual::Stream tasks = make_stream(setup, images);
  setup.validation = true;
  const continual::Stream validation = make_stream(setup, images);
  CHECK(tasks[0].train.size() == 60);
  CHECK(tasks[0].test.size() == 20);
  CHECK(validation[0].train.size() == 50);
  CHECK(validation[0].test.size() == 10);
  CHECK(validation.outputs() == tasks.outputs());
  const auto values = [](const data::Dataset& dataset) {
    const auto x = dataset.take(5).all().x;
    return std::vector<float>(x.data<float>().begin(), x.data<float>().end());
  };
  CHECK(values(tasks[1].train) != values(validation[1].train));  // another permutation
  const auto other_test = small_images(60, 12);
  CHECK(values(make_stream(setup, other_test)[1].test) == values(validation[1].test));
}

TEST_CASE("make_stream: every scenario in every form, flat, with and without padding") {
  for (const char* scenario : {"permuted", "rotated", "split", "handwritings"}) {
    for (const char* incremental : {"task", "domain", "class"}) {
      for (std::int64_t pad : {0, 2}) {
        CAPTURE(scenario);
        CAPTURE(incremental);
        Setup setup = small_setup();
        setup.scenario = scenario;
        setup.incremental = incremental;
        setup.pad = pad;
        setup.tasks = 2;
        const continual::Stream tasks = make_stream(setup, small_images());
        REQUIRE(tasks.size() == 2);
        CHECK(tasks[1].train.batch({{0, 1}}).x.shape() == Shape{2, (4 + 2 * pad) * (4 + 2 * pad)});
        const bool split = scenario == std::string("split");
        CHECK(tasks[1].outputs.size() == (split ? 2 : 4));
        CHECK(tasks.outputs() ==
              (incremental == std::string("domain") ? 1 : 2) * tasks[1].outputs.size());
      }
    }
  }
  Setup setup = small_setup();
  setup.scenario = "split";
  setup.tasks = 3;
  CHECK_THROWS_WITH((void)make_stream(setup, small_images()),
                    "--tasks: 4 classes do not make 3 tasks");
}

TEST_CASE("fingerprint: other images, another one") {
  CHECK(fingerprint(small_images()) == fingerprint(small_images()));
  CHECK(fingerprint(small_images(60, 20)) != fingerprint(small_images(60, 24)));
  CHECK(fingerprint(small_images(60, 20)) != fingerprint(small_images(64, 20)));
}
