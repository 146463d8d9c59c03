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

/// A run between two of its parts: all that it takes to go on bit for bit as if it had not stopped.
struct Checkpoint {
  Json progress = Json::object();             ///< how far it is, and what it has measured
  std::map<std::string, StateDict> states{};  ///< of network, optimizer, method, …
};

class Run;

/// The runs of one study or several, in one SQLite file: settings -> outcome, and the checkpoints
/// of those that are under way. Two runs of a study with equal settings are one.
///
/// Every change is a transaction: a process that is killed leaves the store as it was before or as
/// it is after, and what a call has returned from is on the disk. What is stored has a checksum,
/// and is not believed when that is wrong. Several processes may share the file; beside it SQLite
/// keeps FILE-wal and FILE-shm while it is open, which belong to it.
///
///     experiment::Store store("out/mine/runs.db");
///     experiment::Run run = store.run("mine", {{"lr", 0.1}, {"seed", 3}});
///     if (!run.outcome()) run.finish({{"accuracy", train(0.1, 3)}});
///
/// To be used by one thread at a time. Errors are those of Database, and DataError for a file of
/// another program or of a newer version of this one.
class Store {
 public:
  /// Opens the file, or makes it.
  explicit Store(const std::filesystem::path& file);

  /// The run with these settings; it has a row in the file once something of it is kept. Settings
  /// are a JSON object, or Error; in what order their names stand makes no difference.
  Run run(const std::string& study, const Json& settings);

  struct Finished {
    Json settings;  ///< names sorted
    Json outcome;
  };
  /// The finished runs of a study in the order in which they began, without the damaged ones.
  std::vector<Finished> finished(const std::string& study);

  /// How many finished runs of a study have a wrong checksum: they are to be run again.
  std::int64_t damaged(const std::string& study);

 private:
  friend class Run;
  std::filesystem::path file_;
  Database database_;
};

/// A run of a store, which must live longer.
class Run {
 public:
  const Json& settings() const { return settings_; }
  /// A short name for study and settings, fit for a file: 16 hexadecimal digits.
  std::string key() const;

  /// What came of it; none while it is not finished, and when what is stored is damaged.
  std::optional<Json> outcome() const;

  /// Where it was left; none for a run that has not been saved. DataError when it is damaged.
  std::optional<Checkpoint> checkpoint() const;

  /// Keeps the checkpoint in the place of the one before.
  void save(const Checkpoint& checkpoint);

  /// Keeps what came of it, and drops the checkpoint.
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
