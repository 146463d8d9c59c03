// The limit: the machine's peak performance, measured like any other contestant. A work here is a
// number of floating-point operations, or of bytes of memory traffic.
//
//     flops N            N operations of multiply-and-add
//     copy|add|sum N     y ← x, z ← x + y, Σ x for N floats
//     sgd|momentum|adam N   the memory streams of these optimizers: 2, 3, 4 read, 1, 2, 3 written
//     rows N BYTES BATCH    N rows of BYTES bytes, in random order, gathered in batches
//     wake               a thread wakes a sleeping one, and sleeps until that wakes it
#include "common/serve.h"
#include "common/work.h"
#include "limit/wake.h"

#include <immintrin.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef __AVX512F__
enum { width = 16 };
#define STREAM(to, value) _mm512_stream_ps(to, (__m512)(value))
#else
enum { width = 8 };
#define STREAM(to, value) _mm256_stream_ps(to, (__m256)(value))
#endif
typedef float vec __attribute__((vector_size(4 * width), aligned(4 * width)));

enum { arrays = 4, parallel_from = 32768, beyond_cache = 4 << 20 };  // in floats

struct work {
  double flops;
  long n, bytes, batch;  // floats in an array; rows
  float* x[arrays];
  uint32_t* order;
  double result;
};

static volatile float some_factor = 0.999f, some_term = 0.001f;

// Two multiply-adds a cycle, with a latency of 4 or 5 cycles, need 10 independent sums; 12, and the
// two factors, fit into the 16 registers of AVX2. Named variables, because the compiler would keep
// an array in memory. The empty asm keeps it from merging equal sums.
static float twelve_sums(long rounds) {
  const vec a = (vec){0} + some_factor, b = (vec){0} + some_term;
  vec s0 = b, s1 = b, s2 = b, s3 = b, s4 = b, s5 = b, s6 = b, s7 = b, s8 = b, s9 = b, s10 = b,
      s11 = b;
  for (long i = 0; i < rounds; ++i) {
    s0 = s0 * a + b, s1 = s1 * a + b, s2 = s2 * a + b, s3 = s3 * a + b;
    s4 = s4 * a + b, s5 = s5 * a + b, s6 = s6 * a + b, s7 = s7 * a + b;
    s8 = s8 * a + b, s9 = s9 * a + b, s10 = s10 * a + b, s11 = s11 * a + b;
    __asm__("" : "+v"(s0), "+v"(s1), "+v"(s2), "+v"(s3), "+v"(s4), "+v"(s5));
    __asm__("" : "+v"(s6), "+v"(s7), "+v"(s8), "+v"(s9), "+v"(s10), "+v"(s11));
  }
  return (s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11)[0];
}

static void multiply_and_add(void* state, long times) {
  struct work* w = state;
  const double each = w->flops * (double)times / omp_get_max_threads();
  double total = 0;
#pragma omp parallel reduction(+ : total)
  total += twelve_sums((long)(each / (2. * 12 * width)) + 1);
  w->result = total;
}

// Calls one of the loops below on contiguous ranges, one a thread.
static void in_parts(struct work* w, long times, double (*loop)(float**, long, long, long)) {
  double total = 0;
  const long vectors = w->n / width;
  for (long t = 0; t < times; ++t) {
    if (w->n < parallel_from) {  // where even a parallel region of one thread costs
      total += loop(w->x, 0, vectors, w->n);
      continue;
    }
#pragma omp parallel reduction(+ : total)
    {
      const long threads = omp_get_num_threads(), k = omp_get_thread_num();
      total += loop(w->x, vectors * k / threads, vectors * (k + 1) / threads, w->n);
    }
  }
  w->result = total;
}

static double copy_part(float** x, long begin, long end, long n) {
  const vec* from = (const vec*)x[0];
  vec* to = (vec*)x[1];
  if (n >= beyond_cache) {  // non-temporal stores, which do not read the lines before
    for (long i = begin; i < end; ++i) STREAM((float*)(to + i), from[i]);
  } else {
    for (long i = begin; i < end; ++i) to[i] = from[i];
  }
  return 0;
}

static double add_part(float** x, long begin, long end, long n) {
  const vec *a = (const vec*)x[0], *b = (const vec*)x[1];
  vec* to = (vec*)x[2];
  if (n >= beyond_cache) {
    for (long i = begin; i < end; ++i) STREAM((float*)(to + i), a[i] + b[i]);
  } else {
    for (long i = begin; i < end; ++i) to[i] = a[i] + b[i];
  }
  return 0;
}

