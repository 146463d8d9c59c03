// Networks: training steps and inference.
#include "common/work.h"

#include "data.h"
#include "makers.h"

#include <stdexcept>

namespace bench {
namespace {

using torch::Tensor;

struct Network : torch::nn::Module {
  virtual Tensor forward(Tensor x) = 0;
};

struct Mlp : Network {
  explicit Mlp(const std::vector<std::int64_t>& sizes) {
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
      layers.push_back(
          register_module(std::to_string(i), torch::nn::Linear(sizes[i], sizes[i + 1])));
    }
  }
  Tensor forward(Tensor x) override {
    for (std::size_t i = 0; i + 1 < layers.size(); ++i) x = torch::relu(layers[i](x));
    return layers.back()(x);
  }
  std::vector<torch::nn::Linear> layers;
};

torch::nn::Conv2d conv(std::int64_t in, std::int64_t out, std::int64_t kernel,
                       std::int64_t padding = 0) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).padding(padding));
}

struct LeNet : Network {
  torch::nn::Conv2d conv1 = register_module("conv1", conv(1, 6, 5, 2));
  torch::nn::Conv2d conv2 = register_module("conv2", conv(6, 16, 5));
  torch::nn::Linear fc1 = register_module("fc1", torch::nn::Linear(400, 120));
  torch::nn::Linear fc2 = register_module("fc2", torch::nn::Linear(120, 84));
  torch::nn::Linear out = register_module("out", torch::nn::Linear(84, 10));

  Tensor forward(Tensor x) override {
    x = torch::max_pool2d(torch::relu(conv1(x)), 2);
    x = torch::max_pool2d(torch::relu(conv2(x)), 2);
    return out(torch::relu(fc2(torch::relu(fc1(x.flatten(1))))));
  }
};

struct Cnn : Network {
  torch::nn::Conv2d conv1 = register_module("conv1", conv(1, 32, 3));
  torch::nn::Conv2d conv2 = register_module("conv2", conv(32, 64, 3));
  torch::nn::Linear fc1 = register_module("fc1", torch::nn::Linear(9216, 128));
  torch::nn::Linear out = register_module("out", torch::nn::Linear(128, 10));

  Tensor forward(Tensor x) override {
    x = torch::max_pool2d(torch::relu(conv2(torch::relu(conv1(x)))), 2);
    return out(torch::relu(fc1(x.flatten(1))));
  }
};

std::vector<std::int64_t> read_sizes(std::istream& words) {  // 784-400-400-10
  std::vector<std::int64_t> sizes(1);
  for (words >> sizes[0]; words.peek() == '-';) {
    words.get();
    words >> sizes.emplace_back();
  }
  return sizes;
}

/// A network with the initial weights common to all contestants, and its batches.
struct Setup {
  std::shared_ptr<Network> network;
  std::vector<Tensor> x, y;
  std::size_t next = 0;

  explicit Setup(std::istream& words) {
    std::vector<std::int64_t> shape = {0, 1, 28, 28};
    std::string name;
    words >> name;
    if (name == "mlp") {
      const std::vector<std::int64_t> sizes = read_sizes(words);
      shape = {0, sizes.front()};
      network = std::make_shared<Mlp>(sizes);
    } else if (name == "lenet") {
      network = std::make_shared<LeNet>();
    } else if (name == "cnn") {
      network = std::make_shared<Cnn>();
    } else {
      throw std::invalid_argument("no network " + name);
    }
    fill_parameters();

    std::int64_t batch;
    words >> batch;
    shape[0] = batch * bench_batches(batch);
    Tensor labels = torch::empty({shape[0]}, torch::kLong);
    bench_fill_labels(labels.data_ptr<std::int64_t>(), static_cast<std::size_t>(shape[0]));
    x = uniform(shape, BENCH_IMAGES, 0, 1).split(batch);
    y = labels.split(batch);
  }

  void fill_parameters() const {
    torch::NoGradGuard no_grad;
    std::int64_t fan_in = 1;
    int k = 0;
    for (Tensor& parameter : network->parameters()) {
      if (k % 2 == 0) fan_in = parameter.numel() / parameter.size(0);
      bench_fill_parameter(parameter.data_ptr<float>(), static_cast<std::size_t>(parameter.numel()),
                           k++, static_cast<std::size_t>(fan_in));
    }
  }

  std::size_t take() {
    const std::size_t now = next;
    next = (next + 1) % x.size();
    return now;
  }
};

Work train(std::istream& words) {
  auto setup = std::make_shared<Setup>(words);
  const std::vector<Tensor> parameters = setup->network->parameters();
  std::shared_ptr<torch::optim::Optimizer> optimizer = read_optimizer(words, parameters);
  auto last = std::make_shared<double>();
  return repeat(
      [=] {
        const std::size_t i = setup->take();
        zero_grad(parameters);
        const Tensor loss =
            torch::nn::functional::cross_entropy(setup->network->forward(setup->x[i]), setup->y[i]);
        loss.backward();
        optimizer->step();
        *last = loss.item<double>();
      },
      [last] { return *last; });
}

Work infer(std::istream& words) {
  auto setup = std::make_shared<Setup>(words);
  auto logits = std::make_shared<Tensor>();
  return repeat(
      [=] {
        torch::InferenceMode inference;
        *logits = setup->network->forward(setup->x[setup->take()]);
      },
      [logits] { return digest(*logits); });
}

}  // namespace

Work make_network_work(std::istringstream& words) {
  std::string kind;
  words >> kind;
  if (kind == "train") return train(words);
  if (kind == "infer") return infer(words);
  return {};
}

}  // namespace bench
