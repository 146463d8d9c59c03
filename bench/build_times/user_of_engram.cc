// A user's program, as in the README, which bench_build_times compiles.
#include <engram/engram.h>
using namespace engram;

struct Net : nn::Module {
  nn::Linear fc1 = add("fc1", nn::Linear(784, 400));
  nn::Linear fc2 = add("fc2", nn::Linear(400, 400));
  nn::Linear out = add("out", nn::Linear(400, 10));

  Tensor operator()(const Tensor& x) const { return out(relu(fc2(relu(fc1(x))))); }
};

int main() {
  auto [train, test] = data::mnist();
  Net net;
  optim::Adam adam(net.parameters(), {.lr = 1e-3});
  for (auto [x, y] : data::Loader(train.flatten(), {.batch = 128, .shuffle = true})) {
    Tape tape;
    Tensor loss = cross_entropy(net(x), y);
    tape.backward(loss);
    adam.step();
    adam.zero_grad();
  }
}
