#include "continual/command_line.h"

#include "../temporary_folder.h"
#include "common/failure.h"
#include "continual/methods.h"
#include "continual/network.h"
#include "continual/protocol.h"

#include <engram/autograd/threads.h>

#include <doctest/doctest.h>

#include <map>
#include <sstream>

using namespace engram::examples;
using namespace engram::examples::runs;

namespace {

Command read(const std::string& arguments) {
  std::istringstream in("continual " + arguments);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return read_command_line(static_cast<int>(argv.size()), argv.data());
}

void refuses(const std::string& arguments, const std::string& message) {
  CAPTURE(arguments);
  CHECK_THROWS_WITH_AS((void)read(arguments), (message + " (see --help)").c_str(), UsageError);
}

}  // namespace

TEST_CASE("read_command_line: without a protocol, the main job") {
  const Command command = read("");
  CHECK(command.setup.scenario == "permuted");
  CHECK(command.setup.incremental == "domain");
  CHECK(command.setup.tasks == 10);
  CHECK(command.setup.hidden == 400);
  CHECK(command.setup.layers == 2);
  CHECK(command.setup.lr == 1e-3);
  CHECK(command.setup.batch == 128);
  CHECK(command.setup.iterations == 0);
  CHECK(command.setup.epochs == 1);
  CHECK(command.setup.threads == engram::num_threads());
  REQUIRE(command.variants.size() == 2);
  CHECK(command.variants[0].label == "naive");
  CHECK(command.variants[0].options == Json::object());
  CHECK(command.variants[1].options ==
        Json{{"lambda", 60.}, {"fisher", "exact"}, {"fisher-samples", 1000}});
  CHECK(command.seeds == std::vector<std::uint64_t>{0});
  CHECK(command.out == "out/continual");
}

TEST_CASE("protocol_setup: what the publications say") {
  const Setup permuted = read("--protocol van-de-ven").setup;
  CHECK(permuted.pad == 2);
  CHECK(permuted.hidden == 1000);
  CHECK(permuted.layers == 2);
  CHECK(permuted.optimizer == "adam");
  CHECK(permuted.lr == 1e-4);
  CHECK_FALSE(permuted.reset_optimizer);
  CHECK(permuted.iterations == 5000);
  CHECK(permuted.batch == 128);
  CHECK(permuted.tasks == 10);

  const Setup split = read("--protocol van-de-ven --scenario split --incremental class").setup;
  CHECK(split.pad == 0);
  CHECK(split.hidden == 400);
  CHECK(split.lr == 1e-3);
  CHECK(split.iterations == 2000);
  CHECK(split.batch == 128);
  CHECK(split.tasks == 5);

  CHECK(split.init == "default");

  const Setup si = read("--protocol si-authors").setup;
  CHECK(si.init == "xavier");
  CHECK(si.pad == 0);
  CHECK(si.hidden == 2000);
  CHECK(si.layers == 2);
  CHECK(si.lr == 1e-3);
  CHECK(si.iterations == 0);
  CHECK(si.epochs == 20);
  CHECK(si.batch == 256);

  const Command methods = read("--protocol van-de-ven --method ewc,online-ewc");
  CHECK(methods.variants[0].options["lambda"] == 100.);
  CHECK(methods.variants[1].options["lambda"] == 300.);
  CHECK(methods.variants[1].options["gamma"] == 0.9);
  CHECK(read("--protocol van-de-ven --method si").variants[0].options ==
        Json{{"c", 10.}, {"xi", 0.1}});
  CHECK(read("--protocol si-authors --method si").variants[0].options ==
        Json{{"c", 0.1}, {"xi", 0.1}});
  refuses("--protocol si-authors --incremental class",
          "--protocol: si-authors has no permuted tasks, class-incremental");
}

