#include "continual/methods.h"

#include <engram/continual/distillation/lwf.h>
#include <engram/continual/penalties/ewc.h>
#include <engram/continual/penalties/kronecker_laplace.h>
#include <engram/continual/penalties/l2.h>
#include <engram/continual/penalties/mas.h>
#include <engram/continual/penalties/si.h>
#include <engram/continual/projection/gpm.h>
#include <engram/continual/projection/owm.h>
#include <engram/continual/replay/a_gem.h>
#include <engram/continual/replay/der.h>
#include <engram/continual/replay/experience_replay.h>

#include <map>
#include <optional>

namespace engram::examples::runs {
namespace {

using continual::Method;
using continual::Network;
using Seed = std::uint64_t;

/// No default: the method chooses the value.
const Json none;

MethodOption lambda(double value) {
  return {"lambda", value, at_least(0), "Strength of the penalty"};
}

MethodOption samples(int value) {
  return {"samples", value, whole(0, 1'000'000'000),
          "Images of a task that the method looks at when it ends; 0: all"};
}

MethodOption capacity() {
  return {"capacity", 1000, whole(1, 1'000'000'000), "Images in the memory, of all tasks together"};
}

MethodOption replay_batch() {
  return {"replay-batch", 128, whole(1, 1'000'000), "Images out of the memory in a step"};
}

MethodOption per_class() {
  return {"per-class", none, whole(0, 1'000'000'000),
          "Instead of the capacity: images in the memory of each class of each task; 0: none are "
          "set apart"};
}

MethodOption projects() {
  return {"projects", "update", CLI::IsMember({"update", "gradient", "both"}),
          "What is projected: update, gradient or both"};
}

std::vector<MethodOption> with_fisher(std::vector<MethodOption> options) {
  options.push_back({"fisher", "exact", CLI::IsMember({"exact", "sampled", "empirical"}),
                     "Labels that the Fisher information is taken over: exact, sampled or "
                     "empirical"});
  options.push_back(
      {"fisher-samples", 1000, whole(0, 1'000'000'000), "Images that it is measured on; 0: all"});
  return options;
}

optim::FisherOptions fisher(const Json& options, Seed seed) {
  static const std::map<std::string, optim::Labels> labels = {
      {"exact", optim::Labels::exact},
      {"sampled", optim::Labels::sampled},
      {"empirical", optim::Labels::empirical}};
  return {.labels = labels.at(options.at("fisher").get<std::string>()),
          .samples = options.at("fisher-samples"),
          .seed = seed};
}

continual::Projects projects_of(const Json& options) {
  const std::string what = options.at("projects");
  if (what == "gradient") return continual::Projects::gradient;
  if (what == "both") return continual::Projects::both;
  return continual::Projects::update;
}

template <class T>
std::optional<T> maybe(const Json& options, const char* name) {
  const Json& value = options.at(name);
  return value.is_null() ? std::nullopt : std::optional<T>(value.get<T>());
}

/// 0 stands for none, which overrides a protocol's value.
std::optional<std::int64_t> per_class_of(const Json& options) {
  const auto count = maybe<std::int64_t>(options, "per-class");
  return count == 0 ? std::nullopt : count;
}

/// Also of joint training, which differs in its data, not in its method: see `train`.
std::unique_ptr<Method> make_naive(const Network&, const Json&, Seed) {
  return std::make_unique<Method>();
}

std::vector<MethodEntry> make_table() {
  return {
      {"naive", {}, {}, make_naive},
      {"joint", {}, {}, make_naive},
      {"l2",
       {lambda(1)},
       {1e-3, 1e-2, 0.1, 1, 10},
       [](const Network& network, const Json& options, Seed) {
         return std::make_unique<continual::L2>(
             network, continual::L2Options{.lambda = options.at("lambda")});
       }},
      {"ewc",
       with_fisher({lambda(60)}),
       {1, 10, 100, 1000, 10'000},
       [](const Network& network, const Json& options, Seed seed) {
         return std::make_unique<continual::EWC>(
             network,
             optim::EWCOptions{.lambda = options.at("lambda"), .fisher = fisher(options, seed)});
       }},
      {"online-ewc",
       with_fisher(
           {lambda(60),
            {"gamma", 0.9, between(0, 1), "What online EWC keeps of the importances, each task"}}),
       {1, 10, 100, 1000, 10'000},
       [](const Network& network, const Json& options, Seed seed) {
         return std::make_unique<continual::EWC>(
             network, optim::EWCOptions{.lambda = options.at("lambda"),
                                        .gamma = options.at("gamma").get<double>(),
                                        .fisher = fisher(options, seed)});
       }},
      {"si",
       {{"c", 0.1, at_least(0), "Strength of the penalty"},
        {"xi", 0.1, above(0), "Damping: importances stay finite where a parameter hardly moved"}},
       {0.01, 0.1, 1, 10, 100},
       [](const Network& network, const Json& options, Seed) {
         return std::make_unique<continual::SI>(
             network,
             continual::SIOptions{.strength = options.at("c"), .damping = options.at("xi")});
       }},
      {"mas",
       {lambda(1), samples(1000)},
       {0.01, 0.1, 1, 10, 100},
       [](const Network& network, const Json& options, Seed seed) {
         return std::make_unique<continual::MAS>(
             network,
             continual::MASOptions{
                 .lambda = options.at("lambda"), .samples = options.at("samples"), .seed = seed});
       }},
      {"kf-laplace",
       with_fisher({lambda(1),
                    {"factors", "each", CLI::IsMember({"each", "one"}),
                     "A pair of factors for each task, or one for all: each or one"},
                    {"energy", 0.999, between(0, 1), "Share of a factor that is kept"}}),
       {0.1, 1, 10, 100, 1000},
       [](const Network& network, const Json& options, Seed seed) {
         return std::make_unique<continual::KroneckerLaplace>(
             network, continual::KroneckerLaplaceOptions{.lambda = options.at("lambda"),
                                                         .online = options.at("factors") == "one",
                                                         .energy = options.at("energy"),
                                                         .fisher = fisher(options, seed)});
       }},
      {"lwf",
       {{"temperature", 2., above(0), "Softens what the network said"},
        {"distill-weight", none, between(0, 1),
         "Of what the network said in the loss; by default 1 - 1/T with T tasks so far"}},
       {},
       [](const Network& network, const Json& options, Seed) {
         return std::make_unique<continual::LwF>(
             network, continual::LwFOptions{.temperature = options.at("temperature"),
                                            .weight = maybe<double>(options, "distill-weight")});
       }},
      {"er",
       {capacity(),
        per_class(),
        replay_batch(),
        {"replay-weight", none, between(0, 1),
         "Of the replayed images in the loss; by default 1 - 1/T with T tasks so far"}},
       {},
       [](const Network& network, const Json& options, Seed seed) {
         return std::make_unique<continual::ExperienceReplay>(
             network,
             continual::ExperienceReplayOptions{.capacity = options.at("capacity"),
                                                .per_class = per_class_of(options),
                                                .batch = options.at("replay-batch"),
                                                .weight = maybe<double>(options, "replay-weight"),
                                                .seed = seed});
       }},
      {"a-gem",
       {capacity(), per_class(), replay_batch()},
       {},
       [](const Network& network, const Json& options, Seed seed) {
         return std::make_unique<continual::AGEM>(
             network, continual::AGEMOptions{.capacity = options.at("capacity"),
                                             .per_class = per_class_of(options),
                                             .batch = options.at("replay-batch"),
                                             .seed = seed});
       }},
      {"der++",
       {{"alpha", 1., at_least(0), "Strength of the distance to the remembered logits"},
        {"beta", 0.5, at_least(0), "Strength of the loss of remembered images"},
        capacity(),
        replay_batch()},
       {0.1, 0.3, 1, 3, 10},
       [](const Network& network, const Json& options, Seed seed) {
         return std::make_unique<continual::DER>(
             network, continual::DEROptions{.capacity = options.at("capacity"),
                                            .batch = options.at("replay-batch"),
                                            .alpha = options.at("alpha"),
                                            .beta = options.at("beta"),
                                            .seed = seed});
       }},
      {"gpm",
       {{"threshold", 0.95, between(0, 1), "Share of what a layer sees that is protected"},
        {"threshold-later", 0.99, between(0, 1), "The same for the layers after the first"},
        {"threshold-growth", 0., between(0, 1), "More of it for each task"},
        {"scale", none, at_least(0), "Of scaled gradient projection; by default unscaled"},
        samples(300),
        projects()},
       {0.9, 0.95, 0.97, 0.99},
       [](const Network& network, const Json& options, Seed seed) {
         return std::make_unique<continual::GPM>(
             network,
             continual::GPMOptions{.threshold = {options.at("threshold").get<double>(),
                                                 options.at("threshold-later").get<double>()},
                                   .threshold_growth = options.at("threshold-growth"),
                                   .samples = options.at("samples"),
                                   .projects = projects_of(options),
                                   .scale = maybe<double>(options, "scale"),
                                   .seed = seed});
       }},
      {"owm",
       {{"softness", 1e-2, above(0), "Energy of a direction that is protected by half"},
        samples(0),
        projects()},
       {1e-4, 1e-3, 1e-2, 0.1},
       [](const Network& network, const Json& options, Seed seed) {
         return std::make_unique<continual::OWM>(
             network, continual::OWMOptions{.alpha = options.at("softness"),
                                            .samples = options.at("samples"),
                                            .projects = projects_of(options),
                                            .seed = seed});
       }},
  };
}

}  // namespace

const std::vector<MethodEntry>& method_table() {
  static const std::vector<MethodEntry> table = make_table();
  return table;
}

}  // namespace engram::examples::runs
