// Trains a ResNet-18 for small images on Fashion-MNIST: random crops, flips and erased patches, one
// cycle of the learning rate. It takes hours, and may be broken off: asked again, it goes on where
// it was, bit for bit.
#include "common/experiment.h"
#include "common/failure.h"
#include "common/images.h"
#include "common/options.h"

#include <engram/engram.h>
#include <engram/experiment/run/clock.h>
#include <engram/experiment/run/evaluation.h>
#include <engram/experiment/run/progress.h>
#include <engram/experiment/run/results.h>
#include <engram/experiment/run/stop.h>
#include <engram/experiment/store/store.h>

#include <fmt/format.h>

using namespace engram;
using namespace engram::examples;

namespace {

constexpr double pixel_mean = 0.286, pixel_std = 0.353;  // of the training images

struct Command {
  std::uint64_t seed = 0;
  std::int64_t epochs = 15;
  std::int64_t batch = 128;
  double lr = 0.1;
  double width = 1;
  std::filesystem::path out = "out/fashion_resnet", data;
  std::optional<int> threads;
};

void read(Command& command, int argc, char** argv) {
  CLI::App app("Trains a ResNet-18 for small images on Fashion-MNIST, with augmentation.");
  app.add_option("--seed", command.seed, "Seed of everything random")
      ->check(any_seed())
      ->capture_default_str();
  app.add_option("--epochs", command.epochs, "Passes over the training images")
      ->check(whole(1, 10'000))
      ->capture_default_str();
  app.add_option("--batch", command.batch, "Images of a step")
      ->check(whole(2, 60'000))
      ->capture_default_str();
  app.add_option("--lr", command.lr, "Largest learning rate")
      ->check(above(0))
      ->capture_default_str();
  app.add_option("--width", command.width, "Factor of the channels")
      ->check(above(0))
      ->capture_default_str();
  app.add_option("--out", command.out, "Folder of runs.db and results.json")->capture_default_str();
  add_machine_options(app, command.threads, command.data, "the folder fashion-mnist");
  parse_command_line(app, argc, argv);
  if (command.threads) set_num_threads(*command.threads);
}

/// The padding is black, and so are the erased patches: `normalize` applies to what is there before
/// `map`, so they are given in its units.
data::Dataset augmented(const data::Dataset& images) {
  return images.pad(2).normalize(pixel_mean, pixel_std).map([](const Tensor& x, Generator& random) {
    const Tensor window = data::random_crop(x, random, {.size = 28});
    const Tensor flipped = data::random_horizontal_flip(window, random);
    return data::random_erasing(flipped, random,
                                {.scale = {0.02, 0.2}, .value = -pixel_mean / pixel_std});
  });
}

}  // namespace

int main(int argc, char** argv) try {
  Command command;
  read(command, argc, argv);
  catch_interrupts();
  manual_seed(command.seed);
  const Json settings{{"seed", command.seed},   {"epochs", command.epochs},
                      {"batch", command.batch}, {"lr", command.lr},
                      {"width", command.width}, {"threads", num_threads()}};
  Results results("fashion_resnet", argc, argv, command.out, command.seed, settings);
  Store store(command.out / "runs.db");
  Run run = store.run("fashion_resnet", settings);

  Images images(command.data);
  const data::TrainTest& fashion = images["fashion-mnist"];
  const data::Dataset test = fashion.test.normalize(pixel_mean, pixel_std);
  data::Loader loader(
      augmented(fashion.train),
      {.batch = command.batch, .shuffle = true, .seed = command.seed, .drop_last = true});
  const models::ResNet net = models::resnet18(
      {.num_classes = 10, .in_channels = 1, .small_images = true, .width = command.width});
  optim::SGD sgd(net.parameters(),
                 {.lr = command.lr, .momentum = 0.9, .weight_decay = 5e-4, .nesterov = true});
  const std::int64_t steps = command.epochs * loader.size();
  optim::LRScheduler scheduler(sgd, optim::OneCycleLR{.total_steps = steps});
  Json history = Json::array();
  double seconds = 0;  // of all steps, of earlier processes too
  const auto save_all = [&] {
    run.save({{{"history", history}, {"seconds", seconds}},
              {{"network", net.state_dict()},
               {"optimizer", sgd.state_dict()},
               {"scheduler", scheduler.state_dict()}}});
  };
  if (const std::optional<Checkpoint> left = run.checkpoint()) {
    net.load_state_dict(left->states.at("network"));
    sgd.load_state_dict(left->states.at("optimizer"));
    scheduler.load_state_dict(left->states.at("scheduler"));
    history = left->progress.at("history");
    seconds = left->progress.at("seconds");
    loader.resume_after(scheduler.steps());
    fmt::print("goes on after step {} of {}\n", scheduler.steps(), steps);
  }

  Progress progress(steps);
  progress.skip(scheduler.steps());
  auto saved = Clock::now();
  while (scheduler.steps() < steps) {
    const std::int64_t epoch = scheduler.steps() / loader.size() + 1;
    progress.begin(fmt::format("epoch {}/{}", epoch, command.epochs));
    auto last = Clock::now();
    for (auto [x, y] : loader) {
      Tape tape;
      const Tensor logits = net(x);
      const Tensor loss = cross_entropy(logits, y);
      progress.step(x.size(0), loss.item(), count_correct(logits, y));
      stop_if_diverged(loss, scheduler.steps() + 1);
      tape.backward(loss);
      sgd.step();
      sgd.zero_grad();
      scheduler.step();
      seconds += seconds_since(last);
      last = Clock::now();
      if (scheduler.steps() % loader.size() == 0) break;  // kept with the epoch's evaluation
      if (seconds_since(saved) >= 60) {
        save_all();
        saved = Clock::now();
      }
      try {
        stop_if_interrupted();
      } catch (const Interrupted&) {
        save_all();
        throw;
      }
    }
    const Evaluation result = evaluate(net, test);
    progress.end(fmt::format("test accuracy {:.2f} %", 100 * result.accuracy));
    history.push_back({{"epoch", epoch},
                       {"train_loss", progress.loss()},
                       {"train_accuracy", progress.accuracy()},
                       {"test_accuracy", result.accuracy},
                       {"test_loss", result.loss}});
    save_all();
  }
  const double accuracy = history.back().at("test_accuracy");
  fmt::print("test accuracy {:.2f} %, {:.0f} minutes of training\n", 100 * accuracy, seconds / 60);
  results["history"] = history;
  results["training_seconds"] = seconds;
  results["test_accuracy"] = accuracy;
  results.write();
} catch (...) {
  return report_failure("fashion_resnet");
}
