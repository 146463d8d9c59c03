#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "source_tree.h"

using namespace engram::test;

namespace {

/// The folders that the headers and sources of a folder may include, apart from their own.
const std::map<std::string, std::set<std::string>> known = {
    {"autograd", {}},
    {"io", {"autograd"}},
    {"nn", {"autograd", "io"}},
    {"optim", {"autograd", "io"}},
    {"data", {"autograd", "io"}},
    {"continual", {"autograd", "io", "optim", "data"}},
    {"experiment", {"autograd", "io", "nn", "optim", "data", "continual"}},
};

/// The umbrella header of a folder; experiment, a separate target, has its own.
std::string umbrella_of(const std::string& folder) {
  return folder == "experiment" ? "experiment/experiment.h" : "engram.h";
}

/// Headers of autograd/kernels for other folders; docs/architecture.md gives the reasons.
const std::set<std::string> kernels_for_others = {
    "autograd/kernels/elementwise.h",     "autograd/kernels/gemm.h",
    "autograd/kernels/instruction_set.h", "autograd/kernels/parallel.h",
    "autograd/kernels/reduce_blocks.h",   "autograd/kernels/runs.h"};

/// Headers that engram.h leaves out, because only the library uses them; a folder ends in a slash.
const std::vector<std::string> internal = {"autograd/hold_over_forks.h",
                                           "autograd/large_blocks.h",

                                           "autograd/kernels/",

                                           "autograd/ops/loss_reduction.h",
                                           "autograd/ops/map.h",
                                           "autograd/ops/numbers.h",
                                           "autograd/ops/window.h",

                                           "autograd/sanitized.h",
                                           "continual/streams/versions.h",
                                           "io/atomic_file.h",
                                           "io/input_file.h",
                                           "io/json.h",
                                           "io/path.h",
                                           "io/safetensors.h",
                                           "data/transforms/smooth_noise.h",
                                           "data/transforms/warp.h",
                                           "nn/training_modes.h"};

bool is_internal(const std::string& header) {
  for (const std::string& each : internal) {
    if (each.ends_with('/') ? header.starts_with(each) : header == each) return true;
  }
  return false;
}

std::vector<std::string> includes(const std::filesystem::path& file) {
  return matches(text_of(file), "^#include <engram/([^>]+)>");
}

}  // namespace

TEST_CASE("includes run one way between the folders") {
  int seen = 0;
  for (const auto& [folder, may] : known) {
    for (const auto& file : source_files(folder, {".h", ".cpp"})) {
      for (const std::string& included : includes(file)) {
        const std::string to = included.substr(0, included.find('/'));
        ++seen;
        CHECK_MESSAGE((to == folder || may.contains(to)),
                      file.string()
                          << " includes " << included << ", but " << folder << " does not know "
                          << to << ": docs/architecture.md has the order of the folders");
        const bool kernel = included.starts_with("autograd/kernels/") && folder != "autograd";
        CHECK_MESSAGE((!kernel || kernels_for_others.contains(included)),
                      file.string() << " includes " << included
                                    << ", which is no kernel for other folders: call an operation, "
                                       "or name it in kernels_for_others and docs/architecture.md");
      }
    }
  }
  CHECK(seen > 300);  // the scan finds them
}

TEST_CASE("engram.h and experiment.h have every header of the library") {
  int seen = 0;
  for (const auto& [folder, may] : known) {
    const std::string umbrella = umbrella_of(folder), all = text_of(umbrella);
    for (const auto& file : source_files(folder, {".h"})) {
      const std::string header = file.string();
      const bool included = all.find("#include <engram/" + header + ">") != std::string::npos;
      ++seen;
      CHECK_MESSAGE((included || is_internal(header) || header == umbrella),
                    header << " is missing from " << umbrella
                           << ": add it there, or, if only the library uses it, to `internal` in "
                              "this test");
    }
  }
  CHECK(seen > 80);
}

TEST_CASE("no file of the library is above 320 lines") {
  for (const auto& [folder, may] : known) {
    for (const auto& file : source_files(folder, {".h", ".cpp"})) {
      const std::string text = text_of(file);
      const auto lines = std::count(text.begin(), text.end(), '\n');
      // tape.cpp is one subject.
      CHECK_MESSAGE((lines <= 320 || file == "autograd/tape.cpp"),
                    file.string() << " has " << lines << " lines: it has more than one subject");
    }
  }
}
