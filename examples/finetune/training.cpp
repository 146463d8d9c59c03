#include "finetune/training.h"

#include <engram/autograd/error.h>
#include <engram/autograd/hash.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/loss.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/continual/streams/handwritings.h>
#include <engram/data/loader.h>
#include <engram/experiment/run/clock.h>
#include <engram/experiment/run/evaluation.h>
#include <engram/experiment/run/stop.h>
#include <engram/nn/finetune.h>
#include <engram/optim/adam.h>
#include <engram/optim/curvature/fisher.h>
#include <engram/optim/ewc.h>
#include <engram/optim/schedules/cosine.h>
#include <engram/optim/schedules/one_cycle.h>
#include <engram/optim/sgd.h>
#include <engram/optim/spread_lr.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace engram::examples::finetuning {
namespace {

constexpr std::int64_t batch_size = 32;
constexpr double stem_share = 0.01;  // layerwise: the stem's rate over the head's
constexpr double lambda = 1000;      // of elastic weight consolidation
constexpr int new_customers = 10;    // on which a pretrained network is tested

double accuracy(const Network& network, const data::Dataset& images) {
  const nn::EvalMode eval_mode(network.module);
  return evaluate_function(network.forward, images).accuracy;
}

/// Mean accuracy on customers that do not occur elsewhere in the study.
double accuracy_on_new_customers(const Network& network, Images& images) {
  double sum = 0;
  for (int k = 0; k < new_customers; ++k) {
    const int customer = 500 + k;
    const data::Dataset test =
        continual::handwritten(images["mnist"].test.take(1000), continual::handwriting(customer),
                               continual::random_stream(0, "to test on", customer));
    sum += accuracy(network, normalized(test)) / new_customers;
  }
  return sum;
}

std::string hash_of(const StateDict& weights) {
  std::uint64_t hash = fnv1a("");
  for (const auto& [name, value] : weights) hash = fnv1a(value.bytes(), fnv1a(name, hash));
  return fmt::format("{:016x}", hash);
}

/// The parameters of all layers except the head.
std::vector<Tensor> body(const Network& network) {
  std::vector<Tensor> parameters = network.module.parameters();
  std::erase_if(parameters, [&](const Tensor& p) {
    return p.is(network.head.weight) || p.is(network.head.bias);
  });
  return parameters;
}

Pretrained describe(const Network& network, const Pretraining& how, Images& images) {
  const nn::EvalMode eval_mode(network.module);
  const data::Dataset seen = pretraining_images(images, how.customers, how.images);
  Pretrained result{.weights = clone(network.module.state_dict())};
  // Sampled labels, because with normalisations each sample takes a backward pass.
  result.importance = optim::diagonal_fisher(network.forward, body(network), seen.size(),
                                             [&](std::span<const std::int64_t> rows) {
                                               const data::Batch batch = seen.batch(rows);
                                               return std::pair(batch.x, batch.y);
                                             },
                                             {.labels = optim::Labels::sampled, .samples = 500});
  result.hash = hash_of(result.weights);
  result.accuracy = accuracy_on_new_customers(network, images);
  return result;
}

/// A pretrained network is stored as the last checkpoint of its training.
Checkpoint to_checkpoint(const Pretrained& pretrained) {
  StateDict importance;
  importance.add_list("importance", pretrained.importance);
  return {{{"accuracy", pretrained.accuracy}},
          {{"network", pretrained.weights}, {"importance", importance}}};
}

Pretrained from_checkpoint(const Checkpoint& checkpoint) {
  Pretrained result{.weights = checkpoint.states.at("network")};
  for (const auto& [name, value] : checkpoint.states.at("importance")) {
    result.importance.push_back(value);
  }
  result.hash = hash_of(result.weights);
  result.accuracy = checkpoint.progress.at("accuracy");
  return result;
}

Network seeded_network(const std::string& family, double width, std::uint64_t seed) {
  manual_seed(seed);
  return make_network(family, width);
}

}  // namespace

