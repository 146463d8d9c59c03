#pragma once

#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/strided.h>

#include <cstdint>

// Loops that apply a function element by element. The function is a template parameter, so that the
// compiler sees a plain loop and vectorises it.
namespace engram::kernels {

/// Calls f(i) for every i in [0, n): for loops that write several arrays at once.
template <class F>
void for_each_index(std::int64_t n, F f) {
  parallel_for(n, elementwise_grain, [=](std::int64_t begin, std::int64_t end) {
    const F body = f;  // of this thread, so that what it captures can stay in registers
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
  const int inner = loops.sizes.rank() - 1;
  const std::int64_t n = loops.sizes[inner];
  if (loops.sizes.numel() == 0) return;
  const std::int64_t rows = loops.sizes.numel() / n;
  // The innermost stride is 1 or 0; each case gets a loop of its own.
  const auto row = [&](const A* pa, const A* pb, Y* py, std::int64_t begin, std::int64_t end) {
    if (loops.a_strides[inner] == 0) {
      const A value = *pa;
      for (std::int64_t i = begin; i < end; ++i) py[i] = static_cast<Y>(f(value, pb[i]));
    } else if (loops.b_strides[inner] == 0) {
      const A value = *pb;
      for (std::int64_t i = begin; i < end; ++i) py[i] = static_cast<Y>(f(pa[i], value));
    } else {
      for (std::int64_t i = begin; i < end; ++i) py[i] = static_cast<Y>(f(pa[i], pb[i]));
    }
  };
  if (rows == 1) {
    parallel_for(n, elementwise_grain,
                 [&](std::int64_t begin, std::int64_t end) { row(a, b, y, begin, end); });
    return;
  }
  parallel_for(rows, groups_per_grain(n), [&](std::int64_t begin, std::int64_t end) {
    Walk at(loops, inner, begin);
    for (std::int64_t r = begin; r < end; ++r, at.next()) row(a + at.a, b + at.b, y + r * n, 0, n);
  });
}

}  // namespace engram::kernels
