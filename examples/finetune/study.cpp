#include "finetune/study.h"

#include <engram/experiment/run/clock.h>
#include <engram/experiment/run/status_line.h>
#include <engram/io/state_file.h>

#include <fmt/format.h>

namespace engram::examples::finetuning {

namespace {
constexpr std::uint64_t seed_of_candidates = 1000;
}

Json to_json(const Plan& plan) {
  return {{"families", plan.families},
          {"targets", plan.targets},
          {"ways", plan.ways},
          {"images", plan.images},
          {"seeds", plan.seeds},
          {"steps", plan.steps},
          {"rates", plan.rates},
          {"pretraining", to_json(plan.pretraining)},
          {"weights", plan.weights.string()}};
}

/// The progress line, with the time left estimated from the fraction of the work done.
class Study::Status {
 public:
  explicit Status(double work) : left_(work) {}

  Tell tell(const std::string& what, double cost) {
    return [this, what, cost](double done, double loss, double lr) {
      if (!line_.is_due()) return;
      const double seconds_of_one = seconds_since(start_) / (done_ + done * cost);
      line_.draw(fmt::format("{}: {:.0f} %, loss {:.3f}, rate {:.2g}, {}", what, 100 * done, loss,
                             lr, time_left(seconds_of_one * (left_ - done * cost))));
    };
  }
  void finish(double cost) {
    done_ += cost;
    left_ -= cost;
  }
  /// Subtracts work done by an earlier process.
  void skip(double cost) { left_ -= cost; }
  void end(const std::string& text) { line_.end(text); }

