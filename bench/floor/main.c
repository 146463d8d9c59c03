// The floor: the networks written by hand in C over cblas and fused loops, without a framework.
#include "common/serve.h"
#include "common/work.h"

#include "loops.h"
#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char* openblas_get_corename(void);

struct floor {
  struct network net;
  long image, batches, next;
  float* images;
  int64_t* labels;
  int uses_adam;
  float *mean, *square;  // Adam's
  long steps;
  double loss;
};

static void train(void* state, long times) {
  struct floor* f = state;
  for (long i = 0; i < times; ++i) {
    const long first = f->next * f->net.batch;
    f->next = (f->next + 1) % f->batches;
    const float* x = f->images + first * f->image;
    forward(&f->net, x);
    f->loss = cross_entropy(f->net.dense[f->net.denses - 1].y, f->labels + first, f->net.batch);
    backward(&f->net, x);
    if (f->uses_adam) {
      adam(f->net.weights, f->net.gradients, f->mean, f->square, f->net.parameters, ++f->steps);
    } else {
      sgd(f->net.weights, f->net.gradients, f->net.parameters);
    }
  }
}

static double loss(void* state) { return ((struct floor*)state)->loss; }

static void infer(void* state, long times) {
  struct floor* f = state;
  for (long i = 0; i < times; ++i) {
    forward(&f->net, f->images + f->next * f->net.batch * f->image);
    f->next = (f->next + 1) % f->batches;
  }
}

static double logits(void* state) {
  const struct network* net = &((struct floor*)state)->net;
  return bench_digest(net->dense[net->denses - 1].y, (size_t)net->batch * 10);
}

static int make(const char* words, struct bench_work* work, char error[256]) {
  (void)error;
  const int trains = strncmp(words, "train ", 6) == 0;
  if (!trains && strncmp(words, "infer ", 6) != 0) return 0;
  words += 6;
  struct floor* f = calloc(1, sizeof *f);
  if (!network_read(&f->net, &words, trains)) return 0;
  f->image = f->net.convs > 0 ? 28 * 28 : f->net.dense[0].in;
  f->batches = bench_batches(f->net.batch);
  const size_t images = (size_t)(f->batches * f->net.batch);
  f->images = malloc(images * (size_t)f->image * sizeof(float));
  f->labels = malloc(images * sizeof(int64_t));
  bench_fill(f->images, images * (size_t)f->image, BENCH_IMAGES, 0, 1);
  bench_fill_labels(f->labels, images);

  if (trains) {
    char optimizer[16];
    if (sscanf(words, "%15s", optimizer) != 1) return 0;
    f->uses_adam = strcmp(optimizer, "adam") == 0;
    if (f->uses_adam) {
      f->mean = calloc((size_t)f->net.parameters, sizeof(float));
      f->square = calloc((size_t)f->net.parameters, sizeof(float));
    } else if (strcmp(optimizer, "sgd") != 0) {
      return 0;
    }
  }
  *work = trains ? (struct bench_work){f, train, loss} : (struct bench_work){f, infer, logits};
  return 1;
}

int main(void) {
  char note[64];
  snprintf(note, sizeof note, "OpenBLAS %s", openblas_get_corename());
  return bench_serve(make, note);
}
