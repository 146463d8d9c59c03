// Build times and binary sizes: works that are commands, or sizes of files.
//
//     compile engram|libtorch     a user's program, with the umbrella header
//     build library|everything    from scratch, with OMP_NUM_THREADS jobs
//     size shared|static|libtorch in bytes, as the result
#include "common/contestant.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace bench {
namespace {

namespace fs = std::filesystem;

const fs::path source = SOURCE_DIR;
const fs::path build = BUILD_DIR;

void shell(const std::string& command) {
  const std::string log = (build / "build_times.log").string();
  if (std::system(("{ " + command + "; } >" + log + " 2>&1").c_str()) != 0) {
    throw std::runtime_error("failed, see " + log + ": " + command);
  }
}

Work command(const std::string& text) {
  return repeat([text] { shell(text); }, [] { return 0.; });
}

std::string jobs() {
  const char* threads = std::getenv("OMP_NUM_THREADS");
  return threads ? threads : "1";
}

std::string configure_and_build(const fs::path& folder, const std::string& options) {
  return "cmake -S " + source.string() + " -B " + folder.string() +
         " -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER_LAUNCHER= " + options +
         " && cmake --build " + folder.string() + " -j" + jobs();
}

std::string library_options(bool shared) {
  return std::string("-DENGRAM_TESTS=OFF -DENGRAM_EXAMPLES=OFF -DBUILD_SHARED_LIBS=") +
         // Stripped, as Debian's libtorch is.
         (shared ? "ON -DCMAKE_SHARED_LINKER_FLAGS=-s" : "OFF");
}

std::string compile(const std::string& program, const std::string& flags) {
  return CXX_COMPILER " -O2 " + flags + " -c " +
         (source / "bench/build_times" / (program + ".cc")).string() + " -o " +
         (build / (program + ".o")).string();
}

/// Builds a library; the work returns its size.
Work size_of_library(bool shared) {
  const fs::path folder = build / (shared ? "size-shared" : "size-static");
  shell(configure_and_build(folder, library_options(shared)));
  const fs::path file = folder / (shared ? "libengram.so" : "libengram.a");
  return repeat([] {}, [file] { return static_cast<double>(fs::file_size(file)); });
}

Work make(std::istringstream& words) {
  std::string kind, what;
  words >> kind >> what;
  const std::string fresh = (build / "fresh").string();
  if (kind == "compile" && what == "engram") {
    return command(compile("user_of_engram", "-std=c++20 -I" ENGRAM_INCLUDE_DIR));
  }
  if (kind == "compile") return command(compile("user_of_libtorch", "-std=c++17 " TORCH_FLAGS));
  if (kind == "build") {
    const bool all = what == "everything";
    return command("rm -rf " + fresh + " && " +
                   configure_and_build(fresh, all ? "" : library_options(false)));
  }
  if (kind == "size" && what == "libtorch") {
    return repeat([] {}, [] { return static_cast<double>(fs::file_size(TORCH_LIBRARY)); });
  }
  if (kind == "size") return size_of_library(what == "shared");
  return {};
}

}  // namespace
}  // namespace bench

int main() { return bench::serve<bench::make>(""); }
