#pragma once

#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/shape.h>

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

/// How two operands are walked to fill a result that both are broadcast to: axes that can be walked
/// in one go are merged, so that most cases end as one or two loops.
struct BroadcastLoops {
  Shape sizes;      // of the merged axes, the innermost last; never empty
  Shape a_strides;  // in elements; 0 along an axis that a is stretched over
  Shape b_strides;
};
BroadcastLoops broadcast_loops(const Shape& a, const Shape& b, const Shape& result);

/// y = f(a, b) over broadcast operands.
template <class A, class Y, class F>
void map(const BroadcastLoops& loops, const A* a, const A* b, Y* y, F f) {
  const int inner = loops.sizes.rank() - 1;
  const std::int64_t n = loops.sizes[inner];
  const std::int64_t rows = n == 0 ? 0 : loops.sizes.numel() / n;
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
    for (std::int64_t r = begin; r < end; ++r) {
      std::int64_t rest = r, at_a = 0, at_b = 0;
      for (int axis = inner - 1; axis >= 0; --axis) {
        const std::int64_t index = rest % loops.sizes[axis];
        rest /= loops.sizes[axis];
        at_a += index * loops.a_strides[axis];
        at_b += index * loops.b_strides[axis];
      }
      row(a + at_a, b + at_b, y + r * n, 0, n);
    }
  });
}

}  // namespace engram::kernels
