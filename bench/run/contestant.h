#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>

namespace bench {

/// Environment variables of a contestant: its number of threads, its BLAS.
using Environment = std::map<std::string, std::string>;

/// A running contestant, see common/serve.h. Error when it cannot be started, dies, or reports a
/// failure.
class Contestant {
 public:
  Contestant(const std::filesystem::path& program, const Environment& environment);
  ~Contestant();
  Contestant(Contestant&& other) noexcept;
  Contestant& operator=(Contestant&&) = delete;

  /// Makes a work; false when the contestant does not know it.
  bool make(const std::string& words);
  double run(long times);  ///< in seconds
  double result();
  double memory();  ///< peak in bytes
  std::string note();

 private:
  std::string ask(const std::string& line);
  double ask_number(const std::string& line);

  std::string name_;
  pid_t process_ = 0;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
};

}  // namespace bench
