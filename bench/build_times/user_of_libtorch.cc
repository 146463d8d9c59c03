// The same program with libtorch.
#include <torch/torch.h>

struct Net : torch::nn::Module {
  torch::nn::Linear fc1 = register_module("fc1", torch::nn::Linear(784, 400));
  torch::nn::Linear fc2 = register_module("fc2", torch::nn::Linear(400, 400));
  torch::nn::Linear out = register_module("out", torch::nn::Linear(400, 10));

  torch::Tensor forward(torch::Tensor x) {
    return out(torch::relu(fc2(torch::relu(fc1(x.flatten(1))))));
  }
};

int main() {
  auto train = torch::data::datasets::MNIST("mnist").map(torch::data::transforms::Stack<>());
  auto loader = torch::data::make_data_loader(std::move(train), 128);
  Net net;
  torch::optim::Adam adam(net.parameters(), 1e-3);
  for (auto& batch : *loader) {
    torch::Tensor loss =
        torch::nn::functional::cross_entropy(net.forward(batch.data), batch.target);
    adam.zero_grad();
    loss.backward();
    adam.step();
  }
}
