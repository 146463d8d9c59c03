#include <engram/experiment/tasks/sequence.h>

#include "../../temporary_folder.h"

#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/autograd/ops/activation.h>
#include <engram/autograd/random.h>
#include <engram/continual/streams/permuted.h>
#include <engram/nn/layers/linear.h>
#include <engram/optim/sgd.h>

#include <engram/experiment/run/stop.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>

using namespace engram;
using namespace engram::experiment;

namespace {

/// Images of four pixels; the class is the position of the bright one.
data::Dataset images(std::int64_t count) {
  Tensor x({count, 2, 2}, f32), y({count}, i64);
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::int64_t pixel = 0; pixel < 4; ++pixel) {
      x.data<float>()[static_cast<std::size_t>(4 * i + pixel)] = pixel == i % 4 ? 1 : 0;
    }
    y.data<std::int64_t>()[static_cast<std::size_t>(i)] = i % 4;
  }
  return {x, y};
}

struct Net : nn::Module {
  nn::Linear fc = add("fc", nn::Linear(4, 8));
  nn::Linear out = add("out", nn::Linear(8, 12));  // for three tasks
  Tensor operator()(const Tensor& x) const { return out(relu(fc(x))); }
};

/// A method whose state is the number of tasks and steps.
struct Counting : continual::Method {
  Tensor counts = zeros({2}, i64);
  int interrupted_at = -1;
  Tensor weights{};  // after the last task
  const nn::Module* net = nullptr;
  void begin_task(const continual::Task& task) override {
    if (task.number == interrupted_at) throw Interrupted();
  }
  void after_update() override { ++counts.data<std::int64_t>()[1]; }
  void end_task(const continual::Task&) override {
    ++counts.data<std::int64_t>()[0];
    weights = clone(net->state_dict())["fc.weight"];
  }
  StateDict state_dict() const override { return clone({{"counts", counts}}); }
  void read_state(StateReader& state) override {
    state.set(counts, state.tensor("counts", i64, {2}));
  }
};

struct Null {
  std::FILE* file = std::fopen("/dev/null", "w");
  ~Null() { std::fclose(file); }
};

Outcome learn(Run& run, const SequenceOptions& options, Counting& method, int tasks = 3,
              double lr = 0.5) {
  manual_seed(options.seed);
  const Net net;
  method.net = &net;
  optim::SGD sgd(net.parameters(), {.lr = lr});
  const Null null;
  Progress progress(1, null.file);
  return learn_sequence(
      run,
      continual::permuted(images(40), images(8),
                          {.tasks = tasks, .scenario = continual::Scenario::task}),
      {net, method, sgd}, options, progress);
}

}  // namespace

TEST_CASE("learn_sequence: learns each task, with a method of one's own") {
  const TemporaryFolder folder;
  Store store(folder / "runs.db");
  Run run = store.run("test", {{"seed", 1}});
  Counting method;
  const Outcome outcome = learn(run, {.batch = 4, .epochs = 8, .seed = 1}, method);
  REQUIRE(outcome.matrix.size() == 3);
  CHECK(outcome.baseline.size() == 3);
  for (std::size_t task = 0; task < 3; ++task) CHECK(outcome.matrix[task][task] == 1);
  CHECK(method.counts.data<std::int64_t>()[0] == 3);
  CHECK(method.counts.data<std::int64_t>()[1] == 3 * 8 * 10);
  CHECK(outcome.memory_bytes == 16);
  CHECK(outcome_from_json(*run.outcome()).matrix == outcome.matrix);
  CHECK_FALSE(run.checkpoint());

  Counting again;
  CHECK(learn(run, {.batch = 4, .epochs = 8, .seed = 1}, again).matrix == outcome.matrix);
  CHECK(again.counts.data<std::int64_t>()[1] == 0);  // it was not learned again
}

TEST_CASE("learn_sequence: what was broken off goes on bit for bit") {
  const TemporaryFolder folder;
  Store store(folder / "runs.db");
  const SequenceOptions options{.batch = 4, .iterations = 12, .seed = 2};
  Run whole = store.run("test", {{"broken off", false}}),
      run = store.run("test", {{"broken off", true}});
  Counting method, first, second;
  const Outcome expected = learn(whole, options, method);
  first.interrupted_at = 2;
  CHECK_THROWS_AS(learn(run, options, first), Interrupted);
  CHECK(run.checkpoint()->progress["matrix"].size() == 2);
  const Outcome outcome = learn(run, options, second);
  CHECK(outcome.matrix == expected.matrix);
  CHECK(outcome.baseline == expected.baseline);
  CHECK(second.counts.data<std::int64_t>()[1] == 36);
  CHECK(std::ranges::equal(second.weights.bytes(), method.weights.bytes()));
}

TEST_CASE("learn_sequence: a rate that falls, joint training, and a loss that leaves the numbers") {
  const TemporaryFolder folder;
  Store store(folder / "runs.db");
  const auto outcome = [&](const char* name, const SequenceOptions& options, double lr = 0.5) {
    Run run = store.run("test", {{"name", name}});
    Counting method;
    return learn(run, options, method, 2, lr);
  };
  const Outcome still =
      outcome("still", {.batch = 4, .iterations = 20, .schedule = [](double) { return 0.; }});
  CHECK(still.matrix[1] == still.baseline);
  const Outcome joint = outcome("joint", {.batch = 8, .iterations = 80, .joint = true});
  CHECK(joint.metrics().acc > 0.9);
  CHECK_FALSE(joint.memory_bytes);
  const Outcome diverged = outcome("diverged", {.batch = 4, .iterations = 20}, 1e30);
  CHECK(diverged.diverged);
  CHECK(diverged.matrix.empty());
}

TEST_CASE("learn_sequence: no tasks, and options that are no training") {
  const TemporaryFolder folder;
  Store store(folder / "runs.db");
  Run run = store.run("test", Json::object());
  Counting method;
  CHECK(learn(run, {}, method, 0).baseline.empty());
  CHECK_THROWS_WITH_AS(learn(run, {.batch = 0}, method),
                       "learn_sequence: the batch must be at least 1, got 0", Error);
  CHECK_THROWS_WITH_AS(learn(run, {.epochs = 0}, method),
                       "learn_sequence: 0 iterations and 0 epochs are no training", Error);
}
