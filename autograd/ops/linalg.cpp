#include <engram/autograd/create.h>
#include <engram/autograd/kernels/gemm.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/ops/map.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>

#include <algorithm>
#include <limits>

namespace engram {
namespace {

Shape leading(const Shape& shape) {
  return Shape(std::span(shape.begin(), static_cast<std::size_t>(shape.rank() - 2)));
}

/// So that no count of elements or operations comes near 2^63.
void check_product_sizes(const char* op, std::int64_t m, std::int64_t n, std::int64_t k) {
  constexpr std::int64_t limit = std::numeric_limits<std::int32_t>::max();
  check_shape(m <= limit && n <= limit && k <= limit,
              "{}: a product of ({}, {}) and ({}, {}) has a size above {}", op, m, k, k, n, limit);
}

/// c = a·b for each matrix of the batch; shapes have been checked.
Tensor product(const Tensor& a, const Tensor& b, const MatmulOptions& options) {
  const std::int64_t m = a.size(options.transpose_a ? -1 : -2);
  const std::int64_t k = a.size(options.transpose_a ? -2 : -1);
  const std::int64_t n = b.size(options.transpose_b ? -2 : -1);
  check_product_sizes("matmul", m, n, k);
  const Shape batch = broadcast("matmul", leading(a.shape()), leading(b.shape()));
  Shape shape = batch;
  shape.push_back(m);
  shape.push_back(n);
  Tensor c(shape, a.dtype());

  dispatch_floating("matmul", a.dtype(), [&]<class T>() {
    const auto multiply = [&](std::int64_t ia, std::int64_t ib, std::int64_t ic) {
      kernels::gemm<T>(
          {.m = m,
           .n = n,
           .k = k,
           .a = {.data = a.data<T>().data() + ia * m * k, .transposed = options.transpose_a},
           .b = {.data = b.data<T>().data() + ib * k * n, .transposed = options.transpose_b},
           .c = {c.data<T>().data() + ic * m * n}});
    };
    if (batch.rank() == 0) return multiply(0, 0, 0);
    const InnerOperations inner;
    // The number of the matrix of a, and of b, for each matrix of c: the numbers broadcast.
    const auto numbers = [&](const Tensor& x) {
      const Shape own = leading(x.shape());
      return expand(reshape(arange(own.numel()), own), batch);
    };
    const Tensor of_a = numbers(a), of_b = numbers(b);
    for (std::int64_t i = 0; i < batch.numel(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      multiply(of_a.data<std::int64_t>()[at], of_b.data<std::int64_t>()[at], i);
    }
  });
  return c;
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b, const MatmulOptions& options) {
  check_shape(a.rank() >= 2 && b.rank() >= 2, "matmul: needs matrices, a is {}, b is {}", a.shape(),
              b.shape());
  check_shape(a.size(options.transpose_a ? -2 : -1) == b.size(options.transpose_b ? -1 : -2),
              "matmul: inner sizes differ: a is {}{}, b is {}{}", a.shape(),
              options.transpose_a ? " transposed" : "", b.shape(),
              options.transpose_b ? " transposed" : "");
  check_same_dtype("matmul", a, b);
  return record(
      "matmul", product(a, b, options), {a, b},
      [a = Saved(a), b = Saved(b), ta = options.transpose_a, tb = options.transpose_b](
          const Tensor& dc, Gradients& d) {
        if (d.wants(0)) {  // dA = dC·Bᵀ; of a transposed a, dAᵀ = B·dCᵀ
          d[0] = sum_to(ta ? matmul(b, dc, {.transpose_a = tb, .transpose_b = true})
                           : matmul(dc, b, {.transpose_b = !tb}),
                        a.shape());
        }
        if (d.wants(1)) {  // dB = Aᵀ·dC; of a transposed b, dBᵀ = dCᵀ·A
          d[1] = sum_to(tb ? matmul(dc, a, {.transpose_a = true, .transpose_b = ta})
                           : matmul(a, dc, {.transpose_a = !ta}),
                        b.shape());
        }
      },
      [&] {
        return Attributes{{"transpose_a", options.transpose_a},
                          {"transpose_b", options.transpose_b}};
      });
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check_shape(weight.rank() == 2, "linear: weight must be (out, in), got {}", weight.shape());
  const std::int64_t out = weight.size(0), in = weight.size(1);
  check_shape(x.rank() >= 1 && x.size(-1) == in, "linear: input is {}, weight {} expects (…, {})",
              x.shape(), weight.shape(), in);
  check_same_dtype("linear", x, weight);
  if (bias.defined()) {
    check_shape(bias.shape() == Shape{out}, "linear: bias is {}, weight {} expects ({},)",
                bias.shape(), weight.shape(), out);
    check_same_dtype("linear", x, bias);
  }
  const std::int64_t rows = in == 0 ? x.shape().without(x.rank() - 1).numel() : x.numel() / in;
  check_product_sizes("linear", rows, out, in);
  Tensor y(x.shape().with(x.rank() - 1, out), x.dtype());
  dispatch_floating("linear", x.dtype(), [&]<class T>() {
    if (bias.defined()) {
      for (std::int64_t row = 0; row < rows; ++row) {
        std::ranges::copy(bias.data<T>(), y.data<T>().data() + row * out);
      }
    }
    kernels::gemm<T>({.m = rows,
                      .n = out,
                      .k = in,
                      .a = {x.data<T>().data()},
                      .b = {.data = weight.data<T>().data(), .transposed = true},
                      .c = {y.data<T>().data()},
                      .add = bias.defined()});
  });
  return record(
      "linear", y, {x, weight, bias},
      [x = Saved(x), weight = Saved(weight), rows, in, out](const Tensor& dy, Gradients& d) {
        const Tensor dy2 = reshape(dy, {rows, out});
        if (d.wants(0)) d[0] = reshape(matmul(dy2, weight), x.shape());
        if (Tensor* sum = d.sum(1); sum && !Tape::current()) {
          dispatch_floating("linear", dy.dtype(), [&]<class T>() {
            kernels::gemm<T>({.m = out,
                              .n = in,
                              .k = rows,
                              .a = {.data = dy2.data<T>().data(), .transposed = true},
                              .b = {x.value().data<T>().data()},
                              .c = {sum->data<T>().data()},
                              .add = true});
          });
        } else if (d.wants(1)) {
          d[1] = matmul(dy2, reshape(x, {rows, in}), {.transpose_a = true});
        }
        if (d.wants(2)) d[2] = sum(dy2, {0});
      });
}

Tensor outer(const Tensor& a, const Tensor& b) {
  check_shape(a.rank() == 1 && b.rank() == 1, "outer: needs two vectors, a is {}, b is {}",
              a.shape(), b.shape());
  return reshape(a, {-1, 1}) * b;
}

}  // namespace engram
