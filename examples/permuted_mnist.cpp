// Learns a sequence of permuted-MNIST tasks with one network, and measures the forgetting of naive
// training and of elastic weight consolidation.
//
// The main job of the project. scripts/demo runs the defaults; the protocol of van de Ven & Tolias
// (arXiv 1809.10635) is --hidden 1000 --iterations 5000 --lr 1e-4 --pad 2.
#include "common/continual_options.h"
#include "common/experiment.h"
#include "common/failure.h"
#include "common/optimizer.h"
#include "common/options.h"

#include <engram/engram.h>
#include <engram/experiment/run/evaluation.h>
#include <engram/experiment/run/progress.h>
#include <engram/experiment/run/results.h>
#include <engram/experiment/run/stop.h>
#include <engram/experiment/tasks/method_record.h>
#include <engram/experiment/tasks/mixed_batch.h>
#include <engram/experiment/tasks/task_plot.h>

using namespace engram;
using namespace engram::examples;

struct Net : nn::Module {
  Net(std::int64_t pixels, std::int64_t hidden)
      : fc1(add("fc1", nn::Linear(pixels, hidden))),
        fc2(add("fc2", nn::Linear(hidden, hidden))),
        out(add("out", nn::Linear(hidden, 10))) {}

  Tensor operator()(const Tensor& x) const { return out(relu(fc2(relu(fc1(x))))); }

  nn::Linear fc1, fc2, out;
};

/// Accuracy on the test images of each task.
std::vector<double> accuracies(const Net& net, const continual::Stream& tasks) {
  std::vector<double> row;
  for (const continual::Task& task : tasks) {
    row.push_back(evaluate(net, task.test).accuracy);
    stop_if_interrupted();
  }
  return row;
}

int main(int argc, char** argv) try {
  CLI::App app("Learns a sequence of permuted-MNIST tasks and measures what is forgotten.");
  Options options{
      .out = "out/permuted_mnist",
      .learning_rates = {
          {"sgd", 0.1}, {"momentum", 0.02}, {"adagrad", 0.02}, {"rmsprop", 5e-4}, {"adam", 1e-3}}};
  ContinualOptions continual;
  add_options(app, continual);
  parse_options(app, options, argc, argv);
  catch_interrupts();

  const auto [train, test] = data::mnist({.root = options.data});
  const continual::Stream tasks = continual::permuted(
      train, test, {.tasks = continual.tasks, .seed = options.seed, .pad = continual.pad});
  const std::int64_t per_epoch = (train.size() + options.batch - 1) / options.batch;
  const std::int64_t iterations = continual.iterations.value_or(options.epochs * per_epoch);

  Results results("permuted_mnist", argc, argv, options.out, options.seed,
                  to_json(options, {{"tasks", continual.tasks},
                                    {"iterations", iterations},
                                    {"hidden", continual.hidden},
                                    {"pad", continual.pad}}));
  remove_plots(options.out);
  Progress progress(std::ssize(continual.methods) * continual.tasks * iterations);
  std::vector<MethodRecord> records;
  const auto save = [&] {
    results["methods"] = to_json(records);
    results.write();
  };

  for (const std::string& method : continual.methods) {
    const double start = results.seconds();
    manual_seed(options.seed);  // the same initial weights and order of images for each method
    Net net(tasks[0].train.sample_shape().numel(), continual.hidden);
    auto optimizer = make_optimizer(options.optimizer, net.parameters(), options.learning_rate());
    optim::EWC ewc(net.parameters(), ewc_options(method, continual, options.seed));
    std::vector<continual::Task> seen;
    Generator mixing(options.seed, 1);
    MethodRecord& record = records.emplace_back(method, method_options(method, continual));
    record.baseline = accuracies(net, tasks);
    save();

    const auto step = [&](const data::Batch& batch) {
      Tape tape;
      Tensor logits = net(batch.x);
      Tensor loss = cross_entropy(logits, batch.y) + ewc.penalty();
      progress.step(batch.y.size(0), loss.item(), count_correct(logits, batch.y));
      stop_if_diverged(loss, progress.steps());
      tape.backward(loss);
      optimizer->step();
      optimizer->zero_grad();
      stop_if_interrupted();
    };
    for (const continual::Task& task : tasks) {
      seen.push_back(task);
      progress.begin(fmt::format("{} task {}/{}", method, seen.size(), tasks.size()));
      if (method == "joint") {
        for (std::int64_t i = 0; i < iterations; ++i) {
          step(mixed_batch(seen, options.batch, mixing).batch);
        }
      } else {
        data::Loader loader(task.train,
                            {.batch = options.batch, .shuffle = true, .iterations = iterations});
        for (const data::Batch& batch : loader) step(batch);
      }
      // naive and joint are EWC without consolidation: the penalty stays 0.
      if (is_ewc(method)) ewc.consolidate(net, task.train);

      record.matrix.push_back(accuracies(net, tasks));
      record.seconds = results.seconds() - start;
      progress.end(fmt::format("average over tasks {:.2f} %", 100 * record.metrics().acc));
      save();
    }
  }
  print_table(records);
  plot_tasks(options.out, records);
} catch (...) {
  return report_failure("permuted_mnist");
}
