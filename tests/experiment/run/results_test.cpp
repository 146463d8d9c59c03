#include <engram/experiment/run/results.h>

#include <engram/experiment/run/training_record.h>
#include "../../temporary_folder.h"

#include <engram/autograd/error.h>
#include <engram/autograd/threads.h>

#include <doctest/doctest.h>

#include <limits>

using namespace engram::experiment;

namespace {

Json read_results(const std::filesystem::path& out) {
  return Json::parse(read_file(out / "results.json"));
}

std::vector<std::string> keys(const Json& json) {
  std::vector<std::string> names;
  for (const auto& item : json.items()) names.push_back(item.key());
  return names;
}

}  // namespace

TEST_CASE("Results: what every run tells about itself") {
  const TemporaryFolder folder;
  const auto out = folder.path() / "a" / "b";
  std::string words[] = {"mnist_mlp", "--out", "it's here"};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data()};
  Results results("mnist_mlp", 3, argv, out, 7, {{"tasks", 10}});
  CHECK(std::filesystem::is_empty(out));
  results.write();

  const Json json = read_results(out);
  CHECK(keys(json) == std::vector<std::string>{"program", "command", "seed", "version", "machine",
                                               "threads", "seconds", "options"});
  CHECK(json["program"] == "mnist_mlp");
  CHECK(json["command"] == R"(mnist_mlp --out 'it'\''s here')");
  CHECK(json["seed"] == 7);
  CHECK(json["version"].is_string());
  CHECK(json["machine"].is_string());
  CHECK(json["threads"] == engram::num_threads());
  CHECK(json["seconds"].get<double>() >= 0);
  CHECK(json["options"] == Json{{"tasks", 10}});
}

TEST_CASE("Results: replaces the file and leaves no other") {
  const TemporaryFolder folder;
  Results results("p", 0, nullptr, folder.path(), 7, {});
  results["epochs"] = 1;
  results.write();
  results["epochs"] = 2;
  results["test_loss"] = std::numeric_limits<double>::quiet_NaN();
  results.write();
  CHECK(read_results(folder.path())["epochs"] == 2);
  CHECK(read_results(folder.path())["test_loss"].is_null());
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("Results: a folder that cannot be written into") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "file";
  std::ofstream(file) << "not a folder";
  const std::string message =
      "--out: cannot create " + (file / "out").string() + ": Not a directory";
  CHECK_THROWS_WITH_AS(Results("p", 0, nullptr, file / "out", 7, {}), message.c_str(),
                       engram::Error);
}

TEST_CASE("TrainingRecord: a single training") {
  const TemporaryFolder folder;
  Results results("p", 0, nullptr, folder.path(), 7, {});
  TrainingRecord record(results, {.accuracy = 0.1, .loss = 2.3});
  Json json = read_results(folder.path());
  CHECK(json["epochs"] == 0);
  CHECK(json["test_accuracy"] == 0.1);
  CHECK(json["test_loss"] == 2.3);
  CHECK(json["history"].empty());

  record.add_epoch(0.5, 0.75, {.accuracy = 0.8, .loss = 0.4});
  json = read_results(folder.path());
  CHECK(json["epochs"] == 1);
  CHECK(json["test_accuracy"] == 0.8);
  CHECK(json["test_loss"] == 0.4);
  CHECK(json["history"].size() == 1);
  CHECK(json["history"][0]["epoch"] == 1);
  CHECK(json["history"][0]["train_loss"] == 0.5);
  CHECK(json["history"][0]["train_accuracy"] == 0.75);
  CHECK(json["history"][0]["test_accuracy"] == 0.8);
}
