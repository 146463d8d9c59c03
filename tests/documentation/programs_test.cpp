// Runs the programs of the documentation, each in a separate process and folder.
#include "../temporary_folder.h"
#include "page.h"
#include "small_mnist.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>

using namespace engram::test;
namespace fs = std::filesystem;

namespace {

/// "docs/guide.md", 2 -> the executable guide_program_2 (CMakeLists.txt).
fs::path executable(const fs::path& page, int number) {
  return fs::path(ENGRAM_PROGRAMS) / fmt::format("{}_program_{}", page.stem().string(), number);
}

void check(const fs::path& page, const Program& program, const fs::path& data) {
  const std::string name = fmt::format("{}:{}", page.string(), program.line);
  const TemporaryFolder folder;
  const std::string command =
      fmt::format("cd {} && ENGRAM_DATA={} {} >stdout 2>stderr", folder.path().string(),
                  data.string(), executable(page, program.number).string());
  const int status = std::system(command.c_str());
  const std::string printed = read_file(folder / "stdout");
  const std::string errors = read_file(folder / "stderr");
  CHECK_MESSAGE(status == 0, name << ": the program failed, and said:\n" << errors);
  if (status != 0) return;

  if (program.output_line == 0) {
    CHECK_MESSAGE(printed.empty(), name << ": the program printed what follows here; let a ```text "
                                           "block with it follow there.\n"
                                        << printed);
    return;
  }
  const int line = program.output_line + first_difference(program.output, printed);
  CHECK_MESSAGE(
      agrees(program.output, printed),
      fmt::format("{}:{}: not what the program of line {} printed.\nExpected:\n{}\nGot:\n{}",
                  page.string(), line, program.line, program.output, printed));
}

}  // namespace

TEST_CASE("every program of the documentation runs, and prints what its page says") {
  const TemporaryFolder data;
  write_small_mnist(data / "mnist");
  fs::create_directory_symlink("mnist", data / "fashion-mnist");

  int seen = 0;
  for (const fs::path& page : pages()) {
    for (const Program& program : programs_of(read_file(ENGRAM_SOURCE_DIR / page))) {
      ++seen;
      check(page, program, data.path());
    }
  }
  CHECK(seen >= 11);
}
