#include <engram/autograd/error.h>
#include <engram/autograd/hash.h>
#include <engram/experiment/store/store.h>
#include <engram/io/state_file.h>

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

namespace engram::experiment {
namespace {

constexpr std::int64_t application_id = 0x456e6772;  // "Engr", shown by file(1)

/// Migration k brings schema version k to version k + 1. Released migrations must not change.
constexpr std::array migrations = {
    R"(CREATE TABLE runs (
         id INTEGER PRIMARY KEY,
         study TEXT NOT NULL,
         settings TEXT NOT NULL,  -- JSON, names sorted
         outcome TEXT,            -- JSON; NULL while the run is under way
         checksum TEXT,           -- of settings and outcome
         version TEXT NOT NULL,   -- of the library
         begun TEXT NOT NULL DEFAULT (datetime('now')),
         finished TEXT,
         UNIQUE (study, settings)
       ) STRICT;
       -- What a run keeps beside its outcome: a checkpoint's parts are named checkpoint/…
       CREATE TABLE artifacts (
         run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
         name TEXT NOT NULL,
         bytes BLOB NOT NULL,
         checksum TEXT NOT NULL,
         PRIMARY KEY (run, name)
       ) STRICT;)"};

// Names of a checkpoint's parts: the progress, with the list of states, and each state.
constexpr std::string_view progress = "checkpoint/progress", states = "checkpoint/state/";

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Checksum of a named text.
std::string checksum(std::string_view name, std::string_view text) {
  return fmt::format("{:016x}", fnv1a(text, fnv1a(name)));
}

std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The settings with all names sorted, as text.
std::string canonical(const Json& settings) { return to_text(nlohmann::json(settings)); }

std::int64_t number(Database& database, const char* sql) {
  Database::Statement statement(database, sql);
  statement.next();
  return statement.integer(0);
}

/// Migrates the file to this version's schema.
void migrate(Database& database, const std::filesystem::path& file) {
  database.transaction([&] {
    const std::int64_t version = number(database, "PRAGMA user_version");
    const bool ours = number(database, "PRAGMA application_id") == application_id;
    check_data(ours || number(database, "SELECT count(*) FROM sqlite_schema") == 0,
               "store: {} is an SQLite file of another program", file.string());
    check_data(version <= std::ssize(migrations),
               "store: {} has schema {}, of a newer version of Engram; {} knows those up to {}",
               file.string(), version, ENGRAM_VERSION, migrations.size());
    if (version == std::ssize(migrations)) return;
    for (auto k = static_cast<std::size_t>(version); k < migrations.size(); ++k) {
      database.execute(migrations[k]);
    }
    database.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                 application_id, migrations.size())
                         .c_str());
  });
}

void drop_checkpoint(Database& database, std::int64_t run) {
  Database::Statement(database, "DELETE FROM artifacts WHERE run = ? AND name GLOB 'checkpoint/*'")
      .bind(run)
      .next();
}

/// Whether the checksum of a row of settings, outcome and checksum is right.
bool is_whole(const Database::Statement& row) {
  return row.text(2) == checksum(*row.text(0), *row.text(1));
}

/// Calls visit(row) with settings, outcome and checksum of each finished run of a study.
template <class F>
void for_each_finished(Database& database, const std::string& study, F visit) {
  Database::Statement row(database,
                          "SELECT settings, outcome, checksum FROM runs "
                          "WHERE study = ? AND outcome IS NOT NULL ORDER BY id");
  row.bind(study);
  while (row.next()) visit(row);
}

}  // namespace

Store::Store(const std::filesystem::path& file) : file_(file), database_(file) {
  migrate(database_, file_);
}

Run Store::run(const std::string& study, const Json& settings) { return {*this, study, settings}; }

std::vector<Store::Finished> Store::finished(const std::string& study) {
  std::vector<Finished> runs;
  for_each_finished(database_, study, [&](const Database::Statement& row) {
    if (is_whole(row)) runs.push_back({Json::parse(*row.text(0)), Json::parse(*row.text(1))});
  });
  return runs;
}

std::int64_t Store::damaged(const std::string& study) {
  std::int64_t count = 0;
  for_each_finished(database_, study,
                    [&](const Database::Statement& row) { count += is_whole(row) ? 0 : 1; });
  return count;
}

