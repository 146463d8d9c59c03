// Optimizer steps: `optimizer adam 10` is a step over ten tensors of a million numbers each.
#include "makers.h"
#include "network.h"

#include "common/work.h"

namespace bench {

using namespace engram;

Work make_optimizer_work(std::istringstream& words) {
  std::string kind, name;
  int count;
  words >> kind >> name >> count;
  if (kind != "optimizer") return {};
  std::vector<Tensor> parameters;
  for (int i = 0; i < count; ++i) {
    parameters.push_back(uniform({1000, 1000}, BENCH_INPUT, -1, 1));
    parameters.back().set_requires_grad();
    parameters.back().set_grad(uniform({1000, 1000}, BENCH_GRADIENT, -1, 1));
  }
  std::istringstream optimizer_name(name);
  std::shared_ptr<optim::Optimizer> optimizer = read_optimizer(optimizer_name, parameters);
  return repeat([=] { optimizer->step(); }, [=] { return digest(parameters[0]); });
}

}  // namespace bench
