// Runs the example programs, each in a separate process, on a few synthetic images.
#include "../temporary_folder.h"
#include "continual/methods.h"

#include <engram/autograd/sanitized.h>
#include <engram/experiment/store/store.h>
#include <engram/io/idx.h>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

using engram::experiment::Json;
namespace fs = std::filesystem;

namespace {

/// A run of an example on 40 training and 20 test images, whose label is a bright bar.
class Program {
 public:
  /// Starts the program. `arguments` are in shell syntax; --data and --out are added if missing.
  /// The shell runs `preparation` first, with the output folder as $OUT.
  Program(const std::string& program, const std::string& arguments,
          const std::string& preparation = ":")
      : out(folder_.path() / "out") {
    fs::create_directory(folder_.path() / "mnist");
    write_images("train", 40);
    write_images("t10k", 20);
    fs::create_directory_symlink("mnist", folder_.path() / "fashion-mnist");
    std::string all = arguments;
    if (all.find("--data") == all.npos) all += " --data " + folder_.path().string();
    if (all.find("--out") == all.npos) all += " --out " + out.string();
    start(program, all, preparation);
  }
  ~Program() {
    if (process_ > 0) {
      kill(process_, SIGKILL);
      wait();
    }
  }

  int wait() {
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void interrupt() const { kill(process_, SIGINT); }
  void kill_now() const { kill(process_, SIGKILL); }
  /// Waits until there is a file of this name in the output folder.
  void wait_for(const std::string& name) const {
    using namespace std::chrono_literals;
    for (int i = 0; i < 3000 && !fs::exists(out / name); ++i) std::this_thread::sleep_for(10ms);
  }

  std::string output() const { return read_file(folder_.path() / "stdout"); }
  std::string errors() const { return read_file(folder_.path() / "stderr"); }
  Json results() const { return results_in(out); }
  static Json results_in(const fs::path& folder) {
    return Json::parse(read_file(folder / "results.json"));
  }

 private:
  void write_images(const std::string& part, std::int64_t count) const {
    engram::Tensor images({count, 28, 28}, engram::u8), labels({count}, engram::u8);
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      for (std::size_t pixel = 0; pixel < 784; ++pixel) {
        images.data<std::uint8_t>()[784 * i + pixel] = pixel / 28 / 2 == i % 10 ? 250 : 5;
      }
      labels.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(i % 10);
    }
    const fs::path files = folder_.path() / "mnist";
    engram::write_idx(files / (part + "-images-idx3-ubyte"), images);
    engram::write_idx(files / (part + "-labels-idx1-ubyte"), labels);
  }

  void start(const std::string& program, const std::string& arguments,
             const std::string& preparation) {
    const std::string command = fmt::format(
        "OUT={}; {}; exec {}/{} {} >{} 2>{}", out.string(), preparation, ENGRAM_EXAMPLES, program,
        arguments, (folder_.path() / "stdout").string(), (folder_.path() / "stderr").string());
    process_ = fork();
    REQUIRE(process_ >= 0);
    if (process_ == 0) {
      std::signal(SIGINT, SIG_DFL);  // may be ignored by the parent
      execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      _exit(127);
    }
  }

  TemporaryFolder folder_;
  pid_t process_ = 0;

 public:
  const fs::path out;
};

bool has_keys(const Json& object, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    if (!object.contains(key)) return false;
  }
  return true;
}

const std::vector<std::string> keys_of_every_run = {"program", "command", "seed",    "version",
                                                    "machine", "threads", "seconds", "options"};

}  // namespace

TEST_CASE("mnist_mlp and mnist_cnn: train with every optimizer, and write results.json") {
  for (const std::string program : {"mnist_mlp", "mnist_cnn"}) {
    for (const std::string optimizer : {"sgd", "momentum", "adagrad", "rmsprop", "adam"}) {
      CAPTURE(program);
      CAPTURE(optimizer);
      Program run(program, "--epochs 2 --batch 16 --seed 3 --threads 1 --optimizer " + optimizer);
      REQUIRE_MESSAGE(run.wait() == 0, run.errors());
      CHECK(run.errors() == "");
      CHECK(run.output().find("epoch 2/2 [####################]  loss ") != std::string::npos);
      CHECK(run.output().find("\nepoch  train loss  train acc. %") != std::string::npos);

      const Json results = run.results();
      CHECK(has_keys(results, keys_of_every_run));
      CHECK(has_keys(results, {"test_accuracy", "test_loss", "epochs"}));
      CHECK(results["program"] == program);
      CHECK(results["seed"] == 3);
      CHECK(results["threads"] == 1);
      CHECK(results["epochs"] == 2);
      CHECK(results["options"]["optimizer"] == optimizer);
      CHECK(results["test_loss"].get<double>() > 0);
    }
  }
}

