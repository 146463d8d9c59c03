#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/strided.h>

#include <algorithm>

namespace engram::kernels {
namespace {

/// Strides of an operand along the result's axes: 0 where it is broadcast.
Shape stretched_strides(const Shape& operand, const Shape& result) {
  const Shape own = strides(operand);
  Shape stretched = result;
  const int missing = result.rank() - operand.rank();
  for (int axis = 0; axis < result.rank(); ++axis) {
    const int mine = axis - missing;
    stretched[axis] = mine < 0 || operand[mine] == 1 ? 0 : own[mine];
  }
  return stretched;
}

}  // namespace

StridedLoops strided_loops(const Shape& sizes, const Shape& a_strides, const Shape& b_strides) {
  StridedLoops loops;
  for (int axis = 0; axis < sizes.rank(); ++axis) {
    if (sizes[axis] == 1) continue;
    const int outer = loops.sizes.rank() - 1;
    const auto continues = [&](const Shape& merged, const Shape& next) {
      return merged[outer] == next[axis] * sizes[axis];
    };
    if (outer >= 0 && continues(loops.a_strides, a_strides) &&
        continues(loops.b_strides, b_strides)) {
      loops.sizes[outer] *= sizes[axis];
      loops.a_strides[outer] = a_strides[axis];
      loops.b_strides[outer] = b_strides[axis];
    } else {
      loops.sizes.push_back(sizes[axis]);
      loops.a_strides.push_back(a_strides[axis]);
      loops.b_strides.push_back(b_strides[axis]);
    }
  }
  if (loops.sizes.rank() == 0) {  // a single element
    loops.sizes.push_back(1);
    loops.a_strides.push_back(0);
    loops.b_strides.push_back(0);
  }
  return loops;
}

StridedLoops broadcast_loops(const Shape& a, const Shape& b, const Shape& result) {
  return strided_loops(result, stretched_strides(a, result), stretched_strides(b, result));
}

namespace {

/// The innermost axis is contiguous in a and in b.
template <class T>
void copy_runs(const StridedLoops& loops, const T* a, T* b) {
  const int inner = loops.sizes.rank() - 1;
  const std::int64_t n = loops.sizes[inner];
  if (inner == 0) {
    parallel_for(n, elementwise_grain, [=](std::int64_t begin, std::int64_t end) {
      std::copy(a + begin, a + end, b + begin);
    });
    return;
  }
  const std::int64_t rows = loops.sizes.numel() / n;
  parallel_for(rows, groups_per_grain(n), [&](std::int64_t begin, std::int64_t end) {
    Walk at(loops, inner, begin);
    for (std::int64_t row = begin; row < end; ++row, at.next()) {
      std::copy_n(a + at.a, n, b + at.b);
    }
  });
}

/// a is contiguous along `axis`, b along the innermost one: transposes tile by tile, so that all of
/// each cache line is used while it is cached.
template <class T>
void copy_transposed(StridedLoops loops, int axis, const T* a, T* b) {
  constexpr std::int64_t tile = 32;
  const int inner = loops.sizes.rank() - 1;
  const std::int64_t rows = loops.sizes[axis], columns = loops.sizes[inner];
  const std::int64_t a_stride = loops.a_strides[inner], b_stride = loops.b_strides[axis];
  loops = {loops.sizes.without(inner).without(axis), loops.a_strides.without(inner).without(axis),
           loops.b_strides.without(inner).without(axis)};
  const std::int64_t strips = (rows + tile - 1) / tile;  // of `tile` rows of b

  const std::int64_t items = loops.sizes.numel() * strips;
  parallel_for(items, groups_per_grain(tile * columns), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t item = begin; item < end; ++item) {
      const Walk at(loops, loops.sizes.rank(), item / strips);
      const std::int64_t first = item % strips * tile;
      const std::int64_t height = std::min(tile, rows - first);
      const T* from = a + at.a + first;
      T* to = b + at.b + first * b_stride;
      for (std::int64_t left = 0; left < columns; left += tile) {
        const std::int64_t right = std::min(left + tile, columns);
        for (std::int64_t r = 0; r < height; ++r) {
          for (std::int64_t c = left; c < right; ++c) to[r * b_stride + c] = from[c * a_stride + r];
        }
      }
    }
  });
}

/// Any strides.
template <class T>
void copy_elements(const StridedLoops& loops, const T* a, T* b) {
  const int inner = loops.sizes.rank() - 1;
  const std::int64_t n = loops.sizes[inner];
  const std::int64_t a_stride = loops.a_strides[inner], b_stride = loops.b_strides[inner];
  const std::int64_t rows = loops.sizes.numel() / n;
  parallel_for(rows, groups_per_grain(n), [&](std::int64_t begin, std::int64_t end) {
    Walk at(loops, inner, begin);
    for (std::int64_t row = begin; row < end; ++row, at.next()) {
      if (a_stride == 0 && b_stride == 1) {
        std::fill_n(b + at.b, n, a[at.a]);
        continue;
      }
      for (std::int64_t i = 0; i < n; ++i) b[at.b + i * b_stride] = a[at.a + i * a_stride];
    }
  });
}

}  // namespace

template <class T>
void copy(const StridedLoops& loops, const T* a, T* b) {
  if (loops.sizes.numel() == 0) return;
  const int inner = loops.sizes.rank() - 1;
  if (loops.b_strides[inner] == 1) {
    if (loops.a_strides[inner] == 1) return copy_runs(loops, a, b);
    for (int axis = 0; axis < inner && loops.a_strides[inner] != 0; ++axis) {
      if (loops.a_strides[axis] == 1) return copy_transposed(loops, axis, a, b);
    }
  }
  copy_elements(loops, a, b);
}

template void copy(const StridedLoops&, const float*, float*);
template void copy(const StridedLoops&, const double*, double*);
template void copy(const StridedLoops&, const std::int64_t*, std::int64_t*);
template void copy(const StridedLoops&, const std::uint8_t*, std::uint8_t*);
template void copy(const StridedLoops&, const bool*, bool*);

}  // namespace engram::kernels
