#include "contestant.h"

#include <engram/autograd/error.h>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace bench {

using engram::check;

Contestant::Contestant(const std::filesystem::path& program, const Environment& environment)
    : name_(program.filename().string()) {
  // Writing to a process that has died must fail in fputs, not end this process.
  std::signal(SIGPIPE, SIG_IGN);
  int to[2], from[2];
  check(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0, "{}: no pipe: {}", name_,
        std::strerror(errno));
  process_ = fork();
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // when the runner dies
    for (const auto& [key, value] : environment) setenv(key.c_str(), value.c_str(), 1);
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    execl(program.c_str(), name_.c_str(), nullptr);
    _exit(127);
  }
  close(to[0]);
  close(from[1]);
  to_ = fdopen(to[1], "w");
  from_ = fdopen(from[0], "r");
  check(process_ > 0, "{}: cannot start a process: {}", name_, std::strerror(errno));
}

Contestant::Contestant(Contestant&& other) noexcept
    : name_(std::move(other.name_)),
      process_(std::exchange(other.process_, 0)),
      to_(std::exchange(other.to_, nullptr)),
      from_(std::exchange(other.from_, nullptr)) {}

Contestant::~Contestant() {
  if (process_ <= 0) return;
  std::fclose(to_);
  std::fclose(from_);
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

bool Contestant::make(const std::string& words) {
  const std::string answer = ask("make " + words);
  check(answer == "ok" || answer == "unknown", "{}, make {}: {}", name_, words, answer);
  return answer == "ok";
}

double Contestant::run(long times) { return ask_number("run " + std::to_string(times)); }

double Contestant::result() { return ask_number("check"); }

double Contestant::memory() { return ask_number("memory"); }

std::string Contestant::note() { return ask("note"); }

std::string Contestant::ask(const std::string& line) {
  std::fputs((line + "\n").c_str(), to_);
  std::fflush(to_);
  char answer[512];
  check(std::fgets(answer, sizeof answer, from_) != nullptr, "{} died on: {}", name_, line);
  answer[std::strcspn(answer, "\n")] = 0;
  check(std::strncmp(answer, "error ", 6) != 0, "{}, {}: {}", name_, line, answer + 6);
  return answer;
}

double Contestant::ask_number(const std::string& line) {
  const std::string answer = ask(line);
  char* end;
  const double number = std::strtod(answer.c_str(), &end);
  check(end != answer.c_str() && *end == 0, "{}, {}: {}", name_, line, answer);
  return number;
}

}  // namespace bench