TEST_CASE("mnist_mlp: learns") {
  Program run("mnist_mlp", "--epochs 20 --batch 10");
  REQUIRE_MESSAGE(run.wait() == 0, run.errors());
  CHECK(run.results()["test_accuracy"] == 1.0);
}

TEST_CASE("mnist_mlp --find-lr: suggests a rate, draws the curve, and does not train") {
  Program run("mnist_mlp", "--find-lr --batch 10 --threads 1");
  REQUIRE_MESSAGE(run.wait() == 0, run.errors());
  CHECK(run.output().starts_with("suggested: --lr "));
  CHECK(run.output().find("epoch") == std::string::npos);

  const Json results = run.results();
  CHECK(has_keys(results, keys_of_every_run));
  CHECK_FALSE(has_keys(results, {"test_accuracy"}));
  const Json& curve = results["find_lr"];
  CHECK(curve["lr"].size() > 100);
  CHECK(curve["loss"].size() == curve["lr"].size());
  CHECK(curve["lr"][0] == 1e-7);
  CHECK(curve["suggestion"].get<double>() > 1e-5);
  CHECK(curve["suggestion"].get<double>() < 0.1);
  CHECK(fs::exists(run.out / "find_lr.gp"));
}

TEST_CASE("mnist_mlp: the same seed gives the same numbers, another seed others") {
  const auto history = [](const std::string& seed) {
    Program run("mnist_mlp", "--epochs 2 --batch 16 --threads 1 --seed " + seed);
    REQUIRE_MESSAGE(run.wait() == 0, run.errors());
    return run.results()["history"][1]["train_loss"];
  };
  CHECK(history("1") == history("1"));
  CHECK(history("1") != history("2"));
}

TEST_CASE("permuted_mnist: compares all methods, and writes results.json and the picture") {
  Program run(
      "permuted_mnist",
      "--method naive,ewc,online-ewc,joint --tasks 3 --hidden 32 --epochs 10 --batch 10 --pad 2 "
      "--fisher-samples 10 --lambda 5 --gamma 0.5 --threads 1");
  REQUIRE_MESSAGE(run.wait() == 0, run.errors());
  CHECK(run.output().find("\nonline-ewc  ") != std::string::npos);

  const Json results = run.results();
  CHECK(has_keys(results, keys_of_every_run));
  CHECK(results["options"]["iterations"] == 40);
  REQUIRE(results["methods"].size() == 4);
  for (const Json& method : results["methods"]) {
    CAPTURE(method["name"]);
    CHECK(has_keys(method, {"name", "acc", "bwt", "fwt", "forgetting", "matrix", "baseline",
                            "seconds", "options"}));
    REQUIRE(method["matrix"].size() == 3);
    for (const Json& row : method["matrix"]) CHECK(row.size() == 3);
    const Json& last = method["matrix"][2];
    CHECK(method["acc"].get<double>() ==
          doctest::Approx((last[0].get<double>() + last[1].get<double>() + last[2].get<double>()) /
                          3));
    // Seed, tasks, initial weights and order of images are the same for all methods.
    CHECK(method["baseline"] == results["methods"][0]["baseline"]);
    CHECK(method["matrix"][0][0] == 1.0);
  }
  CHECK(results["methods"][0]["matrix"][0] == results["methods"][1]["matrix"][0]);
  CHECK(results["methods"][0]["options"] == Json::object());
  CHECK(results["methods"][1]["options"] ==
        Json{{"lambda", 5.0}, {"fisher", "exact"}, {"fisher_samples", 10}});
  CHECK(results["methods"][2]["options"]["gamma"] == 0.5);
  CHECK(results["methods"][3]["name"] == "joint");
  CHECK(results["methods"][3]["acc"] == 1.0);
  CHECK(fs::exists(run.out / "accuracy.gp"));
}

