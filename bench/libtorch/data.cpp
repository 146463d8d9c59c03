#include "data.h"

#include "common/work.h"

#include <stdexcept>

namespace bench {

torch::Tensor uniform(torch::IntArrayRef shape, std::uint64_t stream, float low, float high) {
  torch::Tensor x = torch::empty(shape);
  bench_fill(x.data_ptr<float>(), static_cast<std::size_t>(x.numel()), stream, low, high);
  return x;
}

double digest(const torch::Tensor& x) {
  const torch::Tensor values = x.contiguous();
  return bench_digest(values.data_ptr<float>(), static_cast<std::size_t>(values.numel()));
}

std::unique_ptr<torch::optim::Optimizer> read_optimizer(std::istream& words,
                                                        std::vector<torch::Tensor> parameters) {
  using namespace torch::optim;
  std::string name;
  words >> name;
  if (name == "sgd") return std::make_unique<SGD>(parameters, SGDOptions(1e-2));
  if (name == "momentum") {
    return std::make_unique<SGD>(parameters, SGDOptions(1e-3).momentum(0.9));
  }
  if (name == "adagrad") return std::make_unique<Adagrad>(parameters, AdagradOptions(1e-3));
  if (name == "rmsprop") return std::make_unique<RMSprop>(parameters, RMSpropOptions(1e-3));
  if (name == "adam") return std::make_unique<Adam>(parameters, AdamOptions(1e-4));
  throw std::invalid_argument("no optimizer " + name);
}

}  // namespace bench
