#include "loops.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

enum { parallel_from = 32768 };  // elements worth waking a thread for

void product(int transpose_a, int transpose_b, int m, int n, int k, const float* a, const float* b,
             float beta, float* c) {
  const enum CBLAS_TRANSPOSE ta = transpose_a ? CblasTrans : CblasNoTrans;
  const enum CBLAS_TRANSPOSE tb = transpose_b ? CblasTrans : CblasNoTrans;
  if (m == 1) {  // a row times a matrix
    cblas_sgemv(CblasRowMajor, transpose_b ? CblasNoTrans : CblasTrans, transpose_b ? n : k,
                transpose_b ? k : n, 1, b, transpose_b ? k : n, a, 1, beta, c, 1);
  } else if (k == 1 && beta == 0) {  // a column times a row
    for (int i = 0; i < m; ++i) {
      for (int j = 0; j < n; ++j) c[(long)i * n + j] = a[i] * b[j];
    }
  } else {
    cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1, a, transpose_a ? m : k, b, transpose_b ? k : n,
                beta, c, n);
  }
}

void add_bias(float* y, const float* bias, int rows, int columns, int relu) {
#pragma omp parallel for if ((long)rows * columns >= parallel_from)
  for (int i = 0; i < rows; ++i) {
    float* row = y + (long)i * columns;
    if (relu) {
      for (int j = 0; j < columns; ++j) row[j] = fmaxf(row[j] + bias[j], 0);
    } else {
      for (int j = 0; j < columns; ++j) row[j] += bias[j];
    }
  }
}

void mask_and_sum(float* dy, const float* y, float* dbias, int rows, int columns) {
  enum { strip = 64 };  // columns that one thread takes at a time
#pragma omp parallel for if ((long)rows * columns >= parallel_from)
  for (int first = 0; first < columns; first += strip) {
    const int last = first + strip < columns ? first + strip : columns;
    for (int j = first; j < last; ++j) dbias[j] = 0;
    for (int i = 0; i < rows; ++i) {
      float* d = dy + (long)i * columns;
      if (y) {
        const float* active = y + (long)i * columns;
        for (int j = first; j < last; ++j) d[j] = active[j] > 0 ? d[j] : 0;
      }
      for (int j = first; j < last; ++j) dbias[j] += d[j];
    }
  }
}

double cross_entropy(float* logits, const int64_t* labels, int rows) {
  double loss = 0;
  for (int i = 0; i < rows; ++i) {
    float* z = logits + 10 * (long)i;
    float largest = z[0], sum = 0, e[10];
    for (int c = 1; c < 10; ++c) largest = fmaxf(largest, z[c]);
    for (int c = 0; c < 10; ++c) sum += e[c] = expf(z[c] - largest);
    loss += logf(sum) + largest - z[labels[i]];
    for (int c = 0; c < 10; ++c) z[c] = (e[c] / sum - (c == labels[i])) / (float)rows;
  }
  return loss / rows;
}

void im2col(const float* x, int channels, int h, int w, int k, int pad, float* columns) {
  const int out_h = h + 2 * pad - k + 1, out_w = w + 2 * pad - k + 1;
  for (int c = 0; c < channels; ++c) {
    for (int ki = 0; ki < k; ++ki) {
      for (int kj = 0; kj < k; ++kj) {
        // The j for which this element of the kernel is inside the image: j + kj - pad in [0, w).
        const int first = pad > kj ? pad - kj : 0;
        const int last = w + pad - kj < out_w ? w + pad - kj : out_w;
        for (int i = 0; i < out_h; ++i, columns += out_w) {
          const int row = i + ki - pad;
          if (row < 0 || row >= h) {
            memset(columns, 0, sizeof(float) * (size_t)out_w);
            continue;
          }
          const float* from = x + ((long)c * h + row) * w + kj - pad;
          for (int j = 0; j < first; ++j) columns[j] = 0;
          memcpy(columns + first, from + first, sizeof(float) * (size_t)(last - first));
          for (int j = last; j < out_w; ++j) columns[j] = 0;
        }
      }
    }
  }
}

void col2im(const float* columns, int channels, int h, int w, int k, int pad, float* dx) {
  const int out_h = h + 2 * pad - k + 1, out_w = w + 2 * pad - k + 1;
  memset(dx, 0, sizeof(float) * (size_t)(channels * h * w));
  for (int c = 0; c < channels; ++c) {
    for (int ki = 0; ki < k; ++ki) {
      for (int kj = 0; kj < k; ++kj) {
        const int first = pad > kj ? pad - kj : 0;
        const int last = w + pad - kj < out_w ? w + pad - kj : out_w;
        for (int i = 0; i < out_h; ++i, columns += out_w) {
          const int row = i + ki - pad;
          if (row < 0 || row >= h) continue;
          float* to = dx + ((long)c * h + row) * w + kj - pad;
          for (int j = first; j < last; ++j) to[j] += columns[j];
        }
      }
    }
  }
}

void sgd(float* restrict w, const float* restrict g, long n) {
#pragma omp parallel for simd if (n >= parallel_from)
  for (long i = 0; i < n; ++i) w[i] -= 1e-2f * g[i];
}

void adam(float* restrict w, const float* restrict g, float* restrict m, float* restrict v, long n,
          long step) {
  const float rate = (float)(1e-4 / (1 - pow(0.9, (double)step)));
  const float root = (float)(1 / sqrt(1 - pow(0.999, (double)step)));
#pragma omp parallel for simd if (n >= parallel_from)
  for (long i = 0; i < n; ++i) {
    m[i] = 0.9f * m[i] + 0.1f * g[i];
    v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
    w[i] -= rate * m[i] / (sqrtf(v[i]) * root + 1e-8f);
  }
}
