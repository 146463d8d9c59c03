// A chain of small operations, y ← y·a + b: `chain plain|recorded|differentiated COUNT`.
#include "data.h"
#include "makers.h"

#include "common/work.h"

namespace bench {

using torch::Tensor;

Work make_chain_work(std::istringstream& words) {
  std::string kind, how;
  int count;
  words >> kind >> how >> count;
  if (kind != "chain") return {};
  const Tensor x = uniform({16}, BENCH_INPUT, 0, 1).requires_grad_();
  const Tensor a = uniform({16}, BENCH_OTHER, 0.99f, 1.01f);
  const Tensor b = uniform({16}, BENCH_GRADIENT, 0, 0.01f);
  const Tensor ones = torch::ones_like(x).detach();

  auto result = std::make_shared<Tensor>();
  const auto chain = [=] {
    Tensor y = x;
    for (int i = 0; i < count; i += 2) y = y * a + b;
    return y;
  };
  const auto check = [result] { return digest(*result); };
  if (how == "plain") {
    return repeat(
        [=] {
          torch::InferenceMode inference;
          *result = chain();
        },
        check);
  }
  if (how == "recorded") return repeat([=] { *result = chain().detach(); }, check);
  return repeat(
      [=] {
        chain().backward(ones);
        *result = x.grad();
        x.mutable_grad().reset();
      },
      check);
}

}  // namespace bench