TEST_CASE("permuted_mnist: every Fisher, and iterations in the place of epochs") {
  for (const std::string fisher : {"exact", "sampled", "empirical"}) {
    CAPTURE(fisher);
    Program run("permuted_mnist",
                "--method ewc --tasks 2 --hidden 8 --batch 16 --iterations 7 --fisher " + fisher +
                    " --fisher-samples 0 --optimizer sgd");
    REQUIRE_MESSAGE(run.wait() == 0, run.errors());
    CHECK(run.results()["options"]["iterations"] == 7);
    CHECK(run.results()["methods"][0]["options"]["fisher"] == fisher);
  }
}

TEST_CASE("permuted_mnist: one task has no transfer") {
  Program run("permuted_mnist", "--tasks 1 --hidden 8 --batch 16");
  REQUIRE_MESSAGE(run.wait() == 0, run.errors());
  CHECK(run.results()["methods"][0]["bwt"].is_null());
}

TEST_CASE("optimizers: the report has all its parts, and a second run trains nothing again") {
  Program run("optimizers", "--tiny --threads 1");
  REQUIRE_MESSAGE(run.wait() == 0, run.errors());
  const std::string report = read_file(run.out / "report.md");
  for (const char* part :
       {"# Six optimizers, compared\n", "## 1. The paths\n", "## 2. The curves\n", "fmnist_2c2d",
        "## 3. The rate\n", "## 4. The price\n", "## 5. The generalisation gap\n",
        "## 6. Adagrad's fading rate, Adam's bias correction\n", "## The report's claims\n"}) {
    CAPTURE(part);
    CHECK(report.find(part) != std::string::npos);
  }
  CHECK(report.find("**not measured**") == std::string::npos);
  CHECK(report.find("partial") == std::string::npos);
  if (std::system("gnuplot --version >/dev/null 2>&1") == 0) {
    CHECK(run.errors() == "");
    for (const char* picture :
         {"paths.gif", "paths-bowl.png", "paths-rosenbrock.png", "paths-beale.png",
          "paths-saddle.png", "curves-mnist-mlp.png", "curves-fashion-mnist-mlp.png",
          "curves-mnist-cnn.png", "curves-fashion-mnist-cnn.png", "deepobs.png", "rates.png",
          "memory.png", "price.png", "gap.png", "adagrad.png", "adam.png"}) {
      CAPTURE(picture);
      CHECK(fs::exists(run.out / picture));
      CHECK(report.find(std::string("](") + picture) != std::string::npos);
    }
    CHECK(read_file(run.out / "report.html").find("data:image/gif;base64,") != std::string::npos);
  }
  CHECK(has_keys(run.results(), keys_of_every_run));

  const std::string trainings = read_file(run.out / "runs.db");
  Program again("optimizers", "--tiny --threads 1 --out " + run.out.string());
  REQUIRE_MESSAGE(again.wait() == 0, again.errors());
  CHECK(read_file(run.out / "runs.db") == trainings);
}

TEST_CASE("optimizers: Ctrl-C ends the training, and the report is made of what there is") {
  Program run("optimizers", "--tiny --threads 1");
  run.wait_for("runs.db");
  run.interrupt();
  CHECK(run.wait() == 130);
  const std::string report = read_file(run.out / "report.md");
  CHECK(report.find("**This report is partial:** the run was interrupted after ") <
        report.find("## 1. The paths\n"));
  CHECK(report.find("| SGD converges slowly. | ") != std::string::npos);
  CHECK(report.find(" trainings that it needs are missing | **not measured** |") !=
        std::string::npos);
}

TEST_CASE("optimizers: a second Ctrl-C ends the report too, which tells where it is") {
  const TemporaryFolder commands;
  write_file(commands / "gnuplot", "#!/bin/sh\necho >../drawing; exec sleep 1000\n");
  fs::permissions(commands / "gnuplot", fs::perms::owner_all);
  Program run("optimizers", "--tiny --threads 1", "PATH=" + commands.path().string() + ":$PATH");
  run.wait_for("runs.db");
  run.interrupt();
  run.wait_for("drawing");
  run.interrupt();
  CHECK(run.wait() == 130);
  CHECK(run.output().ends_with("the report: measuring\nthe report: the paths\n"));
  CHECK_FALSE(fs::exists(run.out / "report.md"));
}

