#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/dropout.h>
#include <engram/autograd/ops/map.h>

#include <cmath>

namespace engram {
namespace {

/// 0 with probability p, else 1/(1 - p).
template <class T>
void fill_mask(const Tensor& mask, double p, Generator& generator) {
  const std::int64_t n = mask.numel(), blocks = (n + 3) / 4;
  const Generator::Blocks taken = generator.take(static_cast<std::uint64_t>(blocks));
  const auto dropped = static_cast<std::uint64_t>(std::ldexp(p, 32));  // of 2³² values of the bits
  const T scale = p < 1 ? static_cast<T>(1 / (1 - p)) : T{0};
  T* values = mask.data<T>().data();
  constexpr std::int64_t blocks_per_grain = 1024;
  kernels::parallel_for(
      blocks, blocks_per_grain, [&, values](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const Generator::Block bits = taken[static_cast<std::uint64_t>(i)];
          for (std::int64_t k = 4 * i; k < std::min(n, 4 * i + 4); ++k) {
            values[k] = bits[static_cast<std::size_t>(k - 4 * i)] < dropped ? T{0} : scale;
          }
        }
      });
}

}  // namespace

Tensor dropout(const Tensor& x, double p, bool training, Generator& generator) {
  check_floating("dropout", x);
  check(p >= 0 && p <= 1, "dropout: p must be in [0, 1], got {}", p);
  if (!training || p == 0) return x;
  const Tensor mask(x.shape(), x.dtype());
  dispatch_floating("dropout", x.dtype(), [&]<class T>() { fill_mask<T>(mask, p, generator); });
  return x * mask;
}

}  // namespace engram
