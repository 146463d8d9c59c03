// Measures Engram and its peers: each row is a work that all of them do, in turns.
#include "measure.h"
#include "plot.h"
#include "report.h"
#include "rows.h"

#include <engram/autograd/error.h>
#include <engram/experiment/run/progress.h>
#include <engram/experiment/run/stop.h>

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <regex>

using namespace bench;
using namespace engram::experiment;

struct BenchOptions {
  std::string filter, peers;
  bool quick = false;
  bool plain = false;
  bool list = false;
  std::vector<int> threads = {1, 2};
  std::filesystem::path out = "out/bench";
  Plan plan;
};

/// Reads the command line. CLI::ParseError for an invalid one, and for --help.
BenchOptions read_options(CLI::App& app, int argc, char** argv) {
  BenchOptions options;
  std::filesystem::path against;
  app.add_option("--filter", options.filter, "Only works in whose name this regular expression is");
  app.add_option("--peers", options.peers, "Only peers in whose name this regular expression is");
  app.add_option("--against", against,
                 "Folder of another build of Engram with benchmarks, which becomes a peer");
  app.add_flag("--quick", options.quick, "A few short turns, --plain, and nothing is built");
  app.add_flag("--plain", options.plain,
               "Peers as they are installed: no search for their best settings");
  app.add_option("--threads", options.threads, "Numbers of threads; by default 1,2")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  app.add_option("--out", options.out, "Folder for bench.json and the pictures")
      ->capture_default_str();
  app.add_flag("--list", options.list, "Print the names of the works, and end");
  app.add_option("--pthread-blas", options.plan.pthread_blas,
                 "Folder with OpenBLAS's pthreads build, for libtorch to try");
  app.parse(argc, argv);
  options.plan.programs = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  if (!against.empty()) {
    options.plan.other_build = std::filesystem::absolute(against) / "bench/bench_engram";
    if (!std::filesystem::exists(options.plan.other_build)) {
      throw CLI::ValidationError("--against",
                                 fmt::format("there is no {}", options.plan.other_build.string()));
    }
  }
  options.plan.try_settings = !options.quick && !options.plain;
  if (options.quick) {
    options.plan.rounds = 3;
    options.plan.turn = 0.005;
  }
  return options;
}

std::regex read_pattern(const char* option, const std::string& text) {
  try {
    return std::regex(text, std::regex::icase);
  } catch (const std::regex_error& error) {
    throw CLI::ValidationError(option,
                               fmt::format("{} is no regular expression: {}", text, error.what()));
  }
}

std::vector<Row> rows_with(const std::string& filter) {
  std::vector<Row> rows = all_rows();
  const std::regex pattern = read_pattern("--filter", filter);
  std::erase_if(rows, [&](const Row& row) { return !std::regex_search(row.work, pattern); });
  if (rows.empty()) {
    throw CLI::ValidationError("--filter", fmt::format("no work is named like {}", filter));
  }
  return rows;
}

/// The selected peers of the row, and Engram's own: another build, and one thread against many.
std::vector<Peer> peers(const Row& row, int threads, const BenchOptions& options) {
  std::vector<Peer> all = row.peers;
  const bool is_engram = row.contestant == "engram" && row.point.axis.empty();
  if (is_engram && row.measure == Measure::time && threads > 1) {
    all.push_back({.name = "one thread", .contestant = "engram", .threads = 1});
  }
  if (is_engram && !options.plan.other_build.empty()) {
    all.push_back({.name = other_build, .contestant = other_build});
  }
  const std::regex pattern = read_pattern("--peers", options.peers);
  std::erase_if(all, [&](const Peer& peer) { return !std::regex_search(peer.name, pattern); });
  return all;
}

/// A row, and one number of threads to measure it with.
struct Job {
  Row row;
  int threads;
};

std::vector<Job> jobs(const BenchOptions& options) {
  std::vector<Job> result;
  for (const Row& row : rows_with(options.filter)) {
    if (options.quick && row.contestant == "build_times") continue;
    for (int threads : row.threads > 0 ? std::vector{row.threads} : options.threads) {
      result.push_back({row, threads});
      result.back().row.peers = peers(row, threads, options);
    }
  }
  return result;
}

int run(const BenchOptions& options) {
  if (options.list) {
    for (const Row& row : rows_with(options.filter)) fmt::print("{}\n", row.work);
    return 0;
  }
  catch_interrupts();
  std::filesystem::create_directories(options.out);

  std::vector<Measurement> all;
  const std::vector<Job> all_jobs = jobs(options);
  Progress progress(std::ssize(all_jobs));
  for (const auto& [row, threads] : all_jobs) {
    progress.begin(fmt::format("{}, {} thread{}", row.work, threads, threads == 1 ? "" : "s"));
    const std::vector<Measurement> measured = measure(row, threads, options.plan);
    all.insert(all.end(), measured.begin(), measured.end());
    progress.step(0, 0, 0);
    progress.end(in_short(measured));
    write_json(options.out, all);
    stop_if_interrupted();
  }
  print(all);
  plot(options.out, all);

  const auto mismatches = std::ranges::count(all, false, &Measurement::valid);
  engram::check(mismatches == 0, "{} results differ from Engram's: see MISMATCH", mismatches);
  return 0;
}

int main(int argc, char** argv) {
  CLI::App app("Measures Engram beside its peers, in turns, and prints the ratios of their times.",
               "scripts/bench");
  try {
    return run(read_options(app, argc, argv));
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench: {}\n", error.what());
    return 1;
  }
}
