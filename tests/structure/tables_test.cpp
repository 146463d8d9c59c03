#include <doctest/doctest.h>

#include "source_tree.h"

#include <algorithm>

using namespace engram::test;

namespace {

/// Base classes and helpers, tested through their users.
const std::set<std::string> bases = {"BatchNorm", "Optimizer", "Projection", "versions"};

std::string all_text(const std::string& folder) {
  std::string text;
  for (const auto& file : source_files(folder, {".h", ".cpp"})) text += text_of(file);
  return text;
}

/// Checks that every name found by `pattern` in the headers of a folder occurs in its tests, as
/// `prefix` + name.
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

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("every optimizer has a row in the table of optimizers, PyTorch's steps, and its ranges") {
  const std::string table = text_of("tests/optim/optimizers.h");
  const std::string golden = text_of("tests/golden/optimizers.json");
  const std::string ranges = text_of("tests/optim/optimizer_test.cpp");
  std::size_t seen = 0;
  for (const auto& file : source_files("optim", {".h"})) {
    for (const std::string& name :
         matches(text_of(file), "^class (\\w+)(?: final)? : public OptimizerWith<")) {
      ++seen;
      CHECK_MESSAGE(
          has(table, "optim::" + name + ">"),
          name << " has no row: add one to optimizer_kinds() in tests/optim/optimizers.h");
      CHECK_MESSAGE(
          has(golden, "\"optimizer\": \"" + name + "\""),
          name << " is not compared with PyTorch's: add it and its cases to "
                  "tests/golden/optimizers.py and run that, and add an assign() for its options "
                  "and a branch to make() in tests/optim/golden_test.cpp");
      CHECK_MESSAGE(has(ranges, "\"" + name + ": lr must be"),
                    name << ": add a line for each option to \"options out of their range\" in "
                            "tests/optim/optimizer_test.cpp");
    }
  }
  CHECK(seen >= 5);
}

TEST_CASE("every case of tests/golden/optimizers.py is in its JSON") {
  const std::string golden = text_of("tests/golden/optimizers.json");
  const std::vector<std::string> names =
      matches(text_of("tests/golden/optimizers.py"), "^case\\(\"([^\"]+)\"");
  for (const std::string& name : names) {
    CHECK_MESSAGE(has(golden, "\"name\": \"" + name + "\""),
                  name << " is missing in optimizers.json: run tests/golden/optimizers.py");
  }
  CHECK(names.size() >= 40);
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
  check_tested("continual", "^class (\\w+) : public (?:Method|Projection)", "tests/continual",
               "TEST_CASE\\(\"", "add tests whose names begin with its name in tests/continual",
               12);
}

TEST_CASE("every method of continual learning has its rows") {
  const std::string frozen = text_of("tests/continual/frozen_test.cpp");
  const std::string states = text_of("tests/continual/method_test.cpp");
  const std::string program = text_of("examples/continual/method_table.cpp");
  const std::string page = text_of("docs/continual.md");
  std::size_t seen = 0;
  for (const auto& file : source_files("continual", {".h"})) {
    for (const std::string& name :
         matches(text_of(file), "^class (\\w+)(?: final)? : public (?:Method|Projection)")) {
      if (bases.contains(name)) continue;
      ++seen;
      CHECK_MESSAGE(has(page, "\n| `" + name + "` |"),
                    name << " has no row in docs/continual.md: add one to the table of methods");
      if (name == "Combination") continue;  // of methods that have their rows
      const auto has_row = [&](const std::string& table) {
        return has(table, "<" + name + ">") || has(table, "<continual::" + name + ">");
      };
      CHECK_MESSAGE(has_row(frozen),
                    name << " has no row: add one to methods() in tests/continual/frozen_test.cpp");
      CHECK_MESSAGE(has_row(states),
                    name << " has no row: add one to \"no method takes the state of another\" in "
                            "tests/continual/method_test.cpp");
      CHECK_MESSAGE(has_row(program), name << " has no row: add one to make_table() in "
                                              "examples/continual/method_table.cpp");
    }
  }
  CHECK(seen >= 12);
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
