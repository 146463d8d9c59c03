// Learns sequences of tasks with the methods of continual learning, and compares their figures with
// published ones: van de Ven's results are --protocol van-de-ven --seeds 20.
//
// Finished runs are stored, unfinished ones after each task: the same command resumes them, and
// gives the same figures.
#include "common/experiment.h"
#include "common/failure.h"
#include "common/images.h"
#include "continual/report.h"
#include "continual/stream.h"
#include "continual/tradeoff.h"
#include "continual/training.h"

#include <engram/experiment/report/table.h>
#include <engram/experiment/run/progress.h>
#include <engram/experiment/run/stop.h>
#include <engram/experiment/tasks/task_plot.h>

#include <fmt/format.h>

#include <cmath>

using namespace engram;
using namespace engram::examples;
using namespace engram::examples::runs;

namespace {

Json options_json(const Command& command) {
  Json json = to_json(command.setup);
  for (const char* of_one_run : {"method", "options", "seed", "validation", "threads"}) {
    json.erase(of_one_run);
  }
  json["protocol"] = command.protocol;
  json["seeds"] = command.seeds;
  json["data"] = command.data.string();
  json["out"] = command.out.string();
  return json;
}

/// Steps of all runs of the command.
std::int64_t all_steps(const Command& command, const data::TrainTest& images) {
  Setup validation = command.setup;
  validation.validation = true;
  return search_runs(command) * steps_of(validation, images) +
         std::ssize(command.variants) * std::ssize(command.seeds) * steps_of(command.setup, images);
}

int run(int argc, char** argv) {
  Command command = read_command_line(argc, argv);
  catch_interrupts();
  Images all_images(command.data);
  const data::TrainTest& images = all_images[command.setup.dataset];
  command.setup.images = fingerprint(images);
  Results json("continual", argc, argv, command.out, command.seeds[0], options_json(command));
  remove_plots(command.out);
  remove_tradeoff(command.out);

  Store store(command.out / "runs.db");
  if (const std::int64_t damaged = store.damaged("continual"); damaged > 0) {
    fmt::print(stderr, "warning: {}: {} damaged runs begin anew\n",
               (command.out / "runs.db").string(), damaged);
  }
  Progress progress(all_steps(command, images));
  const auto outcome_of = [&](const Setup& setup) {
    Run run = store.run("continual", to_json(setup));
    return train(run, setup, images, progress);
  };
  const std::vector<Candidate> candidates = search(command, outcome_of);
  if (!candidates.empty()) print_table(table(candidates));
  std::vector<Result> results;
  for (std::uint64_t seed : command.seeds) {
    for (const Variant& variant : command.variants) {
      results.push_back({variant, seed, outcome_of(setup_of(command, variant, seed))});
      write_results(json, command, results, candidates);
    }
  }

  const std::vector<Summary> rows = summaries(command, results);
  print_table(table(rows));
  std::vector<OverSeeds> figures;
  int diverged = 0;
  for (const Summary& row : rows) {
    figures.push_back(row.figures);
    diverged += row.figures.diverged;
  }
  const std::vector<MethodRecord> means = mean_records(figures);
  if (!means.empty()) plot_tasks(command.out, means);
  if (!candidates.empty()) {
    draw_tradeoff(command.out, tradeoff_of(candidates), "validation");
  } else if (const auto lines = tradeoff_of(rows); !lines.empty()) {
    draw_tradeoff(command.out, lines, "test");
  }
  if (diverged == 0) return 0;
  fmt::print(stderr, "continual: {} of {} runs diverged; a smaller --lr or strength may help\n",
             diverged, results.size());
  return 1;
}

}  // namespace

int main(int argc, char** argv) try { return run(argc, argv); } catch (const Interrupted&) {
  fmt::print(stderr,
             "continual: interrupted; the same command goes on after the last task that was "
             "finished\n");
  return 130;
} catch (...) {
  return report_failure("continual");
}