Run::Run(Store& store, std::string study, const Json& settings)
    : store_(store), study_(std::move(study)), settings_(settings), text_(canonical(settings)) {
  check(settings.is_object(), "Store::run: settings are a JSON object, got {}",
        settings.type_name());
}

std::string Run::key() const { return checksum(study_, text_); }

std::optional<Json> Run::outcome() const {
  Database::Statement statement(store_.database_,
                                "SELECT settings, outcome, checksum FROM runs "
                                "WHERE study = ? AND settings = ? AND outcome IS NOT NULL");
  statement.bind(study_).bind(text_);
  if (!statement.next() || !is_whole(statement)) return std::nullopt;
  return Json::parse(*statement.text(1));
}

std::optional<Checkpoint> Run::checkpoint() const {
  Database::Statement statement(
      store_.database_,
      "SELECT name, bytes, artifacts.checksum FROM artifacts JOIN runs ON runs.id = run "
      "WHERE study = ? AND settings = ? AND name GLOB 'checkpoint/*'");
  statement.bind(study_).bind(text_);
  Checkpoint checkpoint;
  Json names;  // of the expected states
  while (statement.next()) {
    const std::string name(*statement.text(0));
    const std::span<const std::byte> bytes = statement.bytes(1);
    check_data(statement.text(2) == checksum(text_ + name, as_text(bytes)),
               "store: {}: the checksum of {} of run {} is wrong", store_.file_.string(), name,
               key());
    if (name == progress) {
      const Json json = Json::parse(as_text(bytes));
      checkpoint.progress = json.at("progress");
      names = json.at("states");
    } else {
      checkpoint.states[name.substr(states.size())] = deserialize(bytes, name);
    }
  }
  if (names.is_null() && checkpoint.states.empty()) return std::nullopt;
  bool complete = names.size() == checkpoint.states.size();
  for (const Json& name : names) complete &= checkpoint.states.contains(name);
  check_data(complete, "store: {}: the checkpoint of run {} is not complete", store_.file_.string(),
             key());
  return checkpoint;
}

void Run::save(const Checkpoint& checkpoint) {
  std::map<std::string, std::vector<std::byte>> parts;
  Json names = Json::array();
  for (const auto& [name, state] : checkpoint.states) {
    names.push_back(name);
    parts[std::string(states) + name] = serialize(state);
  }
  const std::string text = to_text({{"progress", checkpoint.progress}, {"states", names}});
  const auto bytes = std::as_bytes(std::span(text));
  parts[std::string(progress)] = {bytes.begin(), bytes.end()};
  Database& database = store_.database_;
  database.transaction([&] {
    const std::int64_t run = row();
    drop_checkpoint(database, run);
    for (const auto& [name, part] : parts) {
      Database::Statement(database,
                          "INSERT INTO artifacts (run, name, bytes, checksum) VALUES (?, ?, ?, ?)")
          .bind(run)
          .bind(name)
          .bind(part)
          .bind(checksum(text_ + name, as_text(part)))
          .next();
    }
  });
}

void Run::finish(const Json& outcome) {
  const std::string text = to_text(outcome);
  Database& database = store_.database_;
  database.transaction([&] {
    const std::int64_t run = row();
    Database::Statement(database,
                        "UPDATE runs SET outcome = ?, checksum = ?, version = ?, "
                        "finished = datetime('now') WHERE id = ?")
        .bind(text)
        .bind(checksum(text_, text))
        .bind(ENGRAM_VERSION)
        .bind(run)
        .next();
    drop_checkpoint(database, run);
  });
}

/// The id of the run's row; inserts the row if missing.
std::int64_t Run::row() {
  Database& database = store_.database_;
  Database::Statement(database,
                      "INSERT OR IGNORE INTO runs (study, settings, version) VALUES (?, ?, ?)")
      .bind(study_)
      .bind(text_)
      .bind(ENGRAM_VERSION)
      .next();
  Database::Statement found(database, "SELECT id FROM runs WHERE study = ? AND settings = ?");
  found.bind(study_).bind(text_).next();
  return found.integer(0);
}

}  // namespace engram::experiment
