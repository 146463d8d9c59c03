#include "network.h"

#include "common/work.h"

#include "loops.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static float* floats(long n) {
  return aligned_alloc(64, ((size_t)n * sizeof(float) + 63) / 64 * 64);
}

static void add_conv(struct network* net, int in, int size, int out, int k, int pad, int pool) {
  const int conv_size = size + 2 * pad - k + 1, out_size = pool ? conv_size / 2 : conv_size;
  net->conv[net->convs++] = (struct conv){.in = in,
                                          .out = out,
                                          .k = k,
                                          .pad = pad,
                                          .pool = pool,
                                          .h = size,
                                          .w = size,
                                          .conv_h = conv_size,
                                          .conv_w = conv_size,
                                          .out_h = out_size,
                                          .out_w = out_size};
}

static void add_dense(struct network* net, int in, int out) {
  net->dense[net->denses++] = (struct dense){.in = in, .out = out};
}

static int read_layers(struct network* net, const char** words) {
  int used = 0, in = 0, out = 0;
  char name[16];
  if (sscanf(*words, "%15s%n", name, &used) != 1) return 0;
  *words += used;
  if (strcmp(name, "mlp") == 0) {
    if (sscanf(*words, "%d%n", &in, &used) != 1) return 0;
    for (*words += used; sscanf(*words, "-%d%n", &out, &used) == 1; *words += used, in = out) {
      add_dense(net, in, out);
    }
  } else if (strcmp(name, "lenet") == 0) {
    add_conv(net, 1, 28, 6, 5, 2, 1);
    add_conv(net, 6, 14, 16, 5, 0, 1);
    add_dense(net, 400, 120);
    add_dense(net, 120, 84);
    add_dense(net, 84, 10);
  } else if (strcmp(name, "cnn") == 0) {
    add_conv(net, 1, 28, 32, 3, 0, 0);
    add_conv(net, 32, 26, 64, 3, 0, 1);
    add_dense(net, 9216, 128);
    add_dense(net, 128, 10);
  } else {
    return 0;
  }
  if (sscanf(*words, "%d%n", &net->batch, &used) != 1) return 0;
  *words += used;
  return net->denses > 0;
}

static long conv_weights(const struct conv* c) { return (long)c->out * c->in * c->k * c->k; }
static long dense_weights(const struct dense* d) { return (long)d->out * d->in; }
static long larger(long a, long b) { return a > b ? a : b; }

int network_read(struct network* net, const char** words, int trains) {
  if (!read_layers(net, words)) return 0;
  for (int l = 0; l < net->convs; ++l) {
    const struct conv* c = &net->conv[l];
    net->parameters += conv_weights(c) + c->out;
    net->columns_size =
        larger(net->columns_size, (long)c->in * c->k * c->k * c->conv_h * c->conv_w);
    net->image_size = larger(net->image_size, (long)c->out * c->conv_h * c->conv_w);
    net->partial_size = larger(net->partial_size, conv_weights(c) + c->out);
  }
  for (int l = 0; l < net->denses; ++l) {
    net->parameters += dense_weights(&net->dense[l]) + net->dense[l].out;
  }
  net->weights = floats(net->parameters);
  net->gradients = trains ? floats(net->parameters) : NULL;
  net->scratch =
      floats(omp_get_max_threads() * (net->columns_size + net->image_size + net->partial_size));

  long at = 0;
  int k = 0;
  for (int l = 0; l < net->convs; ++l) {
    struct conv* c = &net->conv[l];
    const long weights = conv_weights(c), outputs = (long)net->batch * c->out * c->out_h * c->out_w;
    c->weight = net->weights + at, c->bias = c->weight + weights;
    c->dweight = net->gradients + at, c->dbias = c->dweight + weights;
    at += weights + c->out;
    bench_fill_parameter(c->weight, (size_t)weights, k++, (size_t)(weights / c->out));
    bench_fill_parameter(c->bias, (size_t)c->out, k++, (size_t)(weights / c->out));
    c->y = floats(outputs);
    c->dy = trains ? floats(outputs) : NULL;
    c->winner = c->pool ? malloc((size_t)outputs) : NULL;
  }
  for (int l = 0; l < net->denses; ++l) {
    struct dense* d = &net->dense[l];
    d->weight = net->weights + at, d->bias = d->weight + dense_weights(d);
    d->dweight = net->gradients + at, d->dbias = d->dweight + dense_weights(d);
    at += dense_weights(d) + d->out;
    bench_fill_parameter(d->weight, (size_t)dense_weights(d), k++, (size_t)d->in);
    bench_fill_parameter(d->bias, (size_t)d->out, k++, (size_t)d->in);
    d->y = floats((long)net->batch * d->out);
    d->dy = trains ? floats((long)net->batch * d->out) : NULL;
  }
  return 1;
}

static float* thread_scratch(const struct network* net) {
  return net->scratch +
         omp_get_thread_num() * (net->columns_size + net->image_size + net->partial_size);
}

