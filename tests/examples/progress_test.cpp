#include "common/progress.h"

#include "../temporary_folder.h"

#include <doctest/doctest.h>
#include <pty.h>
#include <unistd.h>

#include <string>

using engram::examples::Progress;

namespace {

/// What `use` makes a progress of four steps write when there is no terminal.
template <class F>
std::string written(F use) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "output";
  std::FILE* file = std::fopen(path.c_str(), "w");
  use(file);
  std::fclose(file);
  return read_file(path);
}

}  // namespace

TEST_CASE("Progress: means over the stage") {
  written([](std::FILE* file) {
    Progress progress(3, file);
    progress.begin("epoch 1/2");
    progress.step(30, 1.0, 15);
    progress.step(10, 2.0, 5);  // a smaller batch counts less
    CHECK(progress.loss() == doctest::Approx(1.25));
    CHECK(progress.accuracy() == doctest::Approx(0.5));
    CHECK(progress.steps() == 2);
    progress.end("");
    progress.begin("epoch 2/2");
    progress.step(10, 0.5, 9);
    CHECK(progress.loss() == doctest::Approx(0.5));
    CHECK(progress.accuracy() == doctest::Approx(0.9));
    CHECK(progress.steps() == 3);
    progress.end("");
  });
}

TEST_CASE("Progress: without a terminal, a plain line for each stage") {
  const std::string text = written([](std::FILE* file) {
    Progress progress(4, file);
    progress.begin("epoch 1/2");
    progress.step(32, 0.5, 24);
    progress.end("test accuracy 80.00 %");
  });
  CHECK(text.starts_with("epoch 1/2 [#####---------------]  loss 0.5000  accuracy 75.00 %  "));
  CHECK(text.ends_with(" samples/s  test accuracy 80.00 %\n"));
}

TEST_CASE("Progress: a stage that is broken off ends its line") {
  const std::string text = written([](std::FILE* file) {
    Progress progress(4, file);
    progress.begin("epoch 1/2");
  });
  CHECK(text == "epoch 1/2 [--------------------]\n");
}

TEST_CASE("Progress: on a terminal, one line that is drawn again and never wraps") {
  int terminal = 0, program = 0;
  const winsize size = {.ws_row = 10, .ws_col = 40, .ws_xpixel = 0, .ws_ypixel = 0};
  REQUIRE(openpty(&terminal, &program, nullptr, nullptr, &size) == 0);
  std::FILE* file = fdopen(program, "w");
  {
    Progress progress(2, file);
    progress.begin("epoch 1/1");
    progress.step(32, 0.5, 24);
    usleep(150'000);
    progress.step(32, 0.5, 24);
    progress.end("test accuracy 80.00 %");
  }
  char buffer[1000];
  const auto count = read(terminal, buffer, sizeof(buffer));
  std::fclose(file);
  close(terminal);
  REQUIRE(count > 0);
  const std::string line = "\repoch 1/1 [####################]  loss \x1b[K";
  CHECK(std::string(buffer, static_cast<std::size_t>(count)) == line + line + "\r\n");
}
