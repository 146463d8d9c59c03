#pragma once

#include <engram/autograd/shape.h>

#include <cstdint>

// Reductions of the middle axis of x (outer, n, inner) to y (outer, inner). A reduction over
// several axes is composed of these.
namespace engram::kernels {

/// f32, f64 and i64 are summed in their own type, u8 as i64.
template <class X, class Y>
void sum(const AxisView& view, const X* x, Y* y);
/// n >= 1.
template <class T>
void max(const AxisView& view, const T* x, T* y);
template <class T>
void min(const AxisView& view, const T* x, T* y);
template <class T>
void argmax(const AxisView& view, const T* x, std::int64_t* y);

}  // namespace engram::kernels
