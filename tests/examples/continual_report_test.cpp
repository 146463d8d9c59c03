#include "continual/methods.h"
#include "continual/report.h"
#include "continual/tradeoff.h"

#include "../temporary_folder.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>

using namespace engram::examples;
using namespace engram::examples::runs;

namespace {

Command small_command(const std::string& protocol = "") {
  Command command{.protocol = protocol,
                  .setup = protocol_setup(protocol, "permuted", "domain"),
                  .variants = {{"naive", Json::object(), "naive"},
                               {"ewc", {{"lambda", 10.}}, "ewc, lambda 10"},
                               {"ewc", {{"lambda", 2.}}, "ewc, lambda 2"}},
                  .seeds = {0, 1},
                  .grids = {},
                  .data = {},
                  .out = {}};
  return command;
}

/// The protocol's options of the setup's method.
Json options_under(const std::string& protocol, const Setup& setup) {
  Json options = Json::object();
  for (const MethodOption& option : parts_of(setup.method)[0]->options) {
    const Json own = protocol_option(protocol, setup, setup.method, option.name);
    options[option.name] = own.is_null() ? option.value : own;
  }
  return options;
}

Outcome outcome_of(double first, double last) {
  return {.baseline = {0.1, 0.1},
          .matrix = {{0.9, 0.2}, {first, last}},
          .seconds = 2,
          .memory_bytes = 3'000'000};
}

std::vector<Result> results_of(const Command& command) {
  std::vector<Result> results;
  for (std::uint64_t seed : command.seeds) {
    const double s = static_cast<double>(seed);
    results.push_back({command.variants[0], seed, outcome_of(0.5 + 0.1 * s, 0.9)});
    results.push_back({command.variants[1], seed, outcome_of(0.8, 0.8)});
    results.push_back({command.variants[2], seed, outcome_of(0.7, 0.9)});
  }
  return results;
}

}  // namespace

TEST_CASE("summaries: mean and standard error over the seeds") {
  const Command command = small_command();
  const auto rows = summaries(command, results_of(command));
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].seeds == std::vector<std::uint64_t>{0, 1});
  CHECK(rows[0].figures.acc.mean == doctest::Approx(0.725));
  CHECK(rows[0].figures.acc.error == doctest::Approx(0.025));
  CHECK(rows[0].figures.bwt.mean == doctest::Approx(-0.35));
  CHECK(rows[0].figures.mean.matrix[1][0] == doctest::Approx(0.55));
  CHECK(rows[0].figures.mean.baseline[1] == doctest::Approx(0.1));
  CHECK(rows[1].figures.acc.error == 0);

  const auto text = table(rows);
  CHECK(text[1] == std::vector<std::string>{"naive", "72.50 ± 2.50", "-35.00 ± 5.00",
                                            "10.00 ± 0.00", "35.00 ± 5.00", "90.00 ± 0.00", "3.0",
                                            "2.0 ± 0.0"});
}

TEST_CASE("summaries: what diverged is counted, and is in no mean") {
  const Command command = small_command();
  std::vector<Result> results = results_of(command);
  results[0].outcome.diverged = 5;
  results[0].outcome.matrix.resize(1);
  const auto rows = summaries(command, results);
  CHECK(rows[0].figures.diverged == 1);
  CHECK(rows[0].figures.acc.mean == doctest::Approx(0.75));
  CHECK(std::isnan(rows[0].figures.acc.error));
  CHECK(table(rows)[1][0] == "naive (1 of 2 diverged)");
  CHECK(table(rows)[1][6] == "3.0");

  results[3].outcome.diverged = 5;  // then naive has no results
  const auto none = table(summaries(command, results));
  CHECK(none[1][0] == "naive (2 of 2 diverged)");
  CHECK(none[1][6] == "-");
}

TEST_CASE("published: beside runs under the protocol, and no others") {
  const auto of = [](const std::string& protocol, const std::string& scenario,
                     const std::string& incremental, const std::string& method) {
    Setup setup = protocol_setup(protocol, scenario, incremental);
    setup.method = method;
    setup.options = options_under(protocol, setup);
    setup.seed = 3;
    return published(protocol, setup);
  };
  CHECK(of("van-de-ven", "permuted", "domain", "ewc")->acc.value == 94.31);
  CHECK(of("van-de-ven", "permuted", "domain", "ewc")->acc.error == 0.11);
  CHECK(of("van-de-ven", "permuted", "task", "online-ewc")->acc.value == 95.96);
  CHECK(of("van-de-ven", "permuted", "class", "joint")->acc.value == 97.59);
  CHECK(of("van-de-ven", "split", "domain", "ewc")->acc.value == 63.95);
  CHECK(of("van-de-ven", "split", "class", "online-ewc")->acc.value == 19.96);
  CHECK_FALSE(of("van-de-ven", "split", "task", "lwf"));  // not of that paper
  CHECK(of("si-authors", "permuted", "domain", "si")->acc.value == 96.94);
  CHECK(of("si-authors", "permuted", "domain", "si")->bwt->value == -1.14);
  CHECK(of("si-authors", "permuted", "domain", "si")->source ==
        std::string("Zenke, Poole and Ganguli 2017, figure 4"));
  CHECK_FALSE(of("van-de-ven", "permuted", "domain", "gpm"));
  CHECK_FALSE(of("", "permuted", "domain", "ewc"));

  const auto changed = [](auto change) {
    Setup setup = protocol_setup("van-de-ven", "permuted", "domain");
    setup.method = "ewc";
    setup.options = options_under("van-de-ven", setup);
    change(setup);
    return published("van-de-ven", setup);
  };
  CHECK_FALSE(changed([](Setup& s) { s.tasks = 5; }));
  CHECK_FALSE(changed([](Setup& s) { s.iterations = 20; }));
  CHECK_FALSE(changed([](Setup& s) { s.dataset = "fashion-mnist"; }));
  CHECK_FALSE(changed([](Setup& s) { s.validation = true; }));
  CHECK_FALSE(changed([](Setup& s) { s.options["lambda"] = 7.; }));
  CHECK_FALSE(changed([](Setup& s) { s.options["fisher"] = "sampled"; }));

  Command command = small_command("van-de-ven");
  for (Variant& variant : command.variants) {
    Setup setup = command.setup;
    setup.method = variant.method;
    variant.options = options_under("van-de-ven", setup);
  }
  command.variants[2].options["lambda"] = 7.;
  const auto text = table(summaries(command, results_of(command)));
  CHECK(text[1].back() == "78.51 ± 0.24");
  CHECK(text[2].back() == "94.31 ± 0.11");
  CHECK(text[3].back() == "-");
  // A searched strength is compared with the authors' result, whose strength was searched too.
  command.grids["ewc"] = {7, 8};
  CHECK(table(summaries(command, results_of(command)))[3].back() == "94.31 ± 0.11");
  CHECK(text[0].back() == "published ACC %");
}

