#include <engram/autograd/ops/loss_reduction.h>
#include <engram/autograd/ops/map.h>
#include <engram/autograd/ops/reduce.h>

namespace engram {

const char* name_of(Reduction reduction) {
  switch (reduction) {
    case Reduction::mean:
      return "mean";
    case Reduction::sum:
      return "sum";
    case Reduction::none:
      return "none";
  }
  fail("{} is no Reduction", static_cast<int>(reduction));
}

Tensor reduce_losses(const Tensor& losses, Reduction reduction, double divisor) {
  if (reduction == Reduction::none) return losses;
  const Tensor total = sum(losses);
  return reduction == Reduction::sum ? total : averaged(total, divisor);
}

}  // namespace engram
