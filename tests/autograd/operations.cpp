#include "operations.h"

#include <engram/engram.h>

namespace engram::test {

const std::vector<OperationCase>& operations() {
  static const std::vector<OperationCase> all = [] {
    std::vector<OperationCase> rows;
    for (const auto& family :
         {elementwise_operations(), reduce_operations(), shaping_operations(), linalg_operations(),
          convolution_operations(), normalization_operations(), classification_loss_operations(),
          elementwise_loss_operations()}) {
      rows.insert(rows.end(), family.begin(), family.end());
    }
    return rows;
  }();
  return all;
}

Tensor spread(const Shape& shape, double low, double high) {
  static Generator generator(1);
  const Tensor order = randperm(shape.numel(), generator);
  // A different shift for each call, so that tensors of equal shape have no equal elements.
  const double shift = 0.1 + 0.3 * generator.uniform();
  const Tensor x(shape, f64);
  for (std::size_t i = 0; i < x.data<double>().size(); ++i) {
    const double cell = static_cast<double>(order.data<std::int64_t>()[i]);
    x.data<double>()[i] = low + (high - low) * (cell + shift) / static_cast<double>(x.numel());
  }
  return x;
}

}  // namespace engram::test
