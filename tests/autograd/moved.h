#pragma once

#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/tape.h>

#include "values.h"

// For tests of operations that move elements without changing them.

inline constexpr engram::DType number_dtypes[] = {engram::f32, engram::f64, engram::i64,
                                                  engram::u8};

/// 0, 1, 2, ... in a shape.
inline engram::Tensor counting(const engram::Shape& shape, engram::DType dtype = engram::f32) {
  return engram::reshape(engram::arange(0, static_cast<double>(shape.numel()), 1, dtype), shape);
}

inline bool share(const engram::Tensor& a, const engram::Tensor& b) {
  return a.bytes().data() == b.bytes().data();
}

/// The gradient of Σ w·y with respect to x, for w = 0, 1, 2, ...: the position in y of each
/// element.
inline Values gradient_of(const engram::Tensor& x, engram::Tensor (*f)(const engram::Tensor&)) {
  x.set_requires_grad();
  engram::Tape tape;
  const engram::Tensor y = f(x);
  return values(tape.gradient(sum(y * counting(y.shape(), y.dtype())), {x})[0]);
}