// Bias, relu and 2×2 max pooling of one channel.
static void finish_channel(const struct conv* c, float bias, float* image, float* y,
                           uint8_t* winner) {
  if (!c->pool) {
    for (int i = 0; i < c->conv_h * c->conv_w; ++i) y[i] = fmaxf(image[i] + bias, 0);
    return;
  }
  for (int i = 0; i < c->out_h; ++i) {
    const float *upper = image + 2 * i * c->conv_w, *lower = upper + c->conv_w;
    for (int j = 0; j < c->out_w; ++j) {
      const float a = upper[2 * j], b = upper[2 * j + 1], d = lower[2 * j], e = lower[2 * j + 1];
      const float ab = fmaxf(a, b), de = fmaxf(d, e);
      winner[i * c->out_w + j] = (uint8_t)(de > ab ? 2 + (e > d) : b > a);
      y[i * c->out_w + j] = fmaxf(fmaxf(ab, de) + bias, 0);
    }
  }
}

static void conv_forward(const struct network* net, struct conv* c, const float* x) {
  const int out_size = c->out_h * c->out_w, conv_size = c->conv_h * c->conv_w;
#pragma omp parallel for
  for (int n = 0; n < net->batch; ++n) {
    float *columns = thread_scratch(net), *image = columns + net->columns_size;
    im2col(x + (long)n * c->in * c->h * c->w, c->in, c->h, c->w, c->k, c->pad, columns);
    product(0, 0, c->out, conv_size, c->in * c->k * c->k, c->weight, columns, 0, image);
    for (int o = 0; o < c->out; ++o) {
      const long at = ((long)n * c->out + o) * out_size;
      finish_channel(c, c->bias[o], image + (long)o * conv_size, c->y + at,
                     c->winner ? c->winner + at : NULL);
    }
  }
}

// The gradient of one channel before pooling, from that after pooling; returns its sum.
static float spread_channel(const struct conv* c, const float* dy, const float* y,
                            const uint8_t* winner, float* image) {
  float sum = 0;
  if (!c->pool) {
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < c->conv_h * c->conv_w; ++i) sum += image[i] = y[i] > 0 ? dy[i] : 0;
    return sum;
  }
  memset(image, 0, sizeof(float) * (size_t)(c->conv_h * c->conv_w));
  for (int i = 0; i < c->out_h; ++i) {
    for (int j = 0; j < c->out_w; ++j) {
      const int at = i * c->out_w + j;
      const float d = y[at] > 0 ? dy[at] : 0;
      image[(2 * i + winner[at] / 2) * c->conv_w + 2 * j + winner[at] % 2] = d;
      sum += d;
    }
  }
  return sum;
}

static void conv_backward(const struct network* net, struct conv* c, const float* x, float* dx) {
  const int out_size = c->out_h * c->out_w, conv_size = c->conv_h * c->conv_w;
  const int rows = c->in * c->k * c->k;
  const long weights = conv_weights(c);
  memset(c->dweight, 0, sizeof(float) * (size_t)(weights + c->out));  // dbias follows dweight
#pragma omp parallel
  {
    float *columns = thread_scratch(net), *image = columns + net->columns_size;
    float *dweight = image + net->image_size, *dbias = dweight + weights;
    memset(dweight, 0, sizeof(float) * (size_t)(weights + c->out));
#pragma omp for
    for (int n = 0; n < net->batch; ++n) {
      for (int o = 0; o < c->out; ++o) {
        const long at = ((long)n * c->out + o) * out_size;
        dbias[o] += spread_channel(c, c->dy + at, c->y + at, c->winner ? c->winner + at : NULL,
                                   image + (long)o * conv_size);
      }
      const long image_at = (long)n * c->in * c->h * c->w;
      im2col(x + image_at, c->in, c->h, c->w, c->k, c->pad, columns);
      product(0, 1, c->out, rows, conv_size, image, columns, 1, dweight);
      if (!dx) continue;
      product(1, 0, rows, conv_size, c->out, c->weight, image, 0, columns);
      col2im(columns, c->in, c->h, c->w, c->k, c->pad, dx + image_at);
    }
#pragma omp critical
    for (long i = 0; i < weights + c->out; ++i) c->dweight[i] += dweight[i];
  }
}

void forward(struct network* net, const float* x) {
  for (int l = 0; l < net->convs; ++l) {
    conv_forward(net, &net->conv[l], x);
    x = net->conv[l].y;
  }
  for (int l = 0; l < net->denses; ++l) {
    struct dense* d = &net->dense[l];
    product(0, 1, net->batch, d->out, d->in, x, d->weight, 0, d->y);
    add_bias(d->y, d->bias, net->batch, d->out, l + 1 < net->denses);
    x = d->y;
  }
}

void backward(struct network* net, const float* x) {
  const struct dense* last = &net->dense[net->denses - 1];
  memcpy(last->dy, last->y, sizeof(float) * (size_t)(net->batch * last->out));
  for (int l = net->denses; l-- > 0;) {
    struct dense* d = &net->dense[l];
    const float* input = l > 0 ? d[-1].y : net->convs > 0 ? net->conv[net->convs - 1].y : x;
    float* dinput = l > 0 ? d[-1].dy : net->convs > 0 ? net->conv[net->convs - 1].dy : NULL;
    mask_and_sum(d->dy, d == last ? NULL : d->y, d->dbias, net->batch, d->out);
    product(1, 0, d->out, d->in, net->batch, d->dy, input, 0, d->dweight);
    if (dinput) product(0, 0, net->batch, d->in, d->out, d->dy, d->weight, 0, dinput);
  }
  for (int l = net->convs; l-- > 0;) {
    struct conv* c = &net->conv[l];
    conv_backward(net, c, l > 0 ? c[-1].y : x, l > 0 ? c[-1].dy : NULL);
  }
}
