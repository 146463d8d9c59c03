#include <engram/autograd/kernels/eigen.h>
#include <engram/autograd/kernels/finite.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/eigen.h>
#include <engram/autograd/ops/map.h>
#include <engram/autograd/ops/shaping.h>

namespace engram {
namespace {

Tensor copied(const Tensor& x) {
  const InnerOperations inner;
  return clone(x);
}

Tensor transposed(const Tensor& x) {
  const InnerOperations inner;
  return transpose(x, 0, 1);
}

}  // namespace

SymmetricEigen symmetric_eigen(const Tensor& x) {
  check_shape(x.rank() == 2 && x.size(0) == x.size(1),
              "symmetric_eigen: needs a square matrix, got {}", x.shape());
  constexpr std::int64_t limit = 32'000;  // 2n² numbers of working memory, counted in 32 bits
  check_shape(x.size(0) <= limit, "symmetric_eigen: {} is above {} rows", x.shape(), limit);
  check_floating("symmetric_eigen", x);
  check_without_gradient("symmetric_eigen", x);
  const Tensor rows = copied(x), values({x.size(0)}, x.dtype());
  dispatch_floating("symmetric_eigen", x.dtype(), [&]<class T>() {
    check(kernels::all_finite(x.data<T>().data(), x.numel()),
          "symmetric_eigen: an element is not finite");
    check(kernels::symmetric_eigen(x.size(0), rows.data<T>().data(), values.data<T>().data()),
          "symmetric_eigen: the iteration did not converge");
  });
  const auto result = [](const char* name) {
    return [name] { return Attributes{{"result", name}}; };
  };
  return {traced("symmetric_eigen", values, {x}, result("values")),
          traced("symmetric_eigen", transposed(rows), {x}, result("vectors"))};
}

}  // namespace engram
