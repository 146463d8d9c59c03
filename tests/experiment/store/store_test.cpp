#include <engram/experiment/store/store.h>

#include "../../temporary_folder.h"

#include <engram/autograd/create.h>
#include <engram/autograd/error.h>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <limits>
#include <optional>
#include <random>
#include <string>

using namespace engram;
using experiment::Checkpoint;
using experiment::Database;
using experiment::Json;
using experiment::Run;
using experiment::Store;
namespace fs = std::filesystem;

namespace {

Json settings_of(int seed) { return {{"method", "ewc"}, {"lambda", 60.}, {"seed", seed}}; }

Checkpoint small_checkpoint(double value) {
  return {.progress = {{"task", 2}, {"accuracy", {0.5, 1. / 3}}},
          .states = {{"network", {{"w", tensor({value, 2.})}, {"b", tensor({7}, i64)}}},
                     {"method", {}}}};
}

/// The outcome of the first run, as text.
std::string contents(const fs::path& file) {
  Store store(file);
  const std::optional<Json> outcome = store.run("study", settings_of(0)).outcome();
  return outcome ? outcome->dump() : "none";
}

}  // namespace

TEST_CASE("Store: an outcome is found again, after a restart too, bit for bit") {
  const TemporaryFolder folder;
  const auto file = folder / "deep/runs.db";  // whose folder is created
  const Json outcome = {{"accuracy", 2. / 3}, {"curve", {0.1, 1e-300}}, {"name", "É"}};
  {
    Store store(file);
    Run run = store.run("study", settings_of(0));
    CHECK_FALSE(run.outcome());
    run.finish(outcome);
    CHECK(run.outcome() == outcome);
  }
  Store store(file);
  CHECK(store.run("study", settings_of(0)).outcome() == outcome);
  CHECK_FALSE(store.run("study", settings_of(1)).outcome());
  CHECK_FALSE(store.run("another study", settings_of(0)).outcome());
  CHECK(store.damaged("study") == 0);
  CHECK(std::distance(fs::directory_iterator(folder / "deep"), {}) == 3);  // with -wal and -shm
}

TEST_CASE("Store: runs with equal settings are one, in whatever order their names stand") {
  const TemporaryFolder folder;
  Store store(folder / "runs.db");
  Run run = store.run("study", {{"a", 1}, {"b", {{"c", 2}, {"d", 3}}}});
  run.finish({{"accuracy", 0.5}});
  Run same = store.run("study", {{"b", {{"d", 3}, {"c", 2}}}, {"a", 1}});
  CHECK(same.key() == run.key());
  CHECK(same.outcome());
  same.finish({{"accuracy", 0.75}});  // the latest counts
  CHECK(store.finished("study").size() == 1);
  CHECK((*run.outcome())["accuracy"] == 0.75);
  CHECK(store.run("study", {{"a", 2}}).key() != run.key());
  CHECK(store.run("other", {{"b", {{"d", 3}, {"c", 2}}}, {"a", 1}}).key() != run.key());
  CHECK_THROWS_WITH_AS(store.run("study", 3), "Store::run: settings are a JSON object, got number",
                       Error);
}

TEST_CASE("Store: the finished runs of a study come in the order in which they began") {
  const TemporaryFolder folder;
  Store store(folder / "runs.db");
  CHECK(store.finished("study").empty());
  for (int seed : {2, 0, 1}) store.run("study", settings_of(seed)).finish({{"seed", seed}});
  store.run("study", settings_of(3)).save(small_checkpoint(1));  // not finished
  store.run("other", settings_of(4)).finish(Json::object());
  const auto finished = store.finished("study");
  REQUIRE(finished.size() == 3);
  CHECK(finished[0].outcome["seed"] == 2);
  CHECK(finished[2].settings ==  // names sorted
        Json{{"lambda", 60.}, {"method", "ewc"}, {"seed", 1}});
}

TEST_CASE(
    "Run: a checkpoint takes the place of the one before, and goes when the run is finished") {
  const TemporaryFolder folder;
  const auto file = folder / "runs.db";
  {
    Store store(file);
    Run run = store.run("study", settings_of(0));
    CHECK_FALSE(run.checkpoint());
    run.save(small_checkpoint(1));
    Checkpoint other = small_checkpoint(2);
    other.states["optimizer"] = {{"step", tensor({1}, i64)}};
    run.save(other);
    run.save(small_checkpoint(3));
    CHECK_FALSE(run.outcome());
  }
  Store store(file);
  Run run = store.run("study", settings_of(0));
  const std::optional<Checkpoint> left = run.checkpoint();
  REQUIRE(left);
  CHECK(left->progress == small_checkpoint(3).progress);
  CHECK(left->states.size() == 2);
  CHECK(left->states.at("method").empty());
  CHECK(left->states.at("network")["w"].data<float>()[0] == 3);
  CHECK(left->states.at("network")["b"].item<std::int64_t>() == 7);
  CHECK_FALSE(store.run("study", settings_of(1)).checkpoint());
  run.finish({{"accuracy", 1}});
  CHECK_FALSE(run.checkpoint());
}

