#pragma once

#include <engram/autograd/state.h>
#include <engram/experiment/json.h>
#include <engram/experiment/store/database.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace engram::experiment {

/// The complete state of an unfinished run, from which it resumes bit for bit.
struct Checkpoint {
  Json progress = Json::object();             ///< position and measurements so far
  std::map<std::string, StateDict> states{};  ///< of network, optimizer, method, …
};

class Run;

/// The runs of one or more studies, in one SQLite file: settings -> outcome, and the checkpoints of
/// unfinished runs. Runs of a study with equal settings are the same run.
///
/// Every change is an atomic transaction, durable when the call returns. Outcomes and checkpoints
/// have checksums, and count as damaged if these are wrong. Several processes may share the file;
/// while it is open, SQLite's FILE-wal and FILE-shm beside it are part of it.
///
///     experiment::Store store("out/mine/runs.db");
///     experiment::Run run = store.run("mine", {{"lr", 0.1}, {"seed", 3}});
///     if (!run.outcome()) run.finish({{"accuracy", train(0.1, 3)}});
///
/// Not thread-safe. Errors are those of Database, and DataError for a file of another program or of
/// a newer version of this one.
class Store {
 public:
  /// Opens the file; creates it if missing.
  explicit Store(const std::filesystem::path& file);

  /// The run with these settings; it gets a row in the file with its first checkpoint or outcome.
  /// Settings are a JSON object, or Error; the order of their names makes no difference.
  Run run(const std::string& study, const Json& settings);

  struct Finished {
    Json settings;  ///< names sorted
    Json outcome;
  };
  /// The undamaged finished runs of a study, in the order in which they began.
  std::vector<Finished> finished(const std::string& study);

  /// The number of finished runs of a study with a wrong checksum, which must be run again.
  std::int64_t damaged(const std::string& study);

 private:
  friend class Run;
  std::filesystem::path file_;
  Database database_;
};

/// A run of a store; the store must outlive it.
class Run {
 public:
  const Json& settings() const { return settings_; }
  /// A hash of study and settings, 16 hexadecimal digits, usable as a file name.
  std::string key() const;

  /// The outcome; none while the run is unfinished, or if its outcome is damaged.
  std::optional<Json> outcome() const;

  /// The last checkpoint; none for a run that has not been saved. DataError when it is damaged.
  std::optional<Checkpoint> checkpoint() const;

  /// Stores the checkpoint; replaces the previous one.
  void save(const Checkpoint& checkpoint);

  /// Stores the outcome, and deletes the checkpoint.
  void finish(const Json& outcome);

 private:
  friend class Store;
  Run(Store& store, std::string study, const Json& settings);

  std::int64_t row();

  Store& store_;
  std::string study_;
  Json settings_;
  std::string text_;  // of the settings, names sorted
};

}  // namespace engram::experiment
