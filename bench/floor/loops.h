// The steps of the hand-written networks: cblas and fused loops.
#pragma once

#include <stdint.h>

// c (m, n) = op(a) (m, k) · op(b) (k, n) + beta · c, row-major.
void product(int transpose_a, int transpose_b, int m, int n, int k, const float* a, const float* b,
             float beta, float* c);

// y (rows, columns) ← y + bias (columns), then relu if asked.
void add_bias(float* y, const float* bias, int rows, int columns, int relu);

// dy (rows, columns) ← dy where y > 0, else 0; unchanged for a null y. dbias = its column sums.
void mask_and_sum(float* dy, const float* y, float* dbias, int rows, int columns);

// Mean cross entropy; logits (rows, 10) become their gradient.
double cross_entropy(float* logits, const int64_t* labels, int rows);

// One image x (channels, h, w) -> columns (channels·k·k, h'·w'); col2im is its transpose.
void im2col(const float* x, int channels, int h, int w, int k, int pad, float* columns);
void col2im(const float* columns, int channels, int h, int w, int k, int pad, float* dx);

// w ← w − lr·g
void sgd(float* w, const float* g, long n);
// Adam with lr 1e-4, betas (0.9, 0.999), eps 1e-8; `step` counts from 1.
void adam(float* w, const float* g, float* m, float* v, long n, long step);
