#pragma once

#include <cstdint>

// Reductions of the middle axis of x (outer, n, inner) to y (outer, inner). A reduction over
// several axes is made of these.
namespace engram::kernels {

/// Of f32, f64 and i64 in their own type; u8 adds up as i64.
template <class X, class Y>
void sum(std::int64_t outer, std::int64_t n, std::int64_t inner, const X* x, Y* y);
/// n >= 1.
template <class T>
void max(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* x, T* y);
template <class T>
void min(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* x, T* y);
template <class T>
void argmax(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* x, std::int64_t* y);

}  // namespace engram::kernels
