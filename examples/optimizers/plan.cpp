#include "optimizers/plan.h"

#include "optimizers/published.h"
#include "optimizers/statistics.h"

#include <engram/experiment/search/search.h>

#include <algorithm>
#include <limits>

namespace engram::examples::study {
namespace {

constexpr Task all_tasks[] = {{"mnist", "mlp", "MNIST, MLP"},
                              {"fashion-mnist", "mlp", "Fashion-MNIST, MLP"},
                              {"mnist", "cnn", "MNIST, CNN"},
                              {"fashion-mnist", "cnn", "Fashion-MNIST, CNN"}};

bool is_cnn(const Task& task) { return std::string(task.network) == "cnn"; }

Setup setup_of(const Task& task, const Amount& amount, const std::string& optimizer, double rate) {
  return {.dataset = task.dataset,
          .network = task.network,
          .optimizer = optimizer,
          .with = {.lr = rate},
          .train = amount.train,
          .validation = amount.validation,
          .test = amount.test,
          .epochs = amount.epochs};
}

/// For sweeps, which need no curve.
Setup measured_at_end(Setup setup) {
  setup.measure_every = std::numeric_limits<std::int64_t>::max();
  return setup;
}

double best_or_default(const Scale& scale, const TrainingStore& store, const Task& task,
                       const std::string& optimizer) {
  return best_rate(scale, store, task, optimizer).value_or(contender(optimizer).default_lr);
}

/// Each setup with each of the seeds; all setups with the first seed come first.
std::vector<Setup> seeded(const std::vector<Setup>& setups, int seeds) {
  std::vector<Setup> all;
  for (int seed = 0; seed < seeds; ++seed) {
    for (Setup setup : setups) {
      setup.seed = static_cast<std::uint64_t>(seed);
      all.push_back(setup);
    }
  }
  return all;
}

}  // namespace

std::span<const Task> tasks() { return all_tasks; }

std::vector<Setup> rate_setups(const Scale& scale, const Task& task, const std::string& optimizer) {
  std::vector<Setup> setups;
  for (double rate : scale.rates) {
    setups.push_back(measured_at_end(
        setup_of(task, is_cnn(task) ? scale.cnn_rates : scale.mlp_rates, optimizer, rate)));
  }
  return setups;
}

std::optional<double> best_rate(const Scale& scale, const TrainingStore& store, const Task& task,
                                const std::string& optimizer) {
  std::vector<Trial> rates;
  for (const Setup& setup : rate_setups(scale, task, optimizer)) {
    std::vector<double> accuracies;
    for (const Record* record : store.seeds(setup, scale.seeds)) {
      accuracies.push_back(record->validation_accuracy);
    }
    rates.push_back({{{"lr", setup.with.lr}}, estimate(accuracies)});
  }
  const Trial* best = first_near_best(rates);
  return best ? std::optional<double>(best->settings.at("lr")) : std::nullopt;
}

Setup curve_setup(const Scale& scale, const TrainingStore& store, const Task& task,
                  const std::string& optimizer, Rate rate) {
  return setup_of(task, is_cnn(task) ? scale.cnn : scale.mlp, optimizer,
                  rate == Rate::best ? best_or_default(scale, store, task, optimizer)
                                     : contender(optimizer).default_lr);
}

std::vector<Setup> momentum_setups(const Scale& scale, const TrainingStore& store) {
  std::vector<Setup> setups;
  for (double momentum : scale.momenta) {
    Setup& setup = setups.emplace_back(
        measured_at_end(setup_of(all_tasks[0], scale.mlp_rates, "momentum",
                                 best_or_default(scale, store, all_tasks[0], "momentum"))));
    setup.with.momentum = momentum;
  }
  return setups;
}

std::vector<Setup> alpha_setups(const Scale& scale, const TrainingStore& store) {
  std::vector<Setup> setups;
  for (double alpha : scale.alphas) {
    Setup& setup = setups.emplace_back(
        measured_at_end(setup_of(all_tasks[0], scale.mlp_rates, "rmsprop",
                                 best_or_default(scale, store, all_tasks[0], "rmsprop"))));
    setup.with.alpha = alpha;
  }
  return setups;
}

Setup price_setup(const Scale& scale, const TrainingStore& store, const std::string& optimizer) {
  const bool is_gd = optimizer == "gd";
  Setup setup = setup_of(all_tasks[0], scale.price, optimizer,
                         best_or_default(scale, store, all_tasks[0], is_gd ? "sgd" : optimizer));
  if (is_gd) {
    setup.batch = 60'000;
  } else {
    setup.measure_every = scale.price_measure_every;
  }
  setup.until_accuracy = race_goal;
  return setup;
}

Setup deepobs_setup(const Scale& scale, const std::string& optimizer) {
  Setup setup = setup_of({"fashion-mnist", "2c2d", ""}, scale.deepobs, optimizer, 0);
  setup.with = published(optimizer).with;
  return setup;
}

std::vector<Stage> all_stages(const Scale& scale, const TrainingStore& store) {
  std::vector<Stage> stages;
  if (scale.deepobs.epochs > 0) {
    stages.push_back({Part::deepobs, "DeepOBS", {}});
    for (const Published& theirs : published()) {
      stages.back().setups.push_back(deepobs_setup(scale, theirs.optimizer));
    }
  }
  for (const Task& task : tasks()) {
    std::vector<Setup> rates, curves;
    for (const Contender& one : batch_contenders()) {
      for (const Setup& setup : rate_setups(scale, task, one.name)) rates.push_back(setup);
      curves.push_back(curve_setup(scale, store, task, one.name, Rate::best));
      const Setup standard = curve_setup(scale, store, task, one.name, Rate::standard);
      if (standard != curves.back() || !best_rate(scale, store, task, one.name)) {
        curves.push_back(standard);
      }
    }
    stages.push_back(
        {Part::rates, std::string(task.title) + ", rates", seeded(rates, scale.seeds)});
    stages.push_back(
        {Part::curves, std::string(task.title) + ", curves", seeded(curves, scale.seeds)});
  }
  std::vector<Setup> sweeps = momentum_setups(scale, store);
  for (const Setup& setup : alpha_setups(scale, store)) sweeps.push_back(setup);
  stages.push_back({Part::memory, "momentum and β", seeded(sweeps, scale.seeds)});

  std::vector<Setup> price;
  for (const Contender& one : contenders()) {
    price.push_back(price_setup(scale, store, one.name));
  }
  stages.push_back({Part::race, "the race to 97 %", seeded(price, scale.price_seeds)});
  return stages;
}

Extents extents(const std::vector<Stage>& stages, const TrainingStore& store) {
  Extents extents;
  std::vector<Setup> seen;
  for (const Stage& stage : stages) {
    for (const Setup& setup : stage.setups) {
      if (std::ranges::find(seen, setup) != seen.end()) continue;
      seen.push_back(setup);
      Extent& extent = extents[stage.part];
      ++extent.planned;
      if (const Record* record = store.find(setup)) {
        ++extent.done;
        extent.seconds += record->last().seconds;
      }
    }
  }
  return extents;
}

}  // namespace engram::examples::study
