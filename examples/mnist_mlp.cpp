// Trains a multilayer perceptron, 784-400-400-10, on MNIST. The learning rate falls in a straight
// line, epoch by epoch.
#include "common/evaluation.h"
#include "common/optimizer.h"
#include "common/options.h"
#include "common/progress.h"
#include "common/results.h"
#include "common/stop.h"
#include "common/training_record.h"

#include <engram/engram.h>

using namespace engram;
using namespace engram::examples;

struct Net : nn::Module {
  nn::Linear fc1 = add("fc1", nn::Linear(784, 400));
  nn::Linear fc2 = add("fc2", nn::Linear(400, 400));
  nn::Linear out = add("out", nn::Linear(400, 10));

  Tensor operator()(const Tensor& x) const { return out(relu(fc2(relu(fc1(x))))); }
};

int main(int argc, char** argv) try {
  CLI::App app("Trains a multilayer perceptron, 784-400-400-10, on MNIST.");
  Options options{
      .out = "out/mnist_mlp",
      .epochs = 10,
      .learning_rates = {
          {"sgd", 0.5}, {"momentum", 0.05}, {"adagrad", 0.02}, {"rmsprop", 5e-4}, {"adam", 1e-3}}};
  parse_options(app, options, argc, argv);
  catch_interrupts();
  manual_seed(options.seed);

  const auto [train, test] = data::mnist({.root = options.data});
  const data::Dataset flat_test = test.flatten();
  data::Loader loader(train.flatten(), {.batch = options.batch, .shuffle = true});
  Net net;
  auto optimizer = make_optimizer(options.optimizer, net.parameters(), options.learning_rate());

  Results results("mnist_mlp", argc, argv, options);
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
      tape.backward(loss);
      optimizer->step();
      optimizer->zero_grad();
      stop_if_interrupted();
    }
    const Evaluation result = evaluate(net, flat_test);
    progress.end(fmt::format("test accuracy {:.2f} %", 100 * result.accuracy));
    record.add_epoch(progress.loss(), progress.accuracy(), result);
  }
  record.print_table();
} catch (...) {
  return report_failure("mnist_mlp");
}
