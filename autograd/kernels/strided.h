#pragma once

#include <engram/autograd/shape.h>

#include <cstdint>

// Loops over strided arrays.
namespace engram::kernels {

/// Nested loops over two arrays of the same shape. Axes that are contiguous in both are merged, so
/// that most cases end as one or two loops.
struct StridedLoops {
  Shape sizes;      // of the merged axes, the innermost last; never empty
  Shape a_strides;  // in elements; 0 along an axis of which a has one element
  Shape b_strides;
};

/// For two arrays with their strides along each axis of `sizes`.
StridedLoops strided_loops(const Shape& sizes, const Shape& a_strides, const Shape& b_strides);

/// For two row-major operands that are broadcast to `result`.
StridedLoops broadcast_loops(const Shape& a, const Shape& b, const Shape& result);

/// An index over the outermost axes of the loops, advanced in row-major order.
class Walk {
 public:
  /// Begins at index number `start` of the first `axes` axes.
  Walk(const StridedLoops& loops, int axes, std::int64_t start) : loops_(loops) {
    index_ = Shape(std::span(loops.sizes.begin(), static_cast<std::size_t>(axes)));
    for (int axis = axes - 1; axis >= 0; --axis) {
      index_[axis] = start % loops.sizes[axis];
      start /= loops.sizes[axis];
      a += index_[axis] * loops.a_strides[axis];
      b += index_[axis] * loops.b_strides[axis];
    }
  }

  void next() {
    for (int axis = index_.rank() - 1; axis >= 0; --axis) {
      a += loops_.a_strides[axis];
      b += loops_.b_strides[axis];
      if (++index_[axis] < loops_.sizes[axis]) return;
      a -= loops_.a_strides[axis] * loops_.sizes[axis];
      b -= loops_.b_strides[axis] * loops_.sizes[axis];
      index_[axis] = 0;
    }
  }

  std::int64_t a = 0;  // offsets of the index in the two arrays
  std::int64_t b = 0;

 private:
  const StridedLoops& loops_;
  Shape index_;
};

/// b = a, element by element. b must have no stride of 0, and must not overlap a.
template <class T>
void copy(const StridedLoops& loops, const T* a, T* b);

}  // namespace engram::kernels
