// Trains a multilayer perceptron, 784-400-400-10, on MNIST. The learning rate decays linearly,
// epoch by epoch. --accumulate accumulates the gradients of several batches for one step, --clip
// limits their norm; --find-lr runs a learning rate range test instead.
#include <engram/experiment/run/training_record.h>
#include "common/experiment.h"
#include "common/failure.h"
#include "common/optimizer.h"
#include "common/options.h"

#include <engram/engram.h>
#include <engram/experiment/report/lr_plot.h>
#include <engram/experiment/run/evaluation.h>
#include <engram/experiment/run/progress.h>
#include <engram/experiment/run/results.h>
#include <engram/experiment/run/stop.h>

#include <fmt/format.h>

using namespace engram;
using namespace engram::examples;

struct Net : nn::Module {
  nn::Linear fc1 = add("fc1", nn::Linear(784, 400));
  nn::Linear fc2 = add("fc2", nn::Linear(400, 400));
  nn::Linear out = add("out", nn::Linear(400, 10));

  Tensor operator()(const Tensor& x) const { return out(relu(fc2(relu(fc1(x))))); }
};

/// Learning rate range test: rates from very small to too large, a batch each; plots the losses.
void find_learning_rate(const Net& net, optim::Optimizer& optimizer, data::Loader& batches,
                        Results& results, const std::filesystem::path& folder) {
  auto batch = batches.begin();
  const auto train_step = [&] {
    const auto [x, y] = *batch;
    ++batch;
    Tape tape;
    const Tensor loss = cross_entropy(net(x), y);
    tape.backward(loss);
    optimizer.step();
    optimizer.zero_grad();
    stop_if_interrupted();
    return loss.item();
  };
  const optim::LRCurve curve =
      optim::find_lr(optimizer, train_step, {.steps = static_cast<int>(batches.size())});
  results["find_lr"] = {{"lr", curve.lr}, {"loss", curve.loss}};
  if (curve.suggestion) {
    results["find_lr"]["suggestion"] = *curve.suggestion;
    fmt::print("suggested: --lr {:.2g}\n", *curve.suggestion);
  } else {
    fmt::print("the loss fell at no learning rate\n");
  }
  results.write();
  plot_lr_curve(folder, curve);
}

int main(int argc, char** argv) try {
  CLI::App app("Trains a multilayer perceptron, 784-400-400-10, on MNIST.");
  Options options{
      .out = "out/mnist_mlp",
      .epochs = 10,
      .learning_rates = {
          {"sgd", 0.5}, {"momentum", 0.05}, {"adagrad", 0.02}, {"rmsprop", 5e-4}, {"adam", 1e-3}}};
  bool finds_lr = false;
  int accumulate = 1;
  double clip = 0;
  auto* find_lr =
      app.add_flag("--find-lr", finds_lr,
                   "Try learning rates on 200 batches, draw find_lr.png, and do not train");
  app.add_option("--accumulate", accumulate, "Batches that make one step, with their mean gradient")
      ->check(whole(1, 1000))
      ->excludes(find_lr)
      ->capture_default_str();
  app.add_option("--clip", clip, "Largest norm of a step's gradient; 0 is no limit")
      ->check(CLI::NonNegativeNumber)
      ->excludes(find_lr)
      ->capture_default_str();
  parse_options(app, options, argc, argv);
  catch_interrupts();
  manual_seed(options.seed);

  const auto [train, test] = data::mnist({.root = options.data});
  const data::Dataset flat_test = test.flatten();
  data::Loader loader(train.flatten(), {.batch = options.batch, .shuffle = true});
  Net net;
  auto optimizer = make_optimizer(options.optimizer, net.parameters(), options.learning_rate());

  Results results("mnist_mlp", argc, argv, options.out, options.seed,
                  to_json(options, {{"accumulate", accumulate}, {"clip", clip}}));
  if (finds_lr) {
    data::Loader batches(train.flatten(),
                         {.batch = options.batch, .shuffle = true, .iterations = 200});
    find_learning_rate(net, *optimizer, batches, results, options.out);
    return 0;
  }
  TrainingRecord record(results, evaluate(net, flat_test));
  Progress progress(options.epochs * loader.size());

  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    optimizer->lr() = options.learning_rate() * (options.epochs + 1 - epoch) / options.epochs;
    progress.begin(fmt::format("epoch {}/{}", epoch, options.epochs));
    for (auto [x, y] : loader) {
      Tape tape;
      Tensor logits = net(x);
      Tensor loss = cross_entropy(logits, y);
      progress.step(x.size(0), loss.item(), count_correct(logits, y));
      stop_if_diverged(loss, progress.steps());
      tape.backward(loss / accumulate);  // accumulates the mean of the gradients
      stop_if_interrupted();
      if (progress.steps() % accumulate != 0) continue;
      if (clip > 0) optim::clip_grad_norm(net.parameters(), clip, {.error_if_nonfinite = true});
      optimizer->step();
      optimizer->zero_grad();
    }
    const Evaluation result = evaluate(net, flat_test);
    progress.end(fmt::format("test accuracy {:.2f} %", 100 * result.accuracy));
    record.add_epoch(progress.loss(), progress.accuracy(), result);
  }
  record.print_table();
} catch (...) {
  return report_failure("mnist_mlp");
}
