// A contestant is a process that reads commands from stdin, one a line, and answers each with a
// line on stdout:
//
//     make WORK…  ->  ok | unknown | error TEXT   build the work that the words name
//     run N       ->  SECONDS                     do it N times
//     check       ->  NUMBER                      the result of the last time, for comparison
//     memory      ->  BYTES                       peak of its data, minus the data before `make`
//     note        ->  TEXT                        a description, such as of its BLAS
//
// Its number of threads is set by its environment (OMP_NUM_THREADS, …).
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

struct bench_work {
  void* state;
  void (*run)(void* state, long times);
  double (*check)(void* state);
};

// Fills `work` with the work that the words name. Returns 1 on success, 0 for unknown words, -1 on
// failure, with a text in `error`.
typedef int bench_make(const char* words, struct bench_work* work, char error[256]);

// Answers commands until stdin ends; returns the exit code for main.
int bench_serve(bench_make* make, const char* note);

#ifdef __cplusplus
}
#endif