TEST_CASE("write_results: the main job's keys for each run, and a summary") {
  const TemporaryFolder folder;
  const Command command = small_command();
  char name[] = "continual";
  char* argv[] = {name};
  Results json("continual", 1, argv, folder.path(), 0, Json::object());
  const Candidate tried{"ewc", "lambda", 10, Estimate{.mean = 0.5, .count = 1}, Estimate{}, true};
  write_results(json, command, results_of(command), {tried});
  const Json read = Json::parse(read_file(folder / "results.json"));
  REQUIRE(read["methods"].size() == 6);
  for (const char* key : {"name", "acc", "bwt", "fwt", "forgetting", "learning_accuracy", "matrix",
                          "baseline", "seconds", "options", "seed", "memory_bytes"}) {
    CHECK(read["methods"][4].contains(key));
  }
  CHECK(read["methods"][3]["seed"] == 1);
  CHECK(read["summary"][2]["name"] == "ewc, lambda 2");
  CHECK(read["summary"][2]["options"]["lambda"] == 2.);
  CHECK(read["summary"][2]["acc"]["mean"] == doctest::Approx(0.8));
  CHECK(read["summary"][2]["seeds"] == Json{0, 1});
  CHECK(read["summary"][2]["published"].is_null());
  CHECK(read["search"][0]["chosen"] == true);
  CHECK(read["search"][0]["validation_acc"]["standard_error"].is_null());
}

TEST_CASE("search: by the validation accuracy, of equal ones the first, never one that diverged") {
  Command command = small_command();
  command.variants.pop_back();
  command.grids["ewc"] = {1, 10, 100, 1000};
  command.search_seeds = 2;
  CHECK(search_runs(command) == 8);
  std::vector<Setup> seen;
  const auto run = [&](const Setup& setup) {
    seen.push_back(setup);
    const double lambda = setup.options["lambda"];
    Outcome outcome = outcome_of(0.6, lambda == 10 || lambda == 100 ? 0.9 : 0.7);
    if (lambda == 1000) {
      outcome = outcome_of(1, 1);
      if (setup.seed == 1) outcome.diverged = 1;
    }
    return outcome;
  };
  const auto candidates = search(command, run);
  REQUIRE(seen.size() == 8);
  for (const Setup& setup : seen) {
    CHECK(setup.validation);  // no test image is used: see make_stream
    CHECK(setup.method == "ewc");
  }
  REQUIRE(candidates.size() == 4);
  CHECK(candidates[1].chosen);
  CHECK(candidates[0].acc.count == 2);
  CHECK(std::isnan(candidates[3].acc.mean));
  CHECK(command.variants[1].options["lambda"] == 10.);
  CHECK(table(candidates)[2] ==
        std::vector<std::string>{"ewc", "lambda", "10", "75.00 ± 0.00", "90.00 ± 0.00", "chosen"});
}

TEST_CASE("search: an error when nothing is left to choose from") {
  Command command = small_command();
  command.grids["ewc"] = {1};
  const auto diverges = [](const Setup&) {
    Outcome outcome = outcome_of(0, 0);
    outcome.diverged = 1;
    return outcome;
  };
  CHECK_THROWS_WITH((void)search(command, diverges), "--search: ewc diverged at every strength");
}

TEST_CASE("tradeoff_of: a line for each method with several strengths, by rising strength") {
  const Command command = small_command();
  const auto lines = tradeoff_of(summaries(command, results_of(command)));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].method == "ewc");
  REQUIRE(lines[0].points.size() == 2);
  CHECK(lines[0].points[0].strength == 2);
  CHECK(lines[0].points[0].learning == doctest::Approx(0.9));
  CHECK(lines[0].points[1].acc == doctest::Approx(0.8));
  const TemporaryFolder folder;
  if (std::system("gnuplot --version >/dev/null 2>&1") != 0) return;
  CHECK(draw_tradeoff(folder.path(), lines, "test"));
  CHECK(read_file(folder / "tradeoff.png").starts_with("\x89PNG"));
  remove_tradeoff(folder.path());
  CHECK(std::filesystem::is_empty(folder.path()));
}
