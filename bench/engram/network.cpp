#include "network.h"

#include "common/work.h"

#include <stdexcept>
#include <string>

namespace bench {
namespace {

using namespace engram;

struct Mlp : nn::Module {
  explicit Mlp(const std::vector<std::int64_t>& sizes) {
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
      layers.push_back(add(std::to_string(i), nn::Linear(sizes[i], sizes[i + 1])));
    }
  }

  Tensor operator()(Tensor x) const {
    for (std::size_t i = 0; i + 1 < layers.size(); ++i) x = relu(layers[i](x));
    return layers.back()(x);
  }

  std::vector<nn::Linear> layers;
};

struct LeNet : nn::Module {
  nn::Conv2d conv1 = add("conv1", nn::Conv2d(1, 6, 5, {.padding = 2}));
  nn::Conv2d conv2 = add("conv2", nn::Conv2d(6, 16, 5));
  nn::Linear fc1 = add("fc1", nn::Linear(400, 120));
  nn::Linear fc2 = add("fc2", nn::Linear(120, 84));
  nn::Linear out = add("out", nn::Linear(84, 10));

  Tensor operator()(const Tensor& x) const {                     // (B, 1, 28, 28)
    const Tensor a = max_pool2d(relu(conv1(x)), {.kernel = 2});  // (B, 6, 14, 14)
    const Tensor b = max_pool2d(relu(conv2(a)), {.kernel = 2});  // (B, 16, 5, 5)
    return out(relu(fc2(relu(fc1(flatten(b, 1))))));
  }
};

struct Cnn : nn::Module {
  nn::Conv2d conv1 = add("conv1", nn::Conv2d(1, 32, 3));
  nn::Conv2d conv2 = add("conv2", nn::Conv2d(32, 64, 3));
  nn::Linear fc1 = add("fc1", nn::Linear(9216, 128));
  nn::Linear out = add("out", nn::Linear(128, 10));

  Tensor operator()(const Tensor& x) const {                     // (B, 1, 28, 28)
    const Tensor a = relu(conv1(x));                             // (B, 32, 26, 26)
    const Tensor b = max_pool2d(relu(conv2(a)), {.kernel = 2});  // (B, 64, 12, 12)
    return out(relu(fc1(flatten(b, 1))));
  }
};

/// Fills all parameters by bench_fill_parameter; a bias with the fan-in of its weight.
template <class Net>
Network start(const Net& net, const Shape& sample) {
  std::vector<Tensor> parameters = net.parameters();
  std::size_t fan_in = 1;
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const std::span<float> values = parameters[k].template data<float>();
    if (k % 2 == 0) fan_in = values.size() / static_cast<std::size_t>(parameters[k].size(0));
    bench_fill_parameter(values.data(), values.size(), static_cast<int>(k), fan_in);
  }
  return {parameters, [net](const Tensor& x) { return net(x); }, sample};
}

std::vector<std::int64_t> read_sizes(std::istream& words) {  // 784-400-400-10
  std::vector<std::int64_t> sizes(1);
  for (words >> sizes[0]; words.peek() == '-';) {
    words.get();
    words >> sizes.emplace_back();
  }
  return sizes;
}

}  // namespace

Network read_network(std::istream& words) {
  std::string name;
  words >> name;
  if (name == "mlp") {
    const std::vector<std::int64_t> sizes = read_sizes(words);
    return start(Mlp(sizes), {sizes.front()});
  }
  if (name == "lenet") return start(LeNet(), {1, 28, 28});
  if (name == "cnn") return start(Cnn(), {1, 28, 28});
  throw std::invalid_argument("no network " + name);
}

std::unique_ptr<optim::Optimizer> read_optimizer(std::istream& words,
                                                 std::vector<Tensor> parameters) {
  std::string name;
  words >> name;
  if (name == "sgd") {
    return std::make_unique<optim::SGD>(parameters, optim::SGDOptions{.lr = 1e-2});
  }
  if (name == "momentum") {
    return std::make_unique<optim::SGD>(parameters, optim::SGDOptions{.lr = 1e-3, .momentum = 0.9});
  }
  if (name == "adagrad") {
    return std::make_unique<optim::Adagrad>(parameters, optim::AdagradOptions{.lr = 1e-3});
  }
  if (name == "rmsprop") {
    return std::make_unique<optim::RMSProp>(parameters, optim::RMSPropOptions{.lr = 1e-3});
  }
  if (name == "adam") {
    return std::make_unique<optim::Adam>(parameters, optim::AdamOptions{.lr = 1e-4});
  }
  throw std::invalid_argument("no optimizer " + name);
}

Tensor uniform(const Shape& shape, std::uint64_t stream, float low, float high) {
  Tensor x(shape, f32);
  const std::span<float> values = x.data<float>();
  bench_fill(values.data(), values.size(), stream, low, high);
  return x;
}

std::pair<Tensor, Tensor> make_images(const Network& network, std::int64_t count) {
  Shape shape = {count};
  for (std::int64_t size : network.sample) shape.push_back(size);
  Tensor labels({count}, i64);
  bench_fill_labels(labels.data<std::int64_t>().data(), static_cast<std::size_t>(count));
  return {uniform(shape, BENCH_IMAGES, 0, 1), labels};
}

Batches make_batches(const Network& network, std::int64_t batch) {
  const auto [images, labels] = make_images(network, batch * bench_batches(batch));
  return {split(images, batch), split(labels, batch)};
}

double digest(const Tensor& x) {
  const std::span<float> values = x.data<float>();
  return bench_digest(values.data(), values.size());
}

}  // namespace bench