/// results.json without entries that differ between runs.
Json figures_of(Json results) {
  for (const char* key : {"seconds", "command"}) results.erase(key);
  results["options"].erase("out");
  results["options"].erase("data");
  for (Json& method : results["methods"]) method.erase("seconds");
  for (Json& row : results["summary"]) row.erase("seconds");
  return results;
}

TEST_CASE("continual: compares methods over seeds, keeps the runs, and does none again") {
  const std::string arguments =
      "--method naive,ewc,ewc+online-ewc,joint --tasks 3 --hidden 16 --iterations 20 --batch 10 "
      "--fisher-samples 10 --lambda 5 --seeds 2 --threads 1";
  Program run("continual", arguments);
  REQUIRE_MESSAGE(run.wait() == 0, run.errors());
  CHECK(run.output().find("\newc+online-ewc  ") != std::string::npos);
  const Json results = run.results();
  CHECK(has_keys(results, keys_of_every_run));
  REQUIRE(results["methods"].size() == 8);
  for (const Json& method : results["methods"]) {
    CHECK(has_keys(method, {"name", "acc", "bwt", "fwt", "forgetting", "learning_accuracy",
                            "matrix", "baseline", "seconds", "options", "seed"}));
    CHECK(method["matrix"].size() == 3);
  }
  CHECK(results["methods"][5]["name"] == "ewc");
  CHECK(results["methods"][5]["seed"] == 1);
  CHECK(results["methods"][5]["options"]["lambda"] == 5.0);
  // Weights and biases of 784-16-16-10, importances and centers, and two numbers of the penalty.
  CHECK(results["methods"][5]["memory_bytes"].get<int>() > 2 * 4 * 13'002);
  REQUIRE(results["summary"].size() == 4);
  CHECK(results["summary"][0]["seeds"] == Json{0, 1});
  CHECK(fs::exists(run.out / "accuracy.gp"));
  CHECK_FALSE(fs::exists(run.out / "tradeoff.gp"));
  CHECK(engram::experiment::Store(run.out / "runs.db").finished("continual").size() == 8);

  const std::string kept = read_file(run.out / "runs.db");
  Program again("continual", arguments + " --data /nowhere --out " + run.out.string());
  CHECK(again.wait() == 1);  // the setup includes a hash of the images
  Program other("continual", arguments + " --out " + run.out.string());
  REQUIRE_MESSAGE(other.wait() == 0, other.errors());
  CHECK(read_file(run.out / "runs.db") == kept);
  CHECK(figures_of(run.results()) == figures_of(results));
}

TEST_CASE("continual: killed at any moment, it goes on to the same figures") {
  const std::string arguments =
      "--method naive,ewc --tasks 4 --hidden 64 --iterations 300 --batch 10 --fisher-samples 40 "
      "--threads 1";
  Program whole("continual", arguments);
  REQUIRE_MESSAGE(whole.wait() == 0, whole.errors());
  const TemporaryFolder folder;
  const std::string out = (folder / "out").string();
  int kills = 0;
  for (int milliseconds = 20;; milliseconds += milliseconds / 4) {
    Program run("continual", arguments + " --out " + out);
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    run.kill_now();
    if (run.wait() == 0) break;
    REQUIRE(++kills < 200);
  }
  CHECK(kills > 0);
  Program last("continual", arguments + " --out " + out);
  REQUIRE_MESSAGE(last.wait() == 0, last.errors());
  Json results = Json::parse(read_file(folder / "out" / "results.json"));
  CHECK(figures_of(results) == figures_of(whole.results()));
}

TEST_CASE("continual: two processes with different seeds share a folder") {
  const std::string arguments =
      "--method naive,ewc --tasks 2 --hidden 16 --iterations 50 --batch 10 --threads 1";
  Program one("continual", arguments + " --seed 0");
  Program two("continual", arguments + " --seed 1 --out " + one.out.string());
  REQUIRE_MESSAGE(one.wait() == 0, one.errors());
  REQUIRE_MESSAGE(two.wait() == 0, two.errors());
  const std::string kept = read_file(one.out / "runs.db");
  Program both("continual", arguments + " --seeds 2 --out " + one.out.string());
  REQUIRE_MESSAGE(both.wait() == 0, both.errors());
  CHECK(read_file(one.out / "runs.db") == kept);
  CHECK(one.results()["methods"].size() == 4);
}

TEST_CASE("continual --search: chooses a strength, tells what it tried, and draws it") {
  Program run("continual",
              "--method naive,ewc --tasks 2 --hidden 16 --iterations 20 --batch 10 --search "
              "--search-grid 0,10,1e300 --threads 1");
  REQUIRE_MESSAGE(run.wait() == 0, run.errors());
  const Json results = run.results();
  REQUIRE(results["search"].size() == 3);
  CHECK(results["search"][2]["validation_acc"]["mean"].is_null());  // it diverged
  const bool first = results["search"][0]["chosen"];
  CHECK(results["search"][first ? 1 : 0]["validation_acc"]["mean"] <=
        results["search"][first ? 0 : 1]["validation_acc"]["mean"]);
  CHECK(results["methods"][1]["options"]["lambda"] == (first ? 0.0 : 10.0));
  CHECK(run.output().find("validation ACC %") != std::string::npos);
  CHECK(fs::exists(run.out / "tradeoff.gp"));
}

TEST_CASE("continual: a run that diverged is told at the end, the others stand") {
  Program run("continual",
              "--method ewc,naive --tasks 3 --hidden 8 --batch 10 --iterations 5 --lambda 1e300");
  CHECK(run.wait() == 1);
  CHECK(run.errors().ends_with(
      "continual: 1 of 2 runs diverged; a smaller --lr or strength may help\n"));
  CHECK(run.results()["methods"][0]["acc"].is_null());
  CHECK(run.results()["methods"][1]["acc"].is_number());
}

TEST_CASE("continual: Ctrl-C says how to go on") {
  Program run("continual", "--tasks 2 --hidden 8 --iterations 1000000000");
  run.wait_for("runs.db");
  run.interrupt();
  CHECK(run.wait() == 130);
  CHECK(run.errors().ends_with(
      "continual: interrupted; the same command goes on after the last task that was finished\n"));
}

TEST_CASE("finetune: pretrains, compares the ways, keeps the trainings, and does none again") {
  const std::string arguments =
      "--families resnet --ways head,layerwise,ewc,all,scratch --images 2,3 --seeds 2 --steps 2 "
      "--rates 0.001,0.01 --width 0.03125 --customers 3 --customer-images 8 --epochs 2 --threads 1";
  Program first("finetune", arguments);
  REQUIRE_MESSAGE(first.wait() == 0, first.errors());
  CHECK(first.errors() == "");
  CHECK(fs::exists(first.out / "accuracy.png"));
  CHECK(fs::exists(first.out / "report.html"));
  Json results = first.results();
  CHECK(has_keys(results, keys_of_every_run));
  CHECK(results["trainings"].size() == 2 * 5 * 2 * 2);
  CHECK(has_keys(results["trainings"][0],
                 {"family", "target", "way", "images", "seed", "lr", "weights", "accuracy",
                  "validation", "untrained", "seconds"}));

  // The same command trains nothing; the stored weights can be given as a file.
  Program again("finetune", arguments + " --out " + first.out.string() + " --data " +
                                (first.out / "..").string());
  REQUIRE_MESSAGE(again.wait() == 0, again.errors());
  CHECK(Program::results_in(first.out)["trainings"] == results["trainings"]);
  Program given("finetune",
                arguments + " --weights " + (first.out / "resnet.safetensors").string());
  REQUIRE_MESSAGE(given.wait() == 0, given.errors());
  CHECK(given.output().find("resnet.safetensors: loaded 122\n") != std::string::npos);
  CHECK(given.results()["trainings"][0]["weights"] == results["trainings"][0]["weights"]);
  CHECK(given.results()["trainings"][3]["accuracy"] == results["trainings"][3]["accuracy"]);
}

TEST_CASE("fashion_resnet: killed at any moment, it goes on to the same figures") {
  const std::string arguments = "--epochs 3 --batch 8 --width 0.03125 --threads 1";
  Program whole("fashion_resnet", arguments);
  REQUIRE_MESSAGE(whole.wait() == 0, whole.errors());
  const Json expected = whole.results();
  CHECK(has_keys(expected, keys_of_every_run));
  CHECK(expected["history"].size() == 3);

  const std::string again = arguments + " --out " + whole.out.string() + "2";
  for (const int milliseconds : {100, 200, 300}) {
    Program run("fashion_resnet", again);
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    run.kill_now();
    run.wait();
  }
  Program last("fashion_resnet", again);
  REQUIRE_MESSAGE(last.wait() == 0, last.errors());
  CHECK(Program::results_in(whole.out.string() + "2")["history"] == expected["history"]);
}

TEST_CASE("finetune: Ctrl-C, and a file for two networks") {
  Program run("finetune", "--families resnet --customers 4 --customer-images 8 --epochs 1000");
  run.wait_for("runs.db");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  run.interrupt();
  CHECK(run.wait() == 130);
  CHECK(run.output().find("This report is partial:") != std::string::npos);

  Program twice("finetune", "--ways all,scratch,all");
  CHECK(twice.wait() == 2);
  CHECK(twice.errors() == "finetune: --ways: all is given twice\n");
  Program two("finetune", "--weights nothing.safetensors");
  CHECK(two.wait() == 2);
  CHECK(two.errors() == "finetune: --weights is of one network: say which by --families\n");
}

TEST_CASE("A loss that is no longer a number: the step is named, what was written is kept") {
  Program mlp("mnist_mlp", "--batch 10 --optimizer sgd --lr 1e30");
  CHECK(mlp.wait() == 1);
  CHECK(mlp.errors().find("mnist_mlp: the loss is ") == 0);
  CHECK(mlp.errors().find(
            " at step 2; a smaller learning rate may help; what was written so far is kept\n") !=
        std::string::npos);
  CHECK(mlp.results()["epochs"] == 0);
  CHECK(mlp.results()["test_accuracy"].is_number());

  // λ is infinite as f32: the first task goes well, then the penalty is ∞·0.
  Program permuted("permuted_mnist", "--method ewc --tasks 3 --hidden 8 --batch 10 --lambda 1e300");
  CHECK(permuted.wait() == 1);
  CHECK(permuted.errors().find(" at step ") != std::string::npos);
  CHECK(permuted.results()["methods"][0]["matrix"].size() == 1);
}

TEST_CASE("mnist_mlp: two batches that make one step are as good as one batch of both") {
  const auto loss_of = [](const std::string& arguments) {
    Program run("mnist_mlp", "--epochs 2 --optimizer sgd --lr 0.1 --threads 1 " + arguments);
    REQUIRE_MESSAGE(run.wait() == 0, run.errors());
    return run.results()["test_loss"].get<double>();
  };
  const double whole = loss_of("--batch 20");
  CHECK(loss_of("--batch 10 --accumulate 2") == doctest::Approx(whole).epsilon(1e-5));
  CHECK(loss_of("--batch 10") != doctest::Approx(whole).epsilon(1e-3));
}

TEST_CASE("Ctrl-C: stops between two steps, what was written is kept") {
  for (const std::string program :
       {"mnist_mlp --epochs 1000000 --batch 10",
        "permuted_mnist --tasks 2 --hidden 8 --iterations 1000000000"}) {
    CAPTURE(program);
    Program run(program.substr(0, program.find(' ')), program.substr(program.find(' ')));
    run.wait_for("results.json");
    run.interrupt();
    CHECK(run.wait() == 130);
    CHECK(run.errors().ends_with(": interrupted; what was written so far is kept\n"));
    CHECK(has_keys(run.results(), keys_of_every_run));
  }
}

TEST_CASE("Ctrl-C that is ignored from outside stays ignored") {
  Program run("mnist_mlp", "--epochs 20 --batch 10", "trap '' INT");
  run.wait_for("results.json");
  run.interrupt();
  CHECK(run.wait() == 0);
  CHECK(run.results()["epochs"] == 20);
}

TEST_CASE("Ctrl-C while gnuplot draws: nothing runs on, and no picture of before is left") {
  const TemporaryFolder commands;
  write_file(commands / "gnuplot",
             "#!/bin/sh\necho $$ >../pid.new; mv ../pid.new ../pid; exec sleep 1000\n");
  fs::permissions(commands / "gnuplot", fs::perms::owner_all);
  Program run(
      "permuted_mnist", "--tasks 1 --hidden 8 --method naive",
      "mkdir $OUT; echo old >$OUT/accuracy.svg; PATH=" + commands.path().string() + ":$PATH");
  run.wait_for("pid");
  const pid_t gnuplot = std::stoi(read_file(run.out / "pid"));
  CHECK(kill(gnuplot, 0) == 0);
  run.interrupt();
  CHECK(run.wait() == 130);
  CHECK(kill(gnuplot, 0) == -1);
  fs::remove(run.out / "pid");
  CHECK(std::distance(fs::directory_iterator(run.out), {}) == 2);  // results.json, accuracy.gp
}

#if !defined(ENGRAM_SANITIZED)  // whose shadow memory exceeds any limit of addresses
TEST_CASE("Memory that does not suffice: one clear line") {
  Program run("permuted_mnist", "--hidden 10000 --pad 100 --threads 1", "ulimit -v 1500000");
  CHECK(run.wait() == 1);
  CHECK(run.errors() ==
        "permuted_mnist: the memory does not suffice; what was written so far is kept\n");
}
#endif

TEST_CASE("A folder whose name is not UTF-8") {
  const TemporaryFolder folder;
  Program run("mnist_mlp", "--epochs 1 --out " + (folder / "caf\xe9").string());
  REQUIRE_MESSAGE(run.wait() == 0, run.errors());
  const Json results = Json::parse(read_file(folder / "caf\xe9" / "results.json"));
  CHECK(results["options"]["out"] == (folder / "caf\xef\xbf\xbd").string());
}

TEST_CASE("A wrong command line: one clear line, and nothing is written") {
  const auto refuses = [](const std::string& program, const std::string& arguments,
                          const std::string& message) {
    CAPTURE(arguments);
    Program run(program, arguments);
    CHECK(run.wait() == 2);
    CHECK(run.errors() == program + ": " + message + " (see --help)\n");
    CHECK(run.output() == "");
    CHECK_FALSE(fs::exists(run.out));
  };
  const auto whole = [](const std::string& option, const std::string& range,
                        const std::string& text) {
    return option + ": must be a whole number from " + range + ", got " + text;
  };
  for (const char* text : {"0", "-5", "1000001", "9223372036854775808", "1.5", "many", "nan"}) {
    for (const std::string option : {"--batch", "--epochs"}) {
      refuses("mnist_cnn", option + "=" + text, whole(option, "1 to 1000000", text));
    }
  }
  refuses("mnist_mlp", "--threads 0", whole("--threads", "1 to 1024", "0"));
  refuses("mnist_mlp", "--threads 1025", whole("--threads", "1 to 1024", "1025"));
  for (const char* text : {"-1", "18446744073709551616", "0x10", "one"}) {
    refuses("mnist_mlp", std::string("--seed=") + text,
            whole("--seed", "0 to 18446744073709551615", text));
  }
  for (const char* text : {"0", "-1", "nan", "inf", "1e999"}) {
    refuses("mnist_mlp", std::string("--lr=") + text,
            std::string("--lr: must be a finite number above 0, got ") + text);
  }
  refuses("mnist_mlp", "--optimizer adm",
          "--optimizer: adm not in {adagrad,adam,momentum,rmsprop,sgd}");
  refuses("mnist_mlp", "--bach=3", "The following argument was not expected: --bach=3");
  refuses("permuted_mnist", "--method naive,magic",
          "--method: magic not in {naive,ewc,online-ewc,joint}");
  const std::string methods = engram::examples::runs::method_names();
  refuses("continual", "--method naive,magic+ewc", "--method: magic not in {" + methods + "}");
  refuses("continual", "--protocol si-authors --incremental task",
          "--protocol: si-authors has no permuted tasks, task-incremental");
  refuses("continual", "--tasks 0", whole("--tasks", "1 to 1000", "0"));
  refuses("permuted_mnist", "--fisher best", "--fisher: best not in {exact,sampled,empirical}");
  refuses("permuted_mnist", "--method naive,ewc,naive", "--method: naive is given twice");
  for (const char* text : {"-1", "nan", "inf"}) {
    refuses("permuted_mnist", std::string("--lambda=") + text,
            std::string("--lambda: must be a finite number from 0 on, got ") + text);
  }
  for (const char* text : {"1.5", "nan", "inf"}) {
    refuses("permuted_mnist", std::string("--gamma ") + text,
            std::string("--gamma: must be in [0, 1], got ") + text);
  }
  refuses("optimizers", "--budget 10", "--budget requires --full");
  refuses("mnist_mlp", "--accumulate 0", whole("--accumulate", "1 to 1000", "0"));
  refuses("permuted_mnist", "--tasks 0", whole("--tasks", "1 to 1000", "0"));
  refuses("permuted_mnist", "--tasks 1001", whole("--tasks", "1 to 1000", "1001"));
  refuses("permuted_mnist", "--hidden 10001", whole("--hidden", "1 to 10000", "10001"));
  refuses("permuted_mnist", "--pad 101", whole("--pad", "0 to 100", "101"));
  refuses("permuted_mnist", "--iterations 1000000001",
          whole("--iterations", "1 to 1000000000", "1000000001"));
  refuses("permuted_mnist", "--fisher-samples=-1",
          whole("--fisher-samples", "0 to 1000000000", "-1"));
}

TEST_CASE("Files that cannot be read or written: one clear line, and nothing is written") {
  Program no_data("mnist_mlp", "--data /nowhere");
  CHECK(no_data.wait() == 1);
  CHECK(no_data.errors() ==
        "mnist_mlp: mnist: there is no /nowhere/mnist/train-images-idx3-ubyte; "
        "scripts/fetch-data mnist gets it\n");
  CHECK_FALSE(fs::exists(no_data.out));

  for (const std::string program : {"mnist_mlp", "mnist_cnn", "permuted_mnist", "continual"}) {
    Program no_out(program, "--out /dev/null/results");
    CHECK(no_out.wait() == 1);
    CHECK(no_out.errors() ==
          program + ": --out: cannot create /dev/null/results: Not a directory\n");
    CHECK(no_out.output() == "");
  }
}

TEST_CASE("What is missing or in the way is told before the work begins") {
  Program no_fashion("optimizers", "--tiny", "rm $(dirname $OUT)/fashion-mnist");
  CHECK(no_fashion.wait() == 1);
  CHECK(no_fashion.output() == "");
  CHECK(no_fashion.errors().find("scripts/fetch-data fashion-mnist gets it") != std::string::npos);

  for (const char* program : {"optimizers --tiny", "continual --tasks 1"}) {
    const std::string call = program, name = call.substr(0, call.find(' '));
    Program no_store(name, call.substr(name.size() + 1),
                     "mkdir $OUT; head -c 2000 /dev/zero | tr '\\0' '[' >$OUT/runs.db");
    CHECK(no_store.wait() == 1);
    CHECK(no_store.output().find("%") == std::string::npos);
    CHECK(no_store.errors() ==
          name + ": store: " + (no_store.out / "runs.db").string() + " is no SQLite file\n");
  }
}

TEST_CASE("Output that cannot be written: an error") {
  for (const auto& call : std::vector<std::pair<std::string, std::string>>{
           {"mnist_mlp", "--epochs 1"},
           {"mnist_cnn", "--help"},
           {"permuted_mnist", "--tasks 1 --method naive"},
           {"continual", "--help"},
           {"optimizers", "--help"}}) {
    CAPTURE(call.first);
    Program run(call.first, call.second, "ln -s /dev/full $(dirname $OUT)/stdout");
    CHECK(run.wait() == 1);
    CHECK(run.errors().find("No space left on device") != std::string::npos);
  }
}

TEST_CASE("--help tells every option") {
  for (const std::string program : {"mnist_mlp", "mnist_cnn", "permuted_mnist", "continual"}) {
    Program run(program, "--help");
    CHECK(run.wait() == 0);
    for (const char* option : {"--help", "--seed", "--threads", "--data", "--epochs", "--batch",
                               "--optimizer", "--lr", "--out"}) {
      CHECK(run.output().find(option) != std::string::npos);
    }
  }
  Program run("optimizers", "--help");
  CHECK(run.wait() == 0);
  for (const char* text : {"--full", "--budget", "--threads", "--out",
                           "Folder that has the folders mnist and fashion-mnist;"}) {
    CHECK(run.output().find(text) != std::string::npos);
  }
}
