#include <engram/experiment/run/progress.h>

#include "../../temporary_folder.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <unistd.h>
#include <system_error>

#include <pty.h>
#include <cstdlib>
#include <limits>
#include <string>

using engram::experiment::Progress;

namespace {

/// The output of a Progress of four steps, used by `use`, without a terminal.
template <class F>
std::string written(F use) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "output";
  std::FILE* file = std::fopen(path.c_str(), "w");
  use(file);
  std::fclose(file);
  return read_file(path);
}

/// The output of an epoch of two steps on a terminal of 40 columns, with this TERM (null: not set).
std::string written_to_terminal(const char* term) {
  const char* before = std::getenv("TERM");
  const std::string old = before ? before : "";
  term ? setenv("TERM", term, 1) : unsetenv("TERM");
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
  // Output may arrive in pieces.
  std::string text;
  pollfd readable = {.fd = terminal, .events = POLLIN, .revents = 0};
  while (!text.ends_with('\n') && poll(&readable, 1, 10'000) == 1) {
    char buffer[1000];
    const auto count = read(terminal, buffer, sizeof(buffer));
    if (count <= 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  std::fclose(file);
  close(terminal);
  before ? setenv("TERM", old.c_str(), 1) : unsetenv("TERM");
  return text;
}

}  // namespace

TEST_CASE("Progress: means over the stage") {
  written([](std::FILE* file) {
    Progress progress(3, file);
    progress.begin("epoch 1/2");
    progress.step(30, 1.0, 15);
    progress.step(10, 2.0, 5);  // a smaller batch has less weight
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

TEST_CASE("Progress: a loss that is not a number has no sign") {
  const std::string text = written([](std::FILE* file) {
    Progress progress(4, file);
    progress.begin("epoch 1/2");
    progress.step(32, -std::numeric_limits<double>::quiet_NaN(), 24);
  });
  CHECK(text.find("]  loss nan  accuracy") != std::string::npos);
}

TEST_CASE("Progress: very many steps") {
  const std::string text = written([](std::FILE* file) {
    Progress progress(std::numeric_limits<std::int64_t>::max(), file);
    progress.begin("epoch 1/1");
    progress.step(32, 0.5, 24);
  });
  CHECK(text.starts_with("epoch 1/1 [--------------------]  loss 0.5000"));
}

TEST_CASE("Progress: ends without a word where nothing can be written") {
  const TemporaryFolder folder;
  write_file(folder / "output", "");
  std::FILE* file = std::fopen((folder / "output").c_str(), "r");
  std::setvbuf(file, nullptr, _IONBF, 0);
  {
    Progress progress(4, file);
    progress.begin("epoch 1/2");
    CHECK_THROWS_AS(progress.end(""), std::system_error);
  }
  std::fclose(file);
}

TEST_CASE("Progress: on a terminal, one line that is drawn again and never wraps") {
  const std::string line = "\repoch 1/1 [####################]  loss \x1b[K";
  CHECK(written_to_terminal("xterm") == line + line + "\r\n");
}

TEST_CASE("Progress: a terminal that cannot draw a line again gets plain ones") {
  for (const char* term : {"dumb", "", static_cast<const char*>(nullptr)}) {
    const std::string text = written_to_terminal(term);
    CHECK(text.starts_with("epoch 1/1 [####################]  loss 0.5000"));
    CHECK(text.ends_with("  test accuracy 80.00 %\r\n"));
    CHECK(text.find('\x1b') == std::string::npos);
  }
}