Pretrained pretrain(const std::string& family, const Pretraining& how, Images& images, Run& run,
                    const Tell& tell) {
  const Network network = seeded_network(family, how.width, 0);
  const std::optional<Checkpoint> left = run.checkpoint();
  if (left && left->progress.contains("accuracy")) return from_checkpoint(*left);
  const data::Dataset train = pretraining_images(images, how.customers, how.images);
  data::Loader loader(
      train,
      {.batch = std::min(how.batch, train.size()), .shuffle = true, .seed = 0, .drop_last = true});
  optim::SGD sgd(network.module.parameters(),
                 {.lr = how.lr, .momentum = 0.9, .weight_decay = 5e-4, .nesterov = true});
  const std::int64_t steps = how.epochs * loader.size();
  optim::LRScheduler scheduler(sgd, optim::OneCycleLR{.total_steps = steps});
  const auto checkpoint = [&] {
    return Checkpoint{{{"step", scheduler.steps()}, {"random", default_generator().position()}},
                      {{"network", network.module.state_dict()},
                       {"optimizer", sgd.state_dict()},
                       {"scheduler", scheduler.state_dict()}}};
  };
  if (left) {
    network.module.load_state_dict(left->states.at("network"));
    sgd.load_state_dict(left->states.at("optimizer"));
    scheduler.load_state_dict(left->states.at("scheduler"));
    default_generator().set_position(left->progress.at("random"));
    loader.resume_after(scheduler.steps());
  }
  auto saved = Clock::now();
  while (scheduler.steps() < steps) {
    for (auto [x, y] : loader) {
      Tape tape;
      const Tensor loss = cross_entropy(network.forward(x), y);
      stop_if_diverged(loss, scheduler.steps());
      tape.backward(loss);
      sgd.step();
      sgd.zero_grad();
      scheduler.step();
      tell(static_cast<double>(scheduler.steps()) / static_cast<double>(steps), loss.item(),
           sgd.lr());
      try {
        stop_if_interrupted();
      } catch (const Interrupted&) {
        run.save(checkpoint());
        throw;
      }
      if (seconds_since(saved) >= 60) {
        run.save(checkpoint());
        saved = Clock::now();
      }
    }
  }
  const Pretrained result = describe(network, how, images);
  run.save(to_checkpoint(result));
  return result;
}

Pretrained pretrained(const std::string& family, const Pretraining& how, Images& images,
                      const StateDict& weights, std::string& notes) {
  const Network network = seeded_network(family, how.width, 0);
  const nn::LoadedInPart result = nn::load_fitting(network.module, weights);
  check(!result.loaded.empty(), "finetune: the file has no weights that fit a {}", family);
  notes = nn::to_string(result);
  return describe(network, how, images);
}

Json to_json(const Outcome& outcome) {
  return {{"accuracy", outcome.accuracy},
          {"validation", outcome.validation},
          {"untrained", outcome.untrained},
          {"seconds", outcome.seconds}};
}

Outcome outcome_from_json(const Json& json) {
  return {json.at("accuracy"), json.at("validation"), json.at("untrained"), json.at("seconds")};
}

Outcome fine_tune(const Setup& setup, double width, const Pretrained* pretrained, Images& images,
                  const Tell& tell) {
  const bool from_scratch = setup.way == "scratch";
  const Network network = seeded_network(setup.family, width, setup.seed);
  if (!from_scratch) network.module.load_state_dict(pretrained->weights);
  if (setup.target == "fashion") nn::replace_head(network.head, 10);
  const Target target = target_images(images, setup.target, setup.images, setup.seed);

  if (setup.way == "head") {
    network.module.freeze();
    network.head.set_requires_grad();
  }
  std::optional<optim::EWC> ewc;
  if (setup.way == "ewc") {
    ewc.emplace(body(network), optim::EWCOptions{.lambda = lambda});
    ewc->consolidate(pretrained->importance);
  }
  optim::Adam adam(nn::parameter_groups(network.module), {.lr = setup.lr});
  if (setup.way == "layerwise") optim::spread_lr(adam, stem_share * setup.lr, setup.lr);
  optim::LRScheduler scheduler(adam, optim::CosineAnnealingLR{.T_max = setup.steps});
  data::Loader loader(target.train, {.batch = std::min(batch_size, target.train.size()),
                                     .shuffle = true,
                                     .seed = setup.seed,
                                     .iterations = setup.steps,
                                     .prefetch = false});

  Outcome outcome{.untrained = accuracy(network, target.test)};
  const auto start = Clock::now();
  {
    // A network from scratch has no batch statistics to keep.
    const nn::EvalMode statistics = from_scratch ? nn::EvalMode(std::vector<nn::Module>())
                                                 : nn::hold_batch_norm(network.module);
    for (auto [x, y] : loader) {
      Tape tape;
      const Tensor logits = network.forward(x);
      const Tensor loss =
          ewc ? cross_entropy(logits, y) + ewc->penalty() : cross_entropy(logits, y);
      stop_if_diverged(loss, scheduler.steps());
      tape.backward(loss);
      adam.step();
      adam.zero_grad();
      scheduler.step();
      tell(static_cast<double>(scheduler.steps()) / static_cast<double>(setup.steps), loss.item(),
           adam.lr(adam.group_count() - 1));
      stop_if_interrupted();
    }
  }
  outcome.seconds = seconds_since(start);
  outcome.accuracy = accuracy(network, target.test);
  outcome.validation = accuracy(network, target.validation);
  return outcome;
}

}  // namespace engram::examples::finetuning