TEST_CASE("read_command_line: what is given goes before the protocol") {
  const Command command = read(
      "--protocol van-de-ven --method ewc,online-ewc --hidden 50 --lr 0.5 --tasks 3 --epochs 4 "
      "--optimizer sgd --pad 0 --batch 7 --lambda 2 --online-ewc-lambda 3 --fisher empirical");
  CHECK(command.setup.hidden == 50);
  CHECK(command.setup.lr == 0.5);
  CHECK(command.setup.tasks == 3);
  CHECK(command.setup.iterations == 0);
  CHECK(command.setup.epochs == 4);
  CHECK(command.setup.optimizer == "sgd");
  CHECK(command.setup.pad == 0);
  CHECK(command.setup.batch == 7);
  CHECK(command.variants[0].options["lambda"] == 2.);
  CHECK(command.variants[1].options["lambda"] == 3.);
  CHECK(command.variants[1].options["fisher"] == "empirical");
  CHECK(read("--protocol si-authors --iterations 9").setup.iterations == 9);
}

TEST_CASE("read_command_line: a file has every option, and the command line goes before it") {
  const TemporaryFolder folder;
  const std::string file = (folder / "options.toml").string();
  write_file(file,
             "# as on the command line\nmethod = \"naive,ewc,joint\"\ntasks = 4\nseeds = 3\n"
             "lr = 0.25\nreset-optimizer = true\newc-lambda = [1, 2]\nscenario = \"permuted\"\n");
  const Command command = read("--config " + file + " --lr 0.5");
  CHECK(command.setup.tasks == 4);
  CHECK(command.setup.lr == 0.5);
  CHECK(command.setup.reset_optimizer);
  CHECK(command.seeds == std::vector<std::uint64_t>{0, 1, 2});
  REQUIRE(command.variants.size() == 4);
  CHECK(command.variants[3].method == "joint");
  CHECK(command.variants[2].options["lambda"] == 2.);

  write_file(file, "no-such-option = 1\n");
  refuses("--config " + file, "--config: there is no option no-such-option");
  write_file(file, "tasks = many\n");
  refuses("--config " + file, "--tasks: must be a whole number from 1 to 1000, got many");
  refuses("--config /nowhere.toml", "/nowhere.toml was not readable (missing?)");
}

TEST_CASE("read_command_line: several values are several variants") {
  const auto variants = read("--method naive,ewc --lambda 1,1000 --fisher-samples 10,20").variants;
  REQUIRE(variants.size() == 5);
  CHECK(variants[1].label == "ewc, lambda 1, fisher-samples 10");
  CHECK(variants[4].label == "ewc, lambda 1000, fisher-samples 20");
  CHECK(variants[4].options["lambda"] == 1000.);
  CHECK(variants[4].options["fisher-samples"] == 20);
}

TEST_CASE("read_command_line: a combination has the options of its parts, each in its own object") {
  const auto variants = read("--method ewc+online-ewc --ewc-lambda 5 --gamma 0.5").variants;
  REQUIRE(variants.size() == 1);
  CHECK(variants[0].label == "ewc+online-ewc");
  CHECK(variants[0].options["ewc"]["lambda"] == 5.);
  CHECK_FALSE(variants[0].options["ewc"].contains("gamma"));
  CHECK(variants[0].options["online-ewc"]["lambda"] == 60.);
  CHECK(variants[0].options["online-ewc"]["gamma"] == 0.5);
  CHECK(strength("ewc+online-ewc", variants[0].options) == 5);
}

TEST_CASE("parts_of: names with a plus of their own") {
  const auto names = [](const std::string& method) {
    std::string text;
    for (const MethodEntry* part : parts_of(method)) text += part->name + " ";
    return text;
  };
  CHECK(names("er+ewc") == "er ewc ");
  CHECK(names("der++") == "der++ ");
  CHECK(names("der+++ewc") == "der++ ewc ");
  CHECK(names("online-ewc+der++") == "online-ewc der++ ");
}

TEST_CASE("make_method: every method, with the options that it has by default") {
  const Setup setup;
  const Net net(6, 3, setup);
  for (const MethodEntry& entry : method_table()) {
    CAPTURE(entry.name);
    for (const std::string& method :
         {entry.name, entry.name == "ewc" ? "si+ewc" : "ewc+" + entry.name}) {
      if (method.ends_with("+naive") || method.ends_with("+joint")) continue;
      const auto variants = read("--method " + method).variants;
      const auto made = make_method(method, net, variants[0].options, 0);
      CHECK(made->state_bytes() >= 0);
    }
  }
  for (const std::string options :
       {"--kf-laplace-factors one --energy 0.5", "--per-class 3 --replay-weight 0.5", "--scale 5",
        "--projects both --threshold-growth 0.1", "--projects gradient"}) {
    for (const Variant& variant :
         read("--method kf-laplace,er,a-gem,gpm,owm " + options).variants) {
      CHECK(make_method(variant.method, net, variant.options, 0));
    }
  }
}

