#include <engram/autograd/kernels/elementwise.h>

namespace engram::kernels {
namespace {

/// Strides of an operand along the result's axes: 0 where it is stretched or has no such axis.
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

BroadcastLoops broadcast_loops(const Shape& a, const Shape& b, const Shape& result) {
  const Shape a_strides = stretched_strides(a, result);
  const Shape b_strides = stretched_strides(b, result);
  BroadcastLoops loops;
  for (int axis = 0; axis < result.rank(); ++axis) {
    if (result[axis] == 1) continue;
    const int outer = loops.sizes.rank() - 1;
    const auto continues = [&](const Shape& merged, const Shape& next) {
      return merged[outer] == next[axis] * result[axis];
    };
    if (outer >= 0 && continues(loops.a_strides, a_strides) &&
        continues(loops.b_strides, b_strides)) {
      loops.sizes[outer] *= result[axis];
      loops.a_strides[outer] = a_strides[axis];
      loops.b_strides[outer] = b_strides[axis];
    } else {
      loops.sizes.push_back(result[axis]);
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

}  // namespace engram::kernels
