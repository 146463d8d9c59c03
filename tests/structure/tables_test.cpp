#include <doctest/doctest.h>

#include "source_tree.h"

#include <algorithm>

using namespace engram::test;

namespace {

/// What others are derived from or made with, which is tested through them.
const std::set<std::string> bases = {"BatchNorm", "Optimizer", "Projection", "versions"};

std::string all_text(const std::string& folder) {
  std::string text;
  for (const auto& file : source_files(folder, {".h", ".cpp"})) text += text_of(file);
  return text;
}

/// Every name that `pattern` finds in the headers of a folder stands, as `prefix` + name, in its
/// tests.
void check_tested(const std::string& folder, const std::string& pattern, const std::string& tests,
                  const std::string& prefix, const std::string& what_to_do, std::size_t least) {
  const std::string tested = all_text(tests);
  std::size_t seen = 0;
  for (const auto& file : source_files(folder, {".h"})) {
    for (const std::string& name : matches(text_of(file), pattern)) {
      if (bases.contains(name)) continue;
      ++seen;
      const bool found = !matches(tested, prefix + name + "(\\b)").empty();
      CHECK_MESSAGE(found, name << " of " << file.string() << " is not tested: " << what_to_do);
    }
  }
  CHECK(seen >= least);  // the pattern finds them
}

}  // namespace

TEST_CASE("every optimizer has a row in the table of optimizers") {
  const std::string table = text_of("tests/optim/optimizers.h");
  std::size_t seen = 0;
  for (const auto& file : source_files("optim", {".h"})) {
    for (const std::string& name :
         matches(text_of(file), "^class (\\w+)(?: final)? : public OptimizerWith<")) {
      ++seen;
      CHECK_MESSAGE(
          table.find("optim::" + name + ">") != std::string::npos,
          name << " has no row: add one to optimizer_kinds() in tests/optim/optimizers.h, "
                  "and its cases to tests/golden/optimizers.py");
    }
  }
  CHECK(seen >= 4);
}

TEST_CASE("every schedule is compared with PyTorch's") {
  const std::string golden = text_of("tests/optim/schedules/golden_test.cpp");
  std::size_t seen = 0;
  for (const auto& file : source_files("optim/schedules", {".h"})) {
    for (const std::string& name :
         matches(text_of(file), "^(?:struct|class) (\\w*(?:LR|Restarts|Plateau|Scheduler)) \\{")) {
      ++seen;
      CHECK_MESSAGE(golden.find(name) != std::string::npos,
                    name << " has no case: add one to tests/golden/schedules.py and "
                            "tests/optim/schedules/golden_test.cpp");
    }
  }
  CHECK(seen >= 12);
}

TEST_CASE("every layer has a test beside it") {
  check_tested("nn/layers", "^struct (\\w+) : ", "tests/nn/layers",
               "nn::", "add it to the test of its file in tests/nn/layers", 15);
}

TEST_CASE("every method of continual learning has a test") {
  check_tested("continual", "^class (\\w+) : public (?:Method|Projection)", "tests/continual", "",
               "add a test in the folder of its kind in tests/continual", 8);
}

TEST_CASE("whatever reads a state has a row in the table of loading") {
  const std::string table = text_of("tests/continual/loading_test.cpp");
  std::size_t seen = 0;
  for (const char* folder : {"nn", "optim", "continual"}) {
    for (const auto& file : source_files(folder, {".h"})) {
      const std::string text = text_of(file);
      for (std::size_t begin = 0, end; begin < text.size(); begin = end) {
        end = std::min(text.find("\n};", begin + 1), text.size());  // of a class
        const std::string part = text.substr(begin, end - begin);
        if (matches(part, "void (load_state_dict|read_state)\\(").empty()) continue;
        const std::string name = matches(part, "^class (\\w+)").back();
        if (bases.contains(name)) continue;
        ++seen;
        CHECK_MESSAGE(
            !matches(table, "(\\b" + name + "\\b)").empty(),
            name << " has no row: add one to kinds() in tests/continual/loading_test.cpp");
      }
    }
  }
  CHECK(seen >= 17);
}

TEST_CASE("every stream of tasks has a test") {
  check_tested("continual/streams", "^Stream (\\w+)\\(", "tests/continual/streams", "",
               "add a test in tests/continual/streams", 5);
}

TEST_CASE("every loss is in the table of operations") {
  const std::string table = text_of("tests/autograd/operations_loss.cpp");
  std::size_t seen = 0;
  for (const std::string& name : matches(text_of("autograd/ops/loss.h"), "^Tensor (\\w+)\\(")) {
    ++seen;
    CHECK_MESSAGE(
        table.find(name) != std::string::npos,
        name << " has no row: add one to tests/autograd/operations_loss.cpp and its case to "
                "tests/golden/operations.py");
  }
  CHECK(seen >= 6);
}
