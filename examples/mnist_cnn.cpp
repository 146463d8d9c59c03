// Trains a convolutional network on MNIST: two convolutions, two dense layers. The learning rate
// decays linearly, epoch by epoch.
#include <engram/experiment/run/training_record.h>
#include "common/experiment.h"
#include "common/failure.h"
#include "common/optimizer.h"
#include "common/options.h"

#include <engram/engram.h>
#include <engram/experiment/run/evaluation.h>
#include <engram/experiment/run/progress.h>
#include <engram/experiment/run/results.h>
#include <engram/experiment/run/stop.h>

using namespace engram;
using namespace engram::examples;

struct Net : nn::Module {
  nn::Conv2d conv1 = add("conv1", nn::Conv2d(1, 32, 5));
  nn::Conv2d conv2 = add("conv2", nn::Conv2d(32, 64, 5));
  nn::Linear fc1 = add("fc1", nn::Linear(1024, 128));
  nn::Dropout dropout = add("dropout", nn::Dropout(0.5));
  nn::Linear fc2 = add("fc2", nn::Linear(128, 10));

  Tensor operator()(const Tensor& x) const {                     // (B, 1, 28, 28)
    const Tensor a = max_pool2d(relu(conv1(x)), {.kernel = 2});  // (B, 32, 12, 12)
    const Tensor b = max_pool2d(relu(conv2(a)), {.kernel = 2});  // (B, 64, 4, 4)
    return fc2(dropout(relu(fc1(flatten(b, 1)))));
  }
};

int main(int argc, char** argv) try {
  CLI::App app("Trains a convolutional network (two convolutions, two dense layers) on MNIST.");
  Options options{
      .out = "out/mnist_cnn",
      .epochs = 5,
      .learning_rates = {
          {"sgd", 0.1}, {"momentum", 0.02}, {"adagrad", 0.02}, {"rmsprop", 5e-4}, {"adam", 1e-3}}};
  parse_options(app, options, argc, argv);
  catch_interrupts();
  manual_seed(options.seed);

  const auto [train, test] = data::mnist({.root = options.data});
  data::Loader loader(train, {.batch = options.batch, .shuffle = true});
  Net net;
  auto optimizer = make_optimizer(options.optimizer, net.parameters(), options.learning_rate());

  Results results("mnist_cnn", argc, argv, options.out, options.seed, to_json(options));
  TrainingRecord record(results, evaluate(net, test));
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
    const Evaluation result = evaluate(net, test);
    progress.end(fmt::format("test accuracy {:.2f} %", 100 * result.accuracy));
    record.add_epoch(progress.loss(), progress.accuracy(), result);
  }
  record.print_table();
} catch (...) {
  return report_failure("mnist_cnn");
}