 private:
  StatusLine line_{stdout};
  Clock::time_point start_ = Clock::now();
  double done_ = 0, left_;  // in steps of a fine-tuning
};

Study::Study(const Plan& plan, const std::filesystem::path& folder,
             const std::filesystem::path& data)
    : plan_(plan), folder_(folder), images_(data), store_(folder / "runs.db") {
  images_["mnist"];  // a missing data set is an error here
  if (std::ranges::count(plan.targets, "fashion")) images_["fashion-mnist"];
}

/// In steps of a fine-tuning: batches of pretraining have twice the images.
double Study::cost_of_pretraining() const {
  const Pretraining& p = plan_.pretraining;
  return 2 * static_cast<double>(p.epochs * p.customers * p.images) / static_cast<double>(p.batch);
}

void Study::run() {
  const bool needs_weights = plan_.ways != std::vector<std::string>{"scratch"};
  const std::size_t of_family = plan_.targets.size() * plan_.ways.size() * plan_.images.size() *
                                static_cast<std::size_t>(plan_.seeds);
  const std::size_t count = plan_.families.size() * of_family;
  Status status(static_cast<double>(count + candidates().size()) *
                    static_cast<double>(plan_.steps) +
                static_cast<double>(plan_.families.size()) * cost_of_pretraining());
  for (const std::string& family : plan_.families) {
    if (needs_weights) load_or_pretrain(family, status);
    if (family == plan_.families.front()) {
      for (const Setup& setup : candidates()) fine_tune_once(setup, status);
    }
    for (const Setup& setup : setups(family)) fine_tune_once(setup, status);
  }
  status.end(fmt::format("{} trainings", count));
}

std::vector<Trained> Study::trainings() {
  std::vector<Trained> all;
  for (const std::string& family : plan_.families) {
    for (const Setup& setup : setups(family)) {
      all.push_back({setup});
      if (const std::optional<Json> outcome = run_of(setup).outcome()) {
        all.back().outcome = outcome_from_json(*outcome);
      }
    }
  }
  return all;
}

std::vector<std::pair<std::string, double>> Study::accuracies() const {
  std::vector<std::pair<std::string, double>> all;
  for (const auto& [family, pretrained] : pretrained_) {
    all.emplace_back(family, pretrained.accuracy);
  }
  return all;
}

namespace {

/// All trainings of a family on the new tasks, without rates and weights.
std::vector<Setup> trainings_of(const Plan& plan, const std::string& family,
                                std::uint64_t first_seed, int seeds) {
  std::vector<Setup> all;
  for (const std::string& target : plan.targets) {
    for (const std::int64_t images : plan.images) {
      for (int k = 0; k < seeds; ++k) {
        for (const std::string& way : plan.ways) {
          all.push_back({.family = family,
                         .target = target,
                         .way = way,
                         .images = images,
                         .seed = first_seed + static_cast<std::uint64_t>(k),
                         .steps = plan.steps,
                         .weights = {}});
        }
      }
    }
  }
  return all;
}

}  // namespace

std::vector<Setup> Study::setups(const std::string& family) {
  std::vector<Setup> all = trainings_of(plan_, family, 0, plan_.seeds);
  const std::vector<Setup> tried = candidates();
  for (Setup& setup : all) {
    setup.lr = chosen_rate(setup, tried);
    if (setup.way != "scratch") setup.weights = hash_of_weights(family);
  }
  return all;
}

/// The trainings that choose the rates: of the first family, with a seed of their own. None for a
/// single rate.
std::vector<Setup> Study::candidates() const {
  std::vector<Setup> all;
  if (plan_.rates.size() == 1) return all;
  for (Setup setup : trainings_of(plan_, plan_.families.front(), seed_of_candidates, 1)) {
    if (setup.way != "scratch") setup.weights = hash_of_weights(setup.family);
    for (const double rate : plan_.rates) {
      setup.lr = rate;
      all.push_back(setup);
    }
  }
  return all;
}

/// The rate with the highest validation accuracy, among the candidates that are finished.
double Study::chosen_rate(const Setup& setup, const std::vector<Setup>& tried) {
  double chosen = plan_.rates.front(), best = -1;
  for (const Setup& candidate : tried) {
    if (candidate.target != setup.target || candidate.way != setup.way ||
        candidate.images != setup.images) {
      continue;
    }
    const std::optional<Json> outcome = run_of(candidate).outcome();
    const double validation = outcome ? outcome_from_json(*outcome).validation : -1;
    if (validation <= best) continue;
    best = validation;
    chosen = candidate.lr;
  }
  return chosen;
}

std::string Study::hash_of_weights(const std::string& family) const {
  const auto found = pretrained_.find(family);
  return found == pretrained_.end() ? "" : found->second.hash;
}

Run Study::run_of(const Setup& setup) {
  Json settings = to_json(setup);
  settings["width"] = plan_.pretraining.width;
  return store_.run("finetune", settings);
}

void Study::load_or_pretrain(const std::string& family, Status& status) {
  const double cost = cost_of_pretraining();
  if (!plan_.weights.empty()) {
    std::string notes;
    pretrained_[family] =
        pretrained(family, plan_.pretraining, images_, load(plan_.weights), notes);
    status.end(fmt::format("{}: {}", plan_.weights.string(), notes));
    status.skip(cost);
    return;
  }
  Json settings = to_json(plan_.pretraining);
  settings["family"] = family;
  Run run = store_.run("pretraining", settings);
  pretrained_[family] =
      pretrain(family, plan_.pretraining, images_, run, status.tell("pretraining " + family, cost));
  save(pretrained_[family].weights, folder_ / (family + ".safetensors"));
  status.end(fmt::format("pretrained {}: {:.2f} % on new customers", family,
                         100 * pretrained_[family].accuracy));
  status.finish(cost);
}

void Study::fine_tune_once(const Setup& setup, Status& status) {
  Run run = run_of(setup);
  const auto cost = static_cast<double>(setup.steps);
  if (run.outcome()) return status.skip(cost);
  const auto weights = pretrained_.find(setup.family);
  const std::string what = fmt::format("{}, {}, {} images, {}, seed {}", setup.family, setup.target,
                                       setup.images, setup.way, setup.seed);
  const Outcome outcome = fine_tune(setup, plan_.pretraining.width,
                                    weights == pretrained_.end() ? nullptr : &weights->second,
                                    images_, status.tell(what, cost));
  run.finish(to_json(outcome));
  status.finish(cost);
}

}  // namespace engram::examples::finetuning
