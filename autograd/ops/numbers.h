#pragma once

#include <algorithm>
#include <concepts>

// Functions of numbers with the names of the operations on tensors, so that one derivative (map.h)
// serves both.
namespace engram {

template <std::floating_point T>
T where(bool condition, T a, T b) {
  return condition ? a : b;
}

template <std::floating_point T>
T zeros_like(T) {
  return T{0};
}

template <std::floating_point T>
T clamp(T x, double low, double high) {
  return std::min(std::max(x, static_cast<T>(low)), static_cast<T>(high));
}

}  // namespace engram