static double sum_part(float** x, long begin, long end, long n) {
  (void)n;
  const vec* from = (const vec*)x[0];
  vec sum[8] = {{0}};
  long i = begin;
  for (; i + 8 <= end; i += 8) {
#pragma GCC unroll 8
    for (int k = 0; k < 8; ++k) sum[k] += from[i + k];
  }
  for (; i < end; ++i) sum[0] += from[i];
  for (int k = 1; k < 8; ++k) sum[0] += sum[k];
  double total = 0;
  for (int k = 0; k < width; ++k) total += sum[0][k];
  return total;
}

static double sgd_part(float** x, long begin, long end, long n) {
  (void)n;
  vec* restrict w = (vec*)x[0];
  const vec* restrict g = (const vec*)x[1];
  for (long i = begin; i < end; ++i) w[i] -= 1e-6f * g[i];
  return 0;
}

static double momentum_part(float** x, long begin, long end, long n) {
  (void)n;
  vec* restrict w = (vec*)x[0], * restrict v = (vec*)x[2];
  const vec* restrict g = (const vec*)x[1];
  for (long i = begin; i < end; ++i) {
    v[i] = 0.5f * v[i] + g[i];
    w[i] -= 1e-6f * v[i];
  }
  return 0;
}

static double adam_part(float** x, long begin, long end, long n) {
  (void)n;
  vec* restrict w = (vec*)x[0], * restrict m = (vec*)x[2], * restrict v = (vec*)x[3];
  const vec* restrict g = (const vec*)x[1];
  for (long i = begin; i < end; ++i) {
    m[i] = 0.5f * m[i] + g[i];
    v[i] = 0.5f * v[i] + g[i];
    w[i] -= 1e-6f * (m[i] + v[i]);
  }
  return 0;
}

static void copy(void* w, long times) { in_parts(w, times, copy_part); }
static void add(void* w, long times) { in_parts(w, times, add_part); }
static void sum(void* w, long times) { in_parts(w, times, sum_part); }
static void sgd(void* w, long times) { in_parts(w, times, sgd_part); }
static void momentum(void* w, long times) { in_parts(w, times, momentum_part); }
static void adam(void* w, long times) { in_parts(w, times, adam_part); }

static void gather(void* state, long times) {
  struct work* w = state;
  char *to = (char*)w->x[1], *from = (char*)w->x[0];
  for (long t = 0; t < times; ++t) {
#pragma omp parallel for
    for (long i = 0; i < w->n; ++i) {
      memcpy(to + (i % w->batch) * w->bytes, from + (long)w->order[i] * w->bytes, (size_t)w->bytes);
    }
  }
}

static double result(void* state) { return ((struct work*)state)->result; }

// Array k, in huge pages, at an offset in its page that differs between the arrays: streams at
// equal page offsets would conflict in the cache.
static float* floats(long n, int k) {
  enum { large_page = 2 << 20 };
  const size_t bytes = ((size_t)n * sizeof(float) / large_page + 2) * large_page;
  char* block = aligned_alloc(large_page, bytes);
  madvise(block, bytes, MADV_HUGEPAGE);
  float* x = (float*)(block + k * (8192 + 1088));
  for (long i = 0; i < n; ++i) x[i] = 1;
  return x;
}

static int make(const char* words, struct bench_work* work, char error[256]) {
  static const struct {
    const char* name;
    void (*run)(void*, long);
  } streams[] = {{"copy", copy}, {"add", add},           {"sum", sum},
                 {"sgd", sgd},   {"momentum", momentum}, {"adam", adam}};
  struct work* w = calloc(1, sizeof *w);
  *work = (struct bench_work){w, NULL, result};
  char name[16];
  if (sscanf(words, "flops %lf", &w->flops) == 1) {
    work->run = multiply_and_add;
  } else if (strcmp(words, "wake") == 0) {
    if (!wake_start()) return snprintf(error, 256, "needs two processors"), -1;
    work->run = wake_run;
  } else if (sscanf(words, "rows %ld %ld %ld", &w->n, &w->bytes, &w->batch) == 3) {
    work->run = gather;
    w->x[0] = floats((w->n * w->bytes + 3) / 4, 0);
    w->x[1] = floats((w->batch * w->bytes + 3) / 4, 1);
    w->order = malloc((size_t)w->n * sizeof *w->order);
    for (long i = 0; i < w->n; ++i) {
      w->order[i] = (uint32_t)(bench_bits(BENCH_OTHER, (uint64_t)i) % (uint64_t)w->n);
    }
  } else if (sscanf(words, "%15s %ld", name, &w->n) == 2) {
    for (size_t i = 0; i < sizeof streams / sizeof *streams; ++i) {
      if (strcmp(name, streams[i].name) == 0) work->run = streams[i].run;
    }
    for (int k = 0; work->run && k < arrays; ++k) w->x[k] = floats(w->n, k);
  }
  return work->run != NULL;
}

int main(void) { return bench_serve(make, ""); }
