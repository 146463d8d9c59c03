// Networks: training steps, inference, the EWC step, the Fisher information.
#include "makers.h"
#include "network.h"

#include "common/work.h"

#include <memory>

namespace bench {
namespace {

using namespace engram;

/// The state of a training.
struct Training {
  Network network;
  Batches batches;
  std::unique_ptr<optim::Optimizer> optimizer;
  std::unique_ptr<optim::EWC> ewc{};
  std::size_t next = 0;
  double loss = 0;

  void step() {
    const Tensor& x = batches.x[next];
    const Tensor& y = batches.y[next];
    next = (next + 1) % batches.x.size();
    Tape tape;
    Tensor loss_now = cross_entropy(network(x), y);
    if (ewc) loss_now = loss_now + ewc->penalty();
    tape.backward(loss_now);
    optimizer->step();
    optimizer->zero_grad();
    loss = loss_now.item();
  }
};

/// An EWC penalty after a first task, with random importances.
std::unique_ptr<optim::EWC> make_ewc(const Network& network) {
  auto ewc = std::make_unique<optim::EWC>(network.parameters, optim::EWCOptions{.lambda = 60});
  std::vector<Tensor> importance;
  for (const Tensor& parameter : network.parameters) {
    importance.push_back(uniform(parameter.shape(), BENCH_OTHER, 0, 1e-3f));
  }
  ewc->consolidate(importance);
  return ewc;
}

Work train(std::istream& words, bool with_ewc) {
  std::int64_t batch;
  Network network = read_network(words);
  words >> batch;
  auto optimizer = read_optimizer(words, network.parameters);
  auto training = std::make_shared<Training>(
      Training{network, make_batches(network, batch), std::move(optimizer)});
  if (with_ewc) training->ewc = make_ewc(network);
  return repeat([training] { training->step(); }, [training] { return training->loss; });
}

Work infer(std::istream& words) {
  std::int64_t batch;
  Network network = read_network(words);
  words >> batch;
  auto logits = std::make_shared<Tensor>();
  return repeat(
      [=, batches = make_batches(network, batch), next = std::size_t{0}]() mutable {
        *logits = network(batches.x[next]);
        next = (next + 1) % batches.x.size();
      },
      [logits] { return digest(*logits); });
}

Work fisher(std::istream& words) {
  std::int64_t samples;
  Network network = read_network(words);
  words >> samples;
  const auto [images, labels] = make_images(network, samples);
  const data::Dataset dataset(images, labels);
  auto ewc = std::make_shared<optim::EWC>(network.parameters,
                                          optim::EWCOptions{.fisher = {.samples = samples}});
  return repeat([=] { ewc->consolidate(network, dataset); },
                [ewc] { return digest(ewc->importance()[0]); });
}

}  // namespace

Work make_network_work(std::istringstream& words) {
  std::string kind;
  words >> kind;
  if (kind == "train") return train(words, false);
  if (kind == "ewc") return train(words, true);
  if (kind == "infer") return infer(words);
  if (kind == "fisher") return fisher(words);
  return {};
}

}  // namespace bench