TEST_CASE("Store: a number that is not finite is null, and bytes that are no text are replaced") {
  const TemporaryFolder folder;
  Store store(folder / "runs.db");
  Run run = store.run("study", {{"path", "\xff"}, {"lr", std::numeric_limits<double>::infinity()}});
  run.finish({{"loss", std::numeric_limits<double>::quiet_NaN()}});
  CHECK((*run.outcome())["loss"].is_null());
}

TEST_CASE("Store: what was changed in the file is never believed") {
  const TemporaryFolder folder;
  const auto file = folder / "runs.db", copy = folder / "copy.db";
  {
    Store store(file);
    store.run("study", settings_of(0)).finish({{"accuracy", 0.875}});
    store.run("study", settings_of(1)).save(small_checkpoint(1));
  }
  const std::string whole = read_file(file), truth = R"({"accuracy":0.875})";
  REQUIRE(contents(file) == truth);
  const Checkpoint saved = small_checkpoint(1);
  std::mt19937 random(1);
  int seen = 0;
  for (int k = 0; k < 300; ++k) {
    std::string bytes = whole;
    const std::size_t at = random() % bytes.size();
    // Most of a file is zeros; half of the flips hit a byte that is not.
    const std::size_t place = k % 2 ? at : whole.find_first_not_of('\0', at);
    if (place >= bytes.size()) continue;
    bytes[place] = static_cast<char>(bytes[place] ^ (1 << random() % 8));
    for (const char* part : {"", "-wal", "-shm"}) fs::remove(copy.string() + part);
    write_file(copy, bytes);
    try {
      const std::string found = contents(copy);
      CHECK_MESSAGE((found == truth || found == "none"), place);
      seen += found == "none";
      Store store(copy);
      const auto left = store.run("study", settings_of(1)).checkpoint();
      CHECK((!left || (left->progress == saved.progress &&
                       left->states.at("network")["w"].data<float>()[0] == 1)));
    } catch (const Error&) {
      ++seen;
    }
  }
  CHECK(seen > 20);
}

TEST_CASE("Store: a damaged outcome is counted, and the run can be finished again") {
  const TemporaryFolder folder;
  const auto file = folder / "runs.db";
  Store(file).run("study", settings_of(0)).finish({{"accuracy", 0.875}});
  {
    Database database(file);
    database.execute("UPDATE runs SET outcome = replace(outcome, '0.8', '0.9')");
  }
  Store store(file);
  CHECK(store.damaged("study") == 1);
  CHECK(store.finished("study").empty());
  Run run = store.run("study", settings_of(0));
  CHECK_FALSE(run.outcome());
  run.finish({{"accuracy", 0.5}});
  CHECK(store.damaged("study") == 0);
}

TEST_CASE("Run: a damaged checkpoint is a DataError that names it") {
  const TemporaryFolder folder;
  const auto file = folder / "runs.db";
  Store(file).run("study", settings_of(0)).save(small_checkpoint(1));
  Database(file).execute("UPDATE artifacts SET bytes = zeroblob(9) WHERE name LIKE '%network'");
  Store store(file);
  Run run = store.run("study", settings_of(0));
  const std::string text = "store: " + file.string() +
                           ": the checksum of checkpoint/state/network of run " + run.key() +
                           " is wrong";
  CHECK_THROWS_WITH_AS(run.checkpoint(), text.c_str(), DataError);
  run.save(small_checkpoint(2));
  CHECK(run.checkpoint());
}

