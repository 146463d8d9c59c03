// The experiments of the report's chapter on optimizers: gradient descent, SGD, momentum, Adagrad,
// RMSProp and Adam on the same surfaces, data and networks, and each of the report's claims
// compared with the measurements.
//
// Finished trainings are stored, so that an interrupted run resumes.
#include "common/experiment.h"
#include "common/failure.h"
#include "common/options.h"
#include "optimizers/claims.h"
#include "optimizers/study.h"
#include "optimizers/training.h"

#include <engram/experiment/run/clock.h>
#include <engram/experiment/run/results.h>
#include <engram/experiment/run/status_line.h>
#include <engram/experiment/run/stop.h>
#include <engram/io/atomic_file.h>

#include <fmt/format.h>

#include <algorithm>

using namespace engram;
using namespace engram::examples;
using namespace engram::examples::study;

namespace {

/// Runs the trainings that the store does not have yet.
void train_all(const Scale& scale, TrainingStore& store, Images& images) {
  const auto start = Clock::now();
  StatusLine status(stdout);
  double done = 0;  // of the expected seconds
  const std::size_t stage_count = all_stages(scale, store).size();
  for (std::size_t s = 0; s < stage_count; ++s) {
    const std::vector<Stage> stages = all_stages(scale, store);  // rates may be known now
    const Stage& stage = stages[s];
    double later = 0;  // expected seconds of this and the following stages
    for (std::size_t k = s; k < stage_count; ++k) {
      for (const Setup& setup : stages[k].setups) {
        if (!store.find(setup)) later += expected_seconds(setup);
      }
    }
    std::size_t number = 0;
    for (const Setup& setup : stage.setups) {
      ++number;
      if (store.find(setup)) continue;
      const double cost = expected_seconds(setup);
      const Tell tell = [&](double share) {
        if (!status.is_due()) return;
        const double passed = seconds_since(start);
        const double finished = done + share * cost;
        status.draw(fmt::format(
            "{}: {} of {}, {} at {:.2g}, {:.0f} % done, {}", stage.name, number,
            stage.setups.size(), contender(setup.optimizer).title, setup.with.lr, 100 * share,
            time_left(passed / std::max(finished, 1e-3) * (later - share * cost))));
      };
      Run run = store.run(setup);
      store.add(train(setup, images, tell, run));
      done += cost;
      later -= cost;
    }
    status.end(fmt::format("{}: {} trainings", stage.name, stage.setups.size()));
  }
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  AtomicFile file("report", path);
  file.write(text.data(), text.size());
  file.finish();
}

/// "47 s", "3 h 38 min"
std::string duration(double seconds) {
  const auto minutes = static_cast<int>(seconds / 60 + 0.5);
  return minutes < 10 ? fmt::format("{:.0f} s", seconds)
                      : fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

/// The scale, the machine, and the number of finished trainings.
Section introduction(const Study& study, const Extents& extents, Results& results) {
  Extent all;
  for (const auto& [part, extent] : extents) {
    all.planned += extent.planned;
    all.done += extent.done;
    all.seconds += extent.seconds;
  }
  Section section{"", {}};
  if (all.done < all.planned) {
    section.say(fmt::format(
        "**This report is partial:** the run was interrupted after {} of {} trainings. Means are "
        "of the seeds that there are, best rates of the sweeps so far, and a claim that needs more "
        "is not judged. The same command goes on.",
        all.done, all.planned));
  }
  section.say(
      "Full-batch gradient descent, SGD, SGD with momentum, Adagrad, RMSProp and Adam, on the same "
      "surfaces, data and networks; at the end each claim of the report that explains them, beside "
      "what was measured.");
  section.say(fmt::format(
      "This is the **{}** mode: {} of {} trainings, {} of training steps by the clock, the "
      "measurements between them not counted. Machine: {}; {}. Made by `{}`.",
      study.scale.name, all.done, all.planned, duration(all.seconds),
      results["machine"].get<std::string>(),
      num_threads() == 1 ? "one thread" : fmt::format("{} threads", num_threads()),
      results["command"].get<std::string>()));
  if (study.scale.name == "short") {
    section.say(
        "The short mode learns from a few thousand images for a few epochs. Accuracies are lower "
        "and differences between seeds larger than those of `--full`, which takes hours.");
  }
  return section;
}

/// Derives the report from the store, and draws its pictures.
Report make_report(const Study& study, Images& images, Results& results) {
  StatusLine status(stdout);
  const auto begin = [&](const char* part) {
    stop_if_interrupted();
    status.draw(fmt::format("the report: {}", part));
  };
  begin("measuring");
  const Extents done = extents(all_stages(study.scale, study.store), study.store);
  const Measurements m{.paths = measure_paths(),
                       .rates = measure_rates(study),
                       .curves = measure_curves(study),
                       .prices = measure_prices(study),
                       .gaps = measure_gaps(study),
                       .mechanisms = measure_mechanisms(study, images),
                       .extents = done};
  Report report{"Six optimizers, compared", {introduction(study, done, results)}};
  begin("the paths");
  report.sections.push_back(paths_section(study, m.paths));
  begin("the curves");
  report.sections.push_back(curves_section(study, m.curves));
  begin("the rates");
  report.sections.push_back(rates_section(study, m.rates));
  begin("the price, the gap and the mechanisms");
  report.sections.push_back(price_section(study, m.prices));
  report.sections.push_back(gap_section(study, m.gaps));
  report.sections.push_back(mechanisms_section(study, m.mechanisms));
  report.sections.push_back(claims_section(judge(m)));
  stop_if_interrupted();
  status.end("the report: done");
  return report;
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app("Compares six optimizers, and holds a report's claims against what is measured.");
  bool full = false, tiny = false;
  double budget = 0;
  std::optional<int> threads;
  std::filesystem::path data, out;
  auto* takes_time = app.add_flag("--full", full,
                                  "Take hours, not two minutes; may be broken off and asked again");
  app.add_option(
         "--budget", budget,
         "Minutes on two cores that the epochs are reduced to, as far as 2 epochs allow; 0: "
         "no limit")
      ->check(at_least(0))
      ->needs(takes_time)
      ->capture_default_str();
  add_machine_options(app, threads, data, "the folders mnist and fashion-mnist");
  app.add_option("--out", out,
                 "Folder; by default out/optimizers, with --full out/optimizers-full");
  app.add_flag("--tiny", tiny)->group("");  // for the tests
  parse_command_line(app, argc, argv);
  if (threads) set_num_threads(*threads);
  if (out.empty()) out = full ? "out/optimizers-full" : "out/optimizers";
  catch_interrupts();

  const Scale scale = tiny ? tiny_scale() : full ? full_scale(budget) : short_scale();
  Results results("optimizers", argc, argv, out, 0,
                  {{"scale", scale.name}, {"budget", budget}, {"out", out.string()}});
  TrainingStore store(out / "runs.db");
  if (const std::int64_t damaged = store.damaged(); damaged > 0) {
    fmt::print(stderr, "warning: {}: {} damaged trainings begin anew\n", (out / "runs.db").string(),
               damaged);
  }
  Images images(data);
  // Missing data sets are an error before the work.
  for (const Stage& stage : all_stages(scale, store)) {
    for (const Setup& setup : stage.setups) images[setup.dataset];
  }
  bool interrupted = false;
  try {
    train_all(scale, store, images);
  } catch (const Interrupted&) {
    interrupted = true;
    catch_interrupts();
    fmt::print("\ninterrupted; the report is made of what there is\n");
  }

  const Study study{scale, store, out};
  const Report report = make_report(study, images, results);
  write_file(out / "report.md", to_markdown(report, out));
  write_file(out / "report.html", to_html(report, out));
  fmt::print("{}\nThe report: {} and report.md\n", to_text(report), (out / "report.html").string());
  results.write();
  return interrupted ? 130 : 0;
} catch (...) {
  return report_failure("optimizers");
}
