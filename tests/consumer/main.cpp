#include <engram/engram.h>

#include <cstdlib>

using namespace engram;

// Fits y = 2x + 1; exits with 0 if it has converged.
int main() {
  manual_seed(0);
  const Tensor x = randn({64, 1});
  const Tensor y = 2 * x + 1;
  nn::Linear line(1, 1);
  optim::SGD sgd(line.parameters(), {.lr = 0.1});
  double last = 1;
  for (int step = 0; step < 200; ++step) {
    Tape tape;
    const Tensor loss = mse_loss(line(x), y);
    tape.backward(loss);
    sgd.step();
    sgd.zero_grad();
    last = loss.item();
  }
  return last < 1e-6 ? EXIT_SUCCESS : EXIT_FAILURE;
}
