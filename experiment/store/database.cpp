#include <engram/autograd/error.h>
#include <engram/experiment/store/database.h>

#include <sqlite3.h>

#include <chrono>
#include <thread>

namespace engram::experiment {
namespace {

constexpr std::chrono::milliseconds timeout{20'000};  // of waiting for other processes

}  // namespace

Database::Database(const std::filesystem::path& file) : file_(file) {
  std::error_code failure;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), failure);
  engram::check(!failure, "store: cannot create {}: {}", file.parent_path().string(),
                failure.message());
  engram::check(!std::filesystem::is_directory(file), "store: cannot open {}: it is a folder",
                file.string());
  try {
    check(sqlite3_open_v2(file.c_str(), &connection_,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE,
                          nullptr));
    sqlite3_busy_timeout(connection_, timeout.count());
    begin_write_ahead_log();
    execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
    // A file that cannot be written fails here, not after the work.
    execute("BEGIN IMMEDIATE; ROLLBACK");
  } catch (...) {
    sqlite3_close_v2(connection_);
    throw;
  }
}

/// Retries, because SQLite does not wait when two processes change the mode of a new file at once.
void Database::begin_write_ahead_log() {
  using std::chrono::steady_clock;
  const auto end = steady_clock::now() + timeout;
  int code;
  do {
    code = sqlite3_exec(connection_, "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
    if ((code & 0xff) != SQLITE_BUSY) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  } while (steady_clock::now() < end);
  check(code);
}

Database::~Database() { sqlite3_close_v2(connection_); }

void Database::execute(const char* sql) {
  check(sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr));
}

void Database::transaction(const std::function<void()>& work) {
  execute("BEGIN IMMEDIATE");  // takes the write lock: two transactions that read first deadlock
  try {
    work();
    execute("COMMIT");
  } catch (...) {
    // SQLite has rolled back by itself after some errors, such as a full disk.
    if (!sqlite3_get_autocommit(connection_)) {
      sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr);
    }
    throw;
  }
}

void Database::check(int code) const {
  if (code != SQLITE_OK) failed(code);
}

void Database::failed(int code) const {
  switch (code & 0xff) {
    case SQLITE_NOTADB:
      fail<DataError>("store: {} is no SQLite file", file_.string());
    case SQLITE_CORRUPT:
      fail<DataError>(
          "store: {} is damaged: {}; `sqlite3 FILE .recover` may save some of it, and without the "
          "file everything begins anew",
          file_.string(), sqlite3_errmsg(connection_));
    case SQLITE_BUSY:
      fail<Error>("store: {} is in use by another process", file_.string());
    case SQLITE_READONLY:
      fail<Error>("store: cannot write {}: it is read-only", file_.string());
    case SQLITE_CANTOPEN:
      fail<Error>("store: cannot open {}", file_.string());
    default:
      fail<Error>("store: {}: {}", file_.string(), sqlite3_errmsg(connection_));
  }
}

Database::Statement::Statement(Database& database, std::string_view sql) : database_(database) {
  database_.check(sqlite3_prepare_v2(database_.connection_, sql.data(),
                                     static_cast<int>(sql.size()), &statement_, nullptr));
}

Database::Statement::~Statement() { sqlite3_finalize(statement_); }

Database::Statement& Database::Statement::bind(std::int64_t value) {
  database_.check(sqlite3_bind_int64(statement_, ++bound_, value));
  return *this;
}

Database::Statement& Database::Statement::bind(std::string_view text) {
  database_.check(sqlite3_bind_text64(statement_, ++bound_, text.data(), text.size(),
                                      SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Database::Statement& Database::Statement::bind(std::span<const std::byte> bytes) {
  // SQLITE_STATIC: not copied, as there may be many bytes, which outlive the statement. A null
  // pointer would be NULL.
  database_.check(sqlite3_bind_blob64(statement_, ++bound_,
                                      bytes.empty() ? "" : static_cast<const void*>(bytes.data()),
                                      bytes.size(), SQLITE_STATIC));
  return *this;
}

bool Database::Statement::next() {
  const int code = sqlite3_step(statement_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) database_.failed(code);
  return code == SQLITE_ROW;
}

std::int64_t Database::Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::optional<std::string_view> Database::Statement::text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_, column);
  if (!text) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(text),
                          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::span<const std::byte> Database::Statement::bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  return {static_cast<const std::byte*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

}  // namespace engram::experiment
