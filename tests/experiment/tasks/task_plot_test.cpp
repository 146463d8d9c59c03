#include <engram/experiment/tasks/task_plot.h>

#include "../../temporary_folder.h"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace engram::experiment;

namespace {

/// `count` methods with this many tasks each, whose accuracies decrease with the task's age.
std::vector<MethodRecord> methods(std::size_t count, std::size_t tasks) {
  std::vector<MethodRecord> list;
  for (const char* name : {"naive", "ewc", "online-ewc", "joint", "si", "mas", "lwf", "er", "gpm",
                           "er+ewc", "ewc, lambda 10"}) {
    if (list.size() == count) break;
    MethodRecord& method = list.emplace_back(name, Json::object());
    for (std::size_t row = 0; row < tasks; ++row) {
      std::vector<double>& accuracies = method.matrix.emplace_back(tasks, 0.1);
      for (std::size_t task = 0; task <= row; ++task) {
        accuracies[task] = 0.97 - 0.01 * static_cast<double>(row - task);
      }
    }
  }
  return list;
}

bool gnuplot_is_here() { return std::system("gnuplot --version >/dev/null 2>&1") == 0; }

/// Sets PATH for as long as it lives.
class Path {
 public:
  explicit Path(const std::string& path) : old_(std::getenv("PATH")) {
    setenv("PATH", path.c_str(), 1);
  }
  ~Path() { setenv("PATH", old_.c_str(), 1); }

 private:
  std::string old_;
};

}  // namespace

TEST_CASE("task_plot_script: a task's line starts where it was learned; averages over those seen") {
  std::vector<MethodRecord> two = methods(1, 2);
  two[0].matrix = {{0.9, 0.1}, {0.7, 0.8}};
  const std::string script = task_plot_script(two);
  CHECK(script.find("$method0 << end\n1 90.0000 1\n2 70.0000 1\n\n2 80.0000 2\n\nend\n") !=
        std::string::npos);
  CHECK(script.find("$average0 << end\n1 90.0000\n2 75.0000\nend\n") != std::string::npos);
}

TEST_CASE("plot_tasks: gnuplot draws any number of methods and tasks") {
  if (!gnuplot_is_here()) return;
  for (std::size_t count : {1, 2, 3, 4, 11}) {
    for (std::size_t tasks : {1, 2, 10, 50}) {
      CAPTURE(count);
      CAPTURE(tasks);
      const TemporaryFolder folder;
      CHECK(plot_tasks(folder.path(), methods(count, tasks)));
      CHECK(read_file(folder.path() / "accuracy.png").starts_with("\x89PNG"));
      CHECK(read_file(folder.path() / "accuracy.svg").ends_with("</svg>\n\n"));
    }
  }
}

TEST_CASE("plot_tasks: without gnuplot there is the script, and no error") {
  const TemporaryFolder folder;
  const Path none(folder.path().string());
  CHECK_FALSE(plot_tasks(folder.path(), methods(2, 3)));
  CHECK(std::filesystem::exists(folder / "accuracy.gp"));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("plot_tasks: a picture that is cut short, or of a failure, does not stay") {
  const std::string png = R"(printf 'PNGIEND\256\102\140\202' >accuracy.png; )";
  const std::string svg = "echo '<svg></svg>' >accuracy.svg; ";
  const struct {
    std::string gnuplot;
    bool works;
  } table[] = {{png + svg, true},
               {png, false},
               {svg, false},
               {png + svg + "exit 1", false},
               {png + svg + "echo '<svg>' >accuracy.svg", false},
               {png + svg + "echo PNG >accuracy.png", false},
               {png + svg + "kill -9 $$", false}};
  for (const auto& each : table) {
    CAPTURE(each.gnuplot);
    const auto& [gnuplot, works] = each;
    const TemporaryFolder folder, commands;
    write_file(commands / "gnuplot", "#!/bin/sh\n" + gnuplot + "\n");
    std::filesystem::permissions(commands / "gnuplot", std::filesystem::perms::owner_all);
    const Path path(commands.path().string() + ":" + std::getenv("PATH"));
    CHECK(plot_tasks(folder.path(), methods(1, 1)) == works);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == (works ? 3 : 1));
  }
}

TEST_CASE("remove_plots: what plot_tasks writes, and nothing else") {
  const TemporaryFolder folder;
  for (const char* name : {"accuracy.gp", "accuracy.png", "accuracy.svg", "results.json"}) {
    write_file(folder / name, "old");
  }
  remove_plots(folder.path());
  remove_plots(folder.path());
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  CHECK(std::filesystem::exists(folder / "results.json"));
}
