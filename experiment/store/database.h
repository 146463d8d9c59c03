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

/// An SQLite file, opened for reading and writing and made where there is none. A transaction is on
/// the disk when it returns (write-ahead log, synchronous = FULL); a process that is killed in it
/// leaves the file as it was before. Several processes may write, one after the other: each waits
/// up to 20 s for the others. To be used by one thread at a time.
///
/// Error when the file cannot be opened, read or written, DataError when it is no SQLite file or
/// damaged; both name the file.
class Database {
 public:
  explicit Database(const std::filesystem::path& file);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  /// SQL text, ready to be run with values in the place of its question marks.
  class Statement {
   public:
    Statement(Database& database, std::string_view sql);
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

    /// Gives the next question mark its value.
    Statement& bind(std::int64_t value);
    Statement& bind(std::string_view text);
    Statement& bind(std::span<const std::byte> bytes);

    /// Goes to the next row of the result; false behind the last one.
    bool next();

    /// Of the row, columns counted from 0. Texts and bytes live until `next`.
    std::int64_t integer(int column) const;
    std::optional<std::string_view> text(int column) const;  ///< none for NULL
    std::span<const std::byte> bytes(int column) const;

   private:
    Database& database_;
    sqlite3_stmt* statement_ = nullptr;
    int bound_ = 0;
  };

  /// Runs SQL text of one statement or several.
  void execute(const char* sql);

  /// Runs `work` as one transaction: all of it or, when it throws, nothing is done.
  void transaction(const std::function<void()>& work);

 private:
  void begin_write_ahead_log();
  void check(int code) const;
  [[noreturn]] void failed(int code) const;

  std::filesystem::path file_;
  sqlite3* connection_ = nullptr;
};

}  // namespace engram::experiment
