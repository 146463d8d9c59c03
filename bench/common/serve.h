// A contestant is a process that does pieces of work when it is told to, one line on stdin at a
// time, and answers each with one line on stdout:
//
//     make WORK…  ->  ok | unknown | error TEXT   build the work that the words name
//     run N       ->  SECONDS                     do it N times
//     check       ->  NUMBER                      what the last time gave, for comparison
//     memory      ->  BYTES                       peak of its data, above what was there
//                                                 before `make`
//     note        ->  TEXT                        what it runs on, such as its BLAS
//
// How many threads it uses is said by its environment (OMP_NUM_THREADS, …).
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

struct bench_work {
  void* state;
  void (*run)(void* state, long times);
  double (*check)(void* state);
};

// Fills `work` with the work that the words name. Returns 1 when it has it, 0 when it does not know
// it, -1 when it failed, with a text in `error`.
typedef int bench_make(const char* words, struct bench_work* work, char error[256]);

// Answers until stdin ends; what main returns.
int bench_serve(bench_make* make, const char* note);

#ifdef __cplusplus
}
#endif
