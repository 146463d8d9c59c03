#define _GNU_SOURCE
#include "limit/wake.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stddef.h>

static sem_t there, back;

static void* answer(void* unused) {
  for (;;) {
    sem_wait(&there);
    sem_post(&back);
  }
  return unused;
}

static void pin(pthread_t thread, int cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  pthread_setaffinity_np(thread, sizeof one, &one);
}

int wake_start(void) {
  cpu_set_t usable;
  int first = -1, last = -1;
  sched_getaffinity(0, sizeof usable, &usable);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &usable)) continue;
    if (first < 0) first = cpu;
    last = cpu;
  }
  if (first == last) return 0;
  sem_init(&there, 0, 0);
  sem_init(&back, 0, 0);
  pthread_t other;
  if (pthread_create(&other, NULL, answer, NULL) != 0) return 0;
  pin(pthread_self(), first);
  pin(other, last);
  return 1;
}

void wake_run(void* state, long times) {
  (void)state;
  for (long t = 0; t < times; ++t) {
    sem_post(&there);
    sem_wait(&back);
  }
}
