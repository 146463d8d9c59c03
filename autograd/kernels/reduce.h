#pragma once

#include <cstdint>

// Reductions of the middle axis of x (outer, n, inner) to y (outer, inner). A reduction over
// several axes is made of these.
namespace engram::kernels {

template <class T>
void sum(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* x, T* y);
/// n >= 1.
template <class T>
void max(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* x, T* y);
template <class T>
void min(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* x, T* y);
template <class T>
void argmax(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* x, std::int64_t* y);

}  // namespace engram::kernels
