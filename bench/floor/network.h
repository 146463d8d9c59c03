// A network of convolutions and dense layers, written by hand.
#pragma once

#include <stdint.h>

enum { max_layers = 40 };

// conv k×k, relu, and 2×2 max pooling if asked: (n, in, h, w) -> (n, out, out_h, out_w)
struct conv {
  int in, out, k, pad, pool;
  int h, w, conv_h, conv_w, out_h, out_w;
  float *weight, *bias, *dweight, *dbias;  // (out, in·k·k), (out)
  float *y, *dy;                           // (n, out, out_h, out_w)
  uint8_t* winner;                         // argmax, 0 to 3, of each pooled element
};

// x·Wᵀ + b, with relu except in the last layer: (n, in) -> (n, out)
struct dense {
  int in, out;
  float *weight, *bias, *dweight, *dbias;  // (out, in), (out)
  float *y, *dy;                           // (n, out)
};

struct network {
  int batch, convs, denses;
  struct conv conv[max_layers];
  struct dense dense[max_layers];

  long parameters;  // in one block, as are their gradients
  float *weights, *gradients;

  float* scratch;  // for each thread: columns, one image before pooling, dweight, dbias
  long columns_size, image_size, partial_size;
};

// Reads `mlp 784-400-400-10 128`, `lenet 64` or `cnn 64`; returns 0 for other words. With gradients
// if it trains.
int network_read(struct network* net, const char** words, int trains);

// Writes the logits to the last dense layer's y.
void forward(struct network* net, const float* x);
// Starts from the gradient of the logits in the last dense layer's y.
void backward(struct network* net, const float* x);
