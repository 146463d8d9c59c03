#include <engram/autograd/error.h>
#include <engram/autograd/threads.h>
#include <engram/experiment/run/results.h>
#include <engram/io/atomic_file.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/utsname.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace engram::experiment {
namespace {

/// The arguments, quoted for a shell.
std::string command_line(int argc, char** argv) {
  std::vector<std::string> words;
  for (std::string word : std::vector<std::string>(argv, argv + argc)) {
    if (word.empty() || word.find_first_of(" \t\n\"'\\$`*?[](){}<>|&;!#~") != std::string::npos) {
      for (std::size_t at = 0; (at = word.find('\'', at)) != std::string::npos; at += 4) {
        word.replace(at, 1, "'\\''");
      }
      word = "'" + word + "'";
    }
    words.push_back(word);
  }
  return fmt::format("{}", fmt::join(words, " "));
}

/// The processor, its number of cores, the operating system.
std::string machine() {
  std::string processor = "unknown processor";
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) {
      processor = line.substr(colon + 2);
      break;
    }
  }
  utsname system = {};
  uname(&system);
  return fmt::format("{}, {} cores, {} {}", processor, std::thread::hardware_concurrency(),
                     system.sysname, system.machine);
}

}  // namespace

Results::Results(const std::string& program, int argc, char** argv,
                 const std::filesystem::path& out, std::uint64_t seed, const Json& options)
    : folder_(out) {
  std::error_code failure;
  std::filesystem::create_directories(folder_, failure);
  check(!failure, "--out: cannot create {}: {}", folder_.string(), failure.message());
  AtomicFile("--out",
             folder_ / "results.json");  // whether it can be written shows before the training

  json_["program"] = program;
  json_["command"] = command_line(argc, argv);
  json_["seed"] = seed;
  json_["version"] = ENGRAM_VERSION;
  json_["machine"] = machine();
  json_["threads"] = num_threads();
  json_["seconds"] = 0;
  json_["options"] = options;
}

void Results::write() {
  json_["seconds"] = seconds();
  const std::string text = json_.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  AtomicFile file("results", folder_ / "results.json");
  file.write(text.data(), text.size());
  file.finish();
}

double Results::seconds() const { return seconds_since(start_); }

}  // namespace engram::experiment