TEST_CASE("Store: a process that is killed loses nothing that was acknowledged") {
  const TemporaryFolder folder;
  const auto file = folder / "runs.db";
  int seeds = 0;
  for (int round = 0; round < 3; ++round) {
    int told[2];
    REQUIRE(pipe(told) == 0);
    const pid_t child = fork();
    if (child == 0) {
      Store store(file);
      for (int seed = seeds;; ++seed) {
        Run run = store.run("study", settings_of(seed));
        run.save(small_checkpoint(seed));
        run.finish({{"seed", seed}});
        if (write(told[1], "x", 1) != 1) _exit(1);
      }
    }
    close(told[1]);
    char acknowledged;
    for (int k = 0; k < 20; ++k) seeds += static_cast<int>(read(told[0], &acknowledged, 1));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(told[0], &acknowledged, 1) == 1) ++seeds;
    close(told[0]);
    Store store(file);
    const auto finished = store.finished("study");
    CHECK(static_cast<int>(finished.size()) >= seeds);
    for (int seed = 0; seed < seeds; ++seed) {
      CHECK(finished[static_cast<std::size_t>(seed)].outcome["seed"] == seed);
    }
    CHECK(store.damaged("study") == 0);
    seeds = static_cast<int>(finished.size());
  }
  CHECK(seeds >= 60);
}

TEST_CASE("Store: several processes write into one file") {
  const TemporaryFolder folder;
  const auto file = folder / "runs.db";
  pid_t children[3];
  for (int k = 0; k < 3; ++k) {
    if ((children[k] = fork()) == 0) {
      Store store(file);
      for (int seed = 0; seed < 15; ++seed) {
        store.run("study", settings_of(100 * k + seed)).finish({{"by", k}});
      }
      _exit(0);
    }
  }
  for (pid_t child : children) {
    int status;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
  Store store(file);
  CHECK(store.finished("study").size() == 45);
  CHECK(store.damaged("study") == 0);
}

TEST_CASE("Store: several processes make one file at once") {
  const TemporaryFolder folder;
  for (int round = 0; round < 20; ++round) {
    const auto file = folder / fmt::format("{}.db", round);
    int start[2];  // closed when all children are running
    REQUIRE(pipe(start) == 0);
    pid_t children[8];
    for (pid_t& child : children) {
      if ((child = fork()) == 0) {
        close(start[1]);
        char nothing;
        if (read(start[0], &nothing, 1) != 0) _exit(2);
        try {
          Store(file).run("study", settings_of(0)).finish({{"by", getpid()}});
        } catch (const std::exception&) {
          _exit(1);
        }
        _exit(0);
      }
    }
    close(start[0]);
    close(start[1]);
    for (pid_t child : children) {
      int status;
      waitpid(child, &status, 0);
      CHECK(WEXITSTATUS(status) == 0);
    }
    CHECK(Store(file).finished("study").size() == 1);
  }
}

TEST_CASE("Store: files that are no store are named and left as they are") {
  const TemporaryFolder folder;
  const auto file = folder / "runs.db";
  const auto says = [&](const std::string& text) {
    CHECK_THROWS_WITH_AS(Store{file}, ("store: " + text).c_str(), Error);
  };
  write_file(file, "nothing that SQLite has written, and long enough for it to look at twice...\n");
  says(file.string() + " is no SQLite file");
  fs::remove(file);

  Database(file).execute("CREATE TABLE money (amount INTEGER)");
  says(file.string() + " is an SQLite file of another program");
  fs::remove(file);

  { Store store(file); }
  Database(file).execute("PRAGMA user_version = 99");
  says(file.string() + " has schema 99, of a newer version of Engram; " ENGRAM_VERSION
                       " knows those up to 1");
  fs::remove(file);

  fs::create_directory(file);
  says("cannot open " + file.string() + ": it is a folder");
  CHECK_THROWS_WITH_AS(Store("/proc/nowhere/runs.db"),
                       "store: cannot create /proc/nowhere: No such file or directory", Error);
}

TEST_CASE("Database: a transaction that throws has done nothing") {
  const TemporaryFolder folder;
  Database database(folder / "some.db");
  database.execute("CREATE TABLE numbers (n INTEGER)");
  CHECK_THROWS_AS(database.transaction([&] {
    database.execute("INSERT INTO numbers VALUES (1)");
    throw std::runtime_error("no");
  }),
                  std::runtime_error);
  database.transaction([&] { database.execute("INSERT INTO numbers VALUES (2)"); });
  Database::Statement sum(database,
                          "SELECT sum(n), 'text', NULL, x'0102' FROM numbers WHERE n < ?");
  sum.bind(std::int64_t{10});
  REQUIRE(sum.next());
  CHECK(sum.integer(0) == 2);
  CHECK(sum.text(1) == "text");
  CHECK_FALSE(sum.text(2));
  CHECK(sum.bytes(3).size() == 2);
  CHECK_FALSE(sum.next());
  CHECK_THROWS_WITH_AS(
      database.execute("nonsense"),
      ("store: " + (folder / "some.db").string() + ": near \"nonsense\": syntax error").c_str(),
      Error);
}
