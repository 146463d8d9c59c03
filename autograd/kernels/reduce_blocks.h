#pragma once

#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/scratch.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace engram::kernels {

/// Reduces [0, n) to one number: f(begin, end) reduces a block of fixed size, and
/// combine(result, block) the blocks in order, so that the result does not depend on the number of
/// threads. 0 for no elements.
template <class F, class Combine>
auto reduce_blocks(std::int64_t n, F f, Combine combine) {
  using Result = std::invoke_result_t<F, std::int64_t, std::int64_t>;
  constexpr std::int64_t block = elementwise_grain;
  const std::int64_t blocks = (n + block - 1) / block;
  const Scratch<Result> parts(blocks);
  parallel_for_each(blocks, block, [&, part = parts.data()](std::int64_t k) {
    part[k] = f(k * block, std::min((k + 1) * block, n));
  });
  Result result = 0;
  for (std::int64_t k = 0; k < blocks; ++k) result = combine(result, parts.data()[k]);
  return result;
}

}  // namespace engram::kernels
