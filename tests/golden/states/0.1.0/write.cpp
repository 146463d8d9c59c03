// Wrote the states in this folder, NAME.safetensors. Linked with version 0.1.0, commit d63d744,
// whose files have no format version.
#include <engram/engram.h>

#include <cmath>

using namespace engram;

struct Net : nn::Module {
  nn::Conv2d conv = add("conv", nn::Conv2d(1, 2, 2));
  nn::BatchNorm2d norm = add("norm", nn::BatchNorm2d(2));
  nn::Linear out = add("out", nn::Linear(8, 2));

  Tensor operator()(const Tensor& x) const {
    const Tensor y = relu(norm(conv(x)));
    return out(reshape(y, {y.size(0), 8}));
  }
};

// Parameter k is k + 1, k + 1.5, ... and has the gradient 0.1 * step everywhere.
std::vector<Tensor> parameters() {
  const std::vector<Tensor> all = {tensor({1, 1.5, 2, 2.5}, {2, 2}), tensor({2, 2.5}, f64)};
  for (const Tensor& each : all) each.set_requires_grad();
  return all;
}

template <class Optimizer, class Options>
void write(const char* name, const Options& options) {
  const std::vector<Tensor> all = parameters();
  Optimizer optimizer({std::vector{all[0]}, std::vector{all[1]}}, options);
  optimizer.group(1).lr = 0.25;
  for (int step = 1; step <= 3; ++step) {
    for (const Tensor& each : all) each.set_grad(full_like(each, 0.1 * step));
    optimizer.step();
  }
  save(optimizer.state_dict(), std::string(name) + ".safetensors");
}

void write_ewc(const char* name, const optim::EWCOptions& options) {
  const std::vector<Tensor> all = parameters();
  optim::EWC ewc(all, options);
  for (int task = 1; task <= 2; ++task) {
    all[0].data<float>()[0] += 1;
    ewc.consolidate({full({2, 2}, task), full({2}, 3 * task, f64)});
  }
  save(ewc.state_dict(), std::string(name) + ".safetensors");
}

int main() {
  manual_seed(1);
  const Net net;
  net(rand({4, 1, 3, 3}));  // running statistics
  save(net.state_dict(), "network.safetensors");
  write<optim::SGD>("sgd", optim::SGDOptions{.lr = 0.5, .weight_decay = 0.125});
  write<optim::Momentum>("momentum", optim::MomentumOptions{.lr = 0.5, .nesterov = true});
  write<optim::Adagrad>("adagrad", optim::AdagradOptions{.lr = 0.5, .lr_decay = 0.25});
  write<optim::RMSProp>("rmsprop", optim::RMSPropOptions{.momentum = 0.5, .centered = true});
  write<optim::Adam>("adam", optim::AdamOptions{.lr = 0.5, .amsgrad = true});
  write_ewc("ewc", {.lambda = 3});
  write_ewc("online_ewc", {.lambda = 3, .gamma = 0.5});
}
