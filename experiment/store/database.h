#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace engram::experiment {

/// An SQLite file, opened for reading and writing, created if missing. A transaction is durable
/// when it returns (write-ahead log, synchronous = FULL), and atomic when the process is killed.
/// Several processes may write, one at a time: each waits up to 20 s for the others. Not
/// thread-safe.
///
/// Error when the file cannot be opened, read or written, DataError when it is not an SQLite file
/// or is damaged; both name the file.
class Database {
 public:
  explicit Database(const std::filesystem::path& file);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  /// A prepared SQL statement, with question marks for its parameters.
  class Statement {
   public:
    Statement(Database& database, std::string_view sql);
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

    /// Binds the next question mark.
    Statement& bind(std::int64_t value);
    Statement& bind(std::string_view text);
    Statement& bind(std::span<const std::byte> bytes);

    /// Steps to the next row of the result; false after the last one.
    bool next();

    /// Columns of the current row, counted from 0. Texts and bytes live until `next`.
    std::int64_t integer(int column) const;
    std::optional<std::string_view> text(int column) const;  ///< none for NULL
    std::span<const std::byte> bytes(int column) const;

   private:
    Database& database_;
    sqlite3_stmt* statement_ = nullptr;
    int bound_ = 0;
  };

  /// Runs one or more SQL statements.
  void execute(const char* sql);

  /// Runs `work` as one transaction, which is rolled back when it throws.
  void transaction(const std::function<void()>& work);

 private:
  void begin_write_ahead_log();
  void check(int code) const;
  [[noreturn]] void failed(int code) const;

  std::filesystem::path file_;
  sqlite3* connection_ = nullptr;
};

}  // namespace engram::experiment
