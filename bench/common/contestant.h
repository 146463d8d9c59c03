// The C++ interface of serve.h: works as closures, errors as exceptions.
#pragma once

#include "common/serve.h"

#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <sstream>
#include <string>

namespace bench {

/// A work: `run` does it `times` times, `check` returns its result for comparison.
struct Work {
  std::function<void(long times)> run;
  std::function<double()> check;

  explicit operator bool() const { return static_cast<bool>(run); }
};

/// A Work that calls `step` once a time.
template <class Step, class Check>
Work repeat(Step step, Check check) {
  return {[step](long times) mutable {
            for (long i = 0; i < times; ++i) step();
          },
          check};
}

/// Makes the work that the words name; an empty one for unknown words.
using Maker = Work (*)(std::istringstream& words);

/// Serves works, each made by the first maker that knows its words.
template <Maker... makers>
int serve(const std::string& note) {
  const auto make = [](const char* words, bench_work* work, char* error) -> int {
    try {
      static Work made;
      made = {};
      const auto try_maker = [&](Maker maker) {
        std::istringstream stream(words);
        made = maker(stream);
        return static_cast<bool>(made);
      };
      if (!(try_maker(makers) || ...)) return 0;
      *work = {&made, [](void* state, long times) { static_cast<Work*>(state)->run(times); },
               [](void* state) { return static_cast<Work*>(state)->check(); }};
      return 1;
    } catch (const std::exception& failure) {
      std::snprintf(error, 256, "%s", failure.what());
      for (char* c = error; *c; ++c) {
        if (*c == '\n') *c = 0;
      }
      return -1;
    }
  };
  return bench_serve(make, note.c_str());
}

}  // namespace bench
