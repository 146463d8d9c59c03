#include "optimizers/setup.h"

#include <engram/autograd/error.h>

#include <cmath>
#include <limits>

namespace engram::examples::study {
namespace {

/// JSON has neither NaN nor infinity: null stands for both.
double number(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

/// Seconds per thousand images of training (forward, backward, update) and of measuring.
struct Cost {
  double train;
  double measure;
};

Cost cost_of(const std::string& network) {
  if (network == "mlp") return {.train = 2.4e-3, .measure = 0.8e-3};
  if (network == "cnn") return {.train = 18e-3, .measure = 6e-3};
  return {.train = 420e-3, .measure = 130e-3};
}

}  // namespace

Json to_json(const Setup& setup) {
  return {{"dataset", setup.dataset},
          {"network", setup.network},
          {"optimizer", setup.optimizer},
          {"lr", setup.with.lr},
          {"momentum", setup.with.momentum},
          {"alpha", setup.with.alpha},
          {"train", setup.train},
          {"validation", setup.validation},
          {"test", setup.test},
          {"batch", setup.batch},
          {"epochs", setup.epochs},
          {"measure_every", setup.measure_every},
          {"until_accuracy", setup.until_accuracy},
          {"seed", setup.seed},
          {"threads", setup.threads}};
}

Setup setup_from_json(const Json& json) {
  return {.dataset = json.at("dataset"),
          .network = json.at("network"),
          .optimizer = json.at("optimizer"),
          .with = {.lr = json.at("lr"), .momentum = json.at("momentum"), .alpha = json.at("alpha")},
          .train = json.at("train"),
          .validation = json.at("validation"),
          .test = json.at("test"),
          .batch = json.at("batch"),
          .epochs = json.at("epochs"),
          .measure_every = json.at("measure_every"),
          .until_accuracy = json.at("until_accuracy"),
          .seed = json.at("seed"),
          .threads = json.at("threads")};
}

bool Record::finished() const {
  return diverged || last().step == setup.epochs * steps_per_epoch ||
         last().test_accuracy >= setup.until_accuracy;
}

Json to_json(const Record& record) {
  Json points = Json::array();
  for (const Point& p : record.points) {
    points.push_back(
        {p.step, p.seconds, p.train_loss, p.train_accuracy, p.test_loss, p.test_accuracy});
  }
  return {{"setup", to_json(record.setup)},
          {"points", points},
          {"validation_accuracy", record.validation_accuracy},
          {"steps_per_epoch", record.steps_per_epoch},
          {"update_seconds", record.update_seconds},
          {"parameters", record.parameters},
          {"state_bytes", record.state_bytes},
          {"diverged", record.diverged}};
}

Record record_from_json(const Json& json) {
  Record record{.setup = setup_from_json(json.at("setup")),
                .points = {},
                .validation_accuracy = number(json.at("validation_accuracy")),
                .steps_per_epoch = json.at("steps_per_epoch"),
                .update_seconds = json.at("update_seconds"),
                .parameters = json.at("parameters"),
                .state_bytes = json.at("state_bytes"),
                .diverged = json.at("diverged")};
  for (const Json& p : json.at("points")) {
    record.points.push_back({p.at(0), p.at(1), number(p.at(2)), p.at(3), number(p.at(4)), p.at(5)});
  }
  check_data(!record.points.empty(), "a record has no points");
  check_data(record.steps_per_epoch >= 1, "a record has {} steps per epoch",
             record.steps_per_epoch);
  check_data(record.parameters >= 1, "a record has {} parameters", record.parameters);
  return record;
}

double expected_seconds(const Setup& setup) {
  const auto [train_cost, measure_cost] = cost_of(setup.network);
  const double images = static_cast<double>(setup.train ? setup.train : 60'000);
  const double measured = static_cast<double>(setup.test ? setup.test : 10'000);
  const double steps = setup.epochs * std::ceil(images / static_cast<double>(setup.batch));
  const double measurements =
      1 + (setup.measure_every ? steps / static_cast<double>(setup.measure_every) : setup.epochs);
  return (setup.epochs * images * train_cost + 2 * measurements * measured * measure_cost) / 1000;
}

}  // namespace engram::examples::study
