// A chain of small operations, y ← y·a + b: `chain plain|recorded|differentiated COUNT`.
#include "makers.h"
#include "network.h"

#include "common/work.h"

namespace bench {

using namespace engram;

Work make_chain_work(std::istringstream& words) {
  std::string kind, how;
  int count;
  words >> kind >> how >> count;
  if (kind != "chain") return {};
  const Tensor x = uniform({16}, BENCH_INPUT, 0, 1);
  const Tensor a = uniform({16}, BENCH_OTHER, 0.99f, 1.01f);
  const Tensor b = uniform({16}, BENCH_GRADIENT, 0, 0.01f);
  const Tensor ones = ones_like(x);
  x.set_requires_grad();

  auto result = std::make_shared<Tensor>();
  const auto chain = [=] {
    Tensor y = x;
    for (int i = 0; i < count; i += 2) y = y * a + b;
    return y;
  };
  const auto check = [result] { return digest(*result); };
  if (how == "plain") return repeat([=] { *result = chain(); }, check);
  if (how == "recorded") {
    return repeat(
        [=] {
          Tape tape;
          *result = detach(chain());
        },
        check);
  }
  return repeat(
      [=] {
        Tape tape;
        tape.backward(chain(), {.gradient = ones});
        *result = x.grad();
        x.set_grad({});
      },
      check);
}

}  // namespace bench
