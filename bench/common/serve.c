#include "common/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// A line of /proc/self/status in bytes: "VmHWM:" is the peak of resident memory, "RssFile:" its
// current part mapped from files, such as code, "RssAnon:" its current part of data.
static long long status_bytes(const char* key) {
  FILE* file = fopen("/proc/self/status", "r");
  char line[256];
  long long kilobytes = 0;
  while (file && fgets(line, sizeof line, file)) {
    if (strncmp(line, key, strlen(key)) == 0) kilobytes = atoll(line + strlen(key));
  }
  if (file) fclose(file);
  return 1024 * kilobytes;
}

// Resets the peak of resident memory to the current value.
static void reset_peak(void) {
  FILE* file = fopen("/proc/self/clear_refs", "w");
  if (!file) return;
  fputs("5", file);
  fclose(file);
}

int bench_serve(bench_make* make, const char* note) {
  struct bench_work work = {0};
  long long data_before = 0;
  char line[512];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    if (strncmp(line, "make ", 5) == 0) {
      char error[256] = "";
      reset_peak();
      data_before = status_bytes("RssAnon:");
      const int made = make(line + 5, &work, error);
      if (made < 0) {
        printf("error %s\n", error);
      } else {
        puts(made ? "ok" : "unknown");
      }
    } else if (strncmp(line, "run ", 4) == 0 && work.run) {
      const long times = atol(line + 4);
      const double start = now();
      work.run(work.state, times);
      printf("%.9f\n", now() - start);
    } else if (strcmp(line, "check") == 0 && work.check) {
      printf("%.17g\n", work.check(work.state));
    } else if (strcmp(line, "memory") == 0) {
      // Mapped code does not count; it stays resident, so its current size was part of the peak.
      printf("%lld\n", status_bytes("VmHWM:") - status_bytes("RssFile:") - data_before);
    } else if (strcmp(line, "note") == 0) {
      puts(note);
    } else {
      printf("error not understood: %s\n", line);
    }
    fflush(stdout);
  }
  return 0;
}
