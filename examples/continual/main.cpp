// Learns sequences of tasks with the methods of continual learning, and sets their figures beside
// the published ones: van de Ven's results are --protocol van-de-ven --seeds 20.
//
// Every run that is done is kept, and one that is under way after each of its tasks: asked again,
// the program goes on where it was, and comes to the same figures.
#include "common/images.h"
#include "common/progress.h"
#include "common/stop.h"
#include "common/table.h"
#include "common/task_plot.h"
#include "continual/report.h"
#include "continual/stream.h"
#include "continual/tradeoff.h"
#include "continual/training.h"

#include <fmt/format.h>

#include <cmath>

using namespace engram;
using namespace engram::examples;
using namespace engram::examples::runs;

namespace {

namespace fs = std::filesystem;

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

/// Does what the store does not have yet, and keeps it there.
class Runner {
 public:
  Runner(const Command& command, const data::TrainTest& images)
      : images_(images),
        checkpoints_(command.out / "checkpoints"),
        store_(command.out / "results.jsonl"),
        steps_(steps_of(command.setup, images)),
        search_steps_(steps_in_search(command, images)),
        progress_(std::ssize(search_setups(command)) * search_steps_ +
                  std::ssize(command.variants) * std::ssize(command.seeds) * steps_) {
    if (store_.damaged() > 0) {
      fmt::print(stderr,
                 "warning: {}: passes over {} damaged lines; runs that stood there alone begin "
                 "anew\n",
                 (command.out / "results.jsonl").string(), store_.damaged());
    }
  }

  Outcome operator()(const Setup& setup) {
    const fs::path checkpoint = checkpoints_ / (key_of(setup) + ".safetensors");
    if (const Outcome* known = store_.find(setup)) {
      progress_.skip(setup.validation ? search_steps_ : steps_);
      fs::remove(checkpoint);  // where a kill came between the two
      return *known;
    }
    const Outcome outcome = train(setup, images_, checkpoint, progress_);
    store_.add(setup, outcome);
    fs::remove(checkpoint);  // only now: a kill before this line loses no task
    return outcome;
  }

 private:
  static std::int64_t steps_in_search(const Command& command, const data::TrainTest& images) {
    Setup setup = command.setup;
    setup.validation = true;
    return steps_of(setup, images);
  }

  const data::TrainTest& images_;
  fs::path checkpoints_;
  Store store_;
  std::int64_t steps_, search_steps_;  // of one run
  Progress progress_;
};

int run(int argc, char** argv) {
  Command command = read_command_line(argc, argv);
  catch_interrupts();
  Images all_images(command.data);
  const data::TrainTest& images = all_images[command.setup.dataset];
  command.setup.images = fingerprint(images);
  Results json("continual", argc, argv, command.out, command.seeds[0], options_json(command));
  remove_plots(command.out);
  remove_tradeoff(command.out);

  Runner runner(command, images);
  const std::vector<Candidate> candidates = search(command, std::ref(runner));
  if (!candidates.empty()) print_table(table(candidates));
  std::vector<Result> results;
  for (std::uint64_t seed : command.seeds) {
    for (const Variant& variant : command.variants) {
      results.push_back({variant, seed, runner(setup_of(command, variant, seed))});
      write_results(json, command, results, candidates);
    }
  }

  const std::vector<Summary> rows = summaries(command, results);
  print_table(table(rows));
  std::vector<MethodRecord> means;
  int diverged = 0;
  for (const Summary& row : rows) {
    if (!row.mean.matrix.empty()) means.push_back(row.mean);
    diverged += row.diverged;
  }
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
