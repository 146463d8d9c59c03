// Optimizer steps: `optimizer adam 10` is a step over ten tensors of a million numbers each.
#include "data.h"
#include "makers.h"

#include "common/work.h"

namespace bench {

Work make_optimizer_work(std::istringstream& words) {
  std::string kind, name;
  int count;
  words >> kind >> name >> count;
  if (kind != "optimizer") return {};
  std::vector<torch::Tensor> parameters;
  for (int i = 0; i < count; ++i) {
    parameters.push_back(uniform({1000, 1000}, BENCH_INPUT, -1, 1).requires_grad_());
    parameters.back().mutable_grad() = uniform({1000, 1000}, BENCH_GRADIENT, -1, 1);
  }
  std::istringstream optimizer_name(name);
  std::shared_ptr<torch::optim::Optimizer> optimizer = read_optimizer(optimizer_name, parameters);
  return repeat([=] { optimizer->step(); }, [=] { return digest(parameters[0].detach()); });
}

}  // namespace bench
