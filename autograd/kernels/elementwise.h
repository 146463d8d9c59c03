#pragma once

#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/strided.h>

#include <algorithm>
#include <cstdint>

// Loops that apply a function element by element. The function is a template parameter, so that the
// compiler sees a plain loop and vectorises it.
namespace engram::kernels {

/// Calls f(i) for every i in [0, n): for loops that write several arrays at once.
template <class F>
void for_each_index(std::int64_t n, F f) {
  parallel_for(n, elementwise_grain, [=](std::int64_t begin, std::int64_t end) {
    const F body = f;  // a local copy, whose captures can stay in registers
    for (std::int64_t i = begin; i < end; ++i) body(i);
  });
}

/// y[i] = f(x[i])
template <class X, class Y, class F>
void map(std::int64_t n, const X* x, Y* y, F f) {
  parallel_for(n, elementwise_grain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) y[i] = static_cast<Y>(f(x[i]));
  });
}

/// y[i] = f(a[i], b[i])
template <class A, class B, class Y, class F>
void map(std::int64_t n, const A* a, const B* b, Y* y, F f) {
  parallel_for(n, elementwise_grain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) y[i] = static_cast<Y>(f(a[i], b[i]));
  });
}

/// y[i] = f(a[i], b[i], c[i])
template <class A, class B, class C, class Y, class F>
void map(std::int64_t n, const A* a, const B* b, const C* c, Y* y, F f) {
  parallel_for(n, elementwise_grain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) y[i] = static_cast<Y>(f(a[i], b[i], c[i]));
  });
}

/// y = f(a, b) over broadcast operands.
template <class A, class Y, class F>
void map(const StridedLoops& loops, const A* a, const A* b, Y* y, F f) {
  if (loops.sizes.numel() == 0) return;
  const int inner = loops.sizes.rank() - 1;
  const std::int64_t n = loops.sizes[inner];  // elements of a row
  const std::int64_t a_stride = loops.a_strides[inner],
                     b_stride = loops.b_strides[inner];  // 1 or 0
  parallel_for(loops.sizes.numel(), elementwise_grain,
               [=, &loops](std::int64_t at, std::int64_t end) {
                 Walk row(loops, inner, at / n);
                 for (std::int64_t first = at % n; at < end; first = 0, row.next()) {
                   const std::int64_t length = std::min(n - first, end - at);
                   const A *pa = a + row.a + first * a_stride, *pb = b + row.b + first * b_stride;
                   Y* py = y + at;
                   // One loop for each case, so that it is vectorised.
                   if (a_stride == 0) {
                     const A value = *pa;
                     for (std::int64_t i = 0; i < length; ++i)
                       py[i] = static_cast<Y>(f(value, pb[i]));
                   } else if (b_stride == 0) {
                     const A value = *pb;
                     for (std::int64_t i = 0; i < length; ++i)
                       py[i] = static_cast<Y>(f(pa[i], value));
                   } else {
                     for (std::int64_t i = 0; i < length; ++i)
                       py[i] = static_cast<Y>(f(pa[i], pb[i]));
                   }
                   at += length;
                 }
               });
}

}  // namespace engram::kernels