TEST_CASE("read_command_line: what a search tries") {
  const auto grids = [](const std::string& arguments) { return read(arguments).grids; };
  CHECK(grids("--method naive,ewc").empty());
  CHECK(grids("--method naive,ewc,joint --search").size() == 1);
  CHECK(grids("--method ewc --search").at("ewc").size() > 2);
  CHECK(grids("--method ewc --search --search-grid 3,4").at("ewc") == std::vector{3., 4.});
  CHECK(grids("--method ewc --search --ewc-lambda 5,6").at("ewc") == std::vector{5., 6.});
  CHECK(read("--method ewc --search --ewc-lambda 5,6").variants.size() == 1);
  // A given strength is not searched.
  CHECK(grids("--method ewc,si --search --ewc-lambda 5").size() == 1);
  refuses("--method ewc --search --ewc-lambda 5",
          "--search: the methods ewc have no strength that is to be chosen");
  refuses("--method naive,lwf --search",
          "--search: the methods naive,lwf have no strength that is to be chosen");
  refuses("--method ewc,gpm --search --search-grid 1,2",
          "--search-grid: must be in [0, 1], got 2, for threshold of gpm");
}

TEST_CASE("read_command_line: seeds") {
  CHECK(read("--seed 18446744073709551615").seeds == std::vector<std::uint64_t>{UINT64_MAX});
  CHECK(read("--seeds 3").seeds == std::vector<std::uint64_t>{0, 1, 2});
}

TEST_CASE("read_command_line: refuses what it does not understand") {
  const std::string names = method_names();
  refuses("--protocol van-de-ven --scenario rotated",
          "--protocol: van-de-ven has no rotated tasks, domain-incremental");
  refuses("--method naive,magic", "--method: magic not in {" + names + "}");
  refuses("--method ewc+", "--method:  not in {" + names + "}");
  refuses("--method naive,ewc,naive", "--method: naive is given twice");
  refuses("--method ewc+ewc", "--method: ewc+ewc has ewc twice");
  refuses("--method ewc+joint", "--method: joint cannot be combined");
  refuses("--method naive+ewc", "--method: naive cannot be combined");
  refuses("--protocol mine", "--protocol: mine not in {van-de-ven,si-authors}");
  refuses("--seed 1 --seeds 2", "--seed excludes --seeds");
  refuses("--epochs 1 --iterations 2", "--iterations excludes --epochs");
  refuses("--search-grid 1,2", "--search-grid requires --search");
  refuses("--search --search-grid=-1", "--search-grid: must be a finite number from 0 on, got -1");
  refuses("--lambda 1,nan", "--lambda: must be a finite number from 0 on, got nan");
  refuses("--ewc-lambda x", "--ewc-lambda: must be a finite number from 0 on, got x");
  refuses("--online-ewc-fisher best", "--online-ewc-fisher: best not in {exact,sampled,empirical}");
  refuses("--gamma 2", "--gamma: must be in [0, 1], got 2");
  refuses("--fisher best", "--fisher: best not in {exact,sampled,empirical}");
  refuses("--tasks 0", "--tasks: must be a whole number from 1 to 1000, got 0");
  refuses("--method naive,si --lambda 1", "--lambda: none of the methods naive,si has it");
  refuses("--method si --ewc-lambda 1", "--ewc-lambda: none of the methods si has it");
  refuses("--lambda", "--lambda: 1 required TEXT missing");
}

TEST_CASE("method_table: names and options can be told apart") {
  std::map<std::string, std::string> helps;
  for (const MethodEntry& entry : method_table()) {
    CAPTURE(entry.name);
    CHECK(entry.name.find_first_of(", ") == entry.name.npos);
    // One option of several methods is one line of the help.
    for (const MethodOption& option : entry.options) {
      const auto [known, is_new] = helps.emplace(option.name, option.help);
      CHECK(known->second == option.help);
    }
    for (double strength : entry.grid) CHECK(strength >= 0);
    if (!entry.grid.empty()) CHECK(entry.options[0].value.is_number_float());
  }
}
