#include <engram/engram.h>

#include <doctest/doctest.h>

#include <type_traits>

using namespace engram;
using namespace engram::continual;

namespace {

/// Logs its calls.
struct Logged : Method {
  Logged(std::string name_, std::string& log_) : name(std::move(name_)), log(log_) {}
  void begin_task(const continual::Task&) override { log += name + " begins, "; }
  Tensor loss(const Step&, const Tensor& loss) override {
    log += name + " loss, ";
    return loss * 2;
  }
  void before_update() override { log += name + " before, "; }
  void after_update() override { log += name + " after, "; }
  void end_task(const continual::Task&) override { log += name + " ends, "; }
  StateDict state_dict() const override { return {{"x.y", clone(state)}}; }
  void read_state(StateReader& saved) override { saved.set(state, saved.tensor("x.y", f32, {})); }

  std::string name;
  std::string& log;
  Tensor state = scalar(1);
};

continual::Task two_classes(int number = 0) {
  const data::Dataset dataset(tensor({1, 2, 3, -1}, {2, 2}), tensor({0, 1}, i64));
  return {number, "two", dataset, dataset, {0, 2}};
}

}  // namespace

TEST_CASE("train_step: calls a combination's methods in turn, and takes their loss") {
  std::string log;
  std::vector<std::unique_ptr<Method>> both;
  both.push_back(std::make_unique<Logged>("a", log));
  both.push_back(std::make_unique<Logged>("b", log));
  Combination methods(std::move(both));

  manual_seed(0);
  const nn::Linear net(2, 2);
  const Tensor before = clone(net.parameters()[0]);
  optim::SGD sgd(net.parameters(), {.lr = 0.5});
  const continual::Task task = two_classes();
  methods.begin_task(task);
  const data::Batch batch = task.train.all();
  const double plain = cross_entropy(net(batch.x), batch.y).item();
  const auto [logits, loss] = train_step(net, methods, sgd, task, batch);
  methods.end_task(task);
  CHECK(log ==
        "a begins, b begins, a loss, b loss, a before, b before, a after, b after, "
        "a ends, b ends, ");
  CHECK(loss == doctest::Approx(4 * plain));
  CHECK(logits.shape() == Shape{2, 2});
  CHECK_FALSE(logits.requires_grad());
  CHECK(max(abs(net.parameters()[0] - before)).item() > 0);
  CHECK_FALSE(net.parameters()[0].grad().defined());
}

TEST_CASE("Combination: its state is that of its methods") {
  std::string log;
  const auto make = [&] {
    std::vector<std::unique_ptr<Method>> both;
    both.push_back(std::make_unique<Logged>("a", log));
    both.push_back(std::make_unique<Method>());
    return Combination(std::move(both));
  };
  Combination one = make(), other = make();
  const StateDict state = one.state_dict();
  CHECK(state.size() == 1);
  CHECK(state.contains("0.x.y"));
  CHECK(one.state_bytes() == 4);
  other.load_state_dict(state);
  CHECK_THROWS_WITH_AS(other.load_state_dict({{"2.x", scalar(1)}}),
                       "load_state_dict: \"0.x.y\" is missing, the state begins with \"2.x\"",
                       Error);
  CHECK_THROWS_WITH_AS(other.load_state_dict({{"0.x.y", scalar(3)}, {"1.x", scalar(1)}}),
                       "load_state_dict: \"1.x\" is unexpected", Error);
  CHECK(other.state_dict()["0.x.y"].item() == 1);
  CHECK_THROWS_WITH_AS(Combination({}), "Combination: there are no methods", Error);
}

TEST_CASE("Network: what a method sees of a model") {
  const nn::Linear model(2, 3);
  const Network network(model);
  CHECK(network.parameters().size() == 2);
  const Tensor x = tensor({1, 2}, {1, 2});
  Tape tape;
  CHECK(network(x).requires_grad());
  CHECK_FALSE(network.evaluate(x).requires_grad());
  {
    const auto mode = network.eval_mode();
    CHECK_FALSE(model.is_training());
  }
  CHECK(model.is_training());
  model.freeze();
  CHECK(Network(model).parameters().size() == 2);
  CHECK_THROWS_WITH_AS(Network{nn::Sequential()}, "Network: the model has no parameters", Error);
}

TEST_CASE("Network: evaluated with other values of its parameters") {
  const nn::Linear model(2, 1);
  const Network network(model);
  const Tensor x = tensor({1, 2}, {1, 2});
  const std::vector<Tensor> values = {tensor({3, 4}, {1, 2}), tensor({5})};
  const double before = network.evaluate(x).item();
  {
    Tape tape;
    CHECK(network.evaluate(x, values).item() == 3 + 8 + 5);
    CHECK(tape.size() == 0);
  }
  CHECK(network.evaluate(x).item() == before);
  CHECK(values[0].data<float>()[0] == 3);
  CHECK_THROWS_WITH_AS(network.evaluate(x, {values[0]}), "Network: 1 values for 2 parameters",
                       Error);
  CHECK_THROWS_WITH_AS(network.evaluate(x, {values[0], zeros({2})}),
                       "swap_data: the tensors are (1,) and (2,)", ShapeError);
  CHECK(network.evaluate(x).item() == before);
}

TEST_CASE("load_state_dict: no method takes the state of another") {
  const nn::Linear net(2, 2);
  const continual::Task task = two_classes();
  std::vector<std::unique_ptr<Method>> methods;
  const auto add = [&]<class M>(std::type_identity<M>, const auto&... options) {
    methods.push_back(std::make_unique<M>(net, options...));
  };
  add(std::type_identity<L2>());
  add(std::type_identity<continual::EWC>());
  add(std::type_identity<continual::EWC>(), optim::EWCOptions{.gamma = 0.9});
  add(std::type_identity<SI>());
  add(std::type_identity<MAS>());
  add(std::type_identity<KroneckerLaplace>());
  add(std::type_identity<LwF>());
  add(std::type_identity<ExperienceReplay>());
  add(std::type_identity<AGEM>());
  add(std::type_identity<DER>());
  add(std::type_identity<GPM>());
  add(std::type_identity<OWM>());
  for (const bool learned : {false, true}) {
    for (std::size_t to = 0; to < methods.size(); ++to) {
      for (std::size_t from = 0; from < methods.size(); ++from) {
        CAPTURE(from);
        CAPTURE(to);
        const StateDict state = methods[from]->state_dict();
        if (from == to) CHECK_NOTHROW(methods[to]->load_state_dict(state));
        if (from != to) CHECK_THROWS_AS(methods[to]->load_state_dict(state), Error);
      }
    }
    if (learned) break;
    for (const auto& method : methods) {
      method->begin_task(task);
      method->end_task(task);
    }
  }
}

TEST_CASE("classification_loss: the other outputs do not compete") {
  const Tensor logits = tensor({5, 1, 2, 9}, {1, 4});
  const Tensor y = tensor({2}, i64);
  CHECK(classification_loss(logits, y, {1, 3}).item() ==
        doctest::Approx(std::log(1 + std::exp(-1.0))));
  CHECK(classification_loss(logits, y, {0, 4}).item() ==
        doctest::Approx(cross_entropy(logits, y).item()));
  CHECK_THROWS_WITH_AS(classification_loss(logits, y, {0, 2}),
                       "classification_loss: label 2 is none of the outputs 0 to 2", Error);
  CHECK_THROWS_WITH_AS(classification_loss(logits, y, {1, 5}),
                       "select_outputs: there are no outputs 1 to 5 in logits (1, 4)", ShapeError);
}

TEST_CASE("EWC as a method is the penalty of optim::EWC") {
  manual_seed(0);
  const nn::Linear net(2, 2);
  const continual::Task task = two_classes();
  EWC method(net, {.lambda = 3});
  optim::EWC penalty(net.parameters(), {.lambda = 3});
  method.end_task(task);
  penalty.consolidate(net, task.train);
  for (Tensor parameter : net.parameters()) parameter.data<float>()[0] += 1;

  const data::Batch batch = task.train.all();
  const Tensor logits = net(batch.x), loss = scalar(7);
  const double with = method.loss({task, batch, logits}, loss).item();
  CHECK(with == doctest::Approx(7 + penalty.penalty().item()));
  CHECK(with > 7.01);

  EWC other(net, {.lambda = 3});
  other.load_state_dict(method.state_dict());
  CHECK(other.loss({task, batch, logits}, loss).item() == with);
  CHECK(method.state_bytes() == 2 * 4 * (4 + 2) + 16);
}

TEST_CASE("EWC: of a head with labels of its own") {
  manual_seed(0);
  const nn::Linear net(2, 4);
  const continual::Task task = continual::in_scenario(continual::Scenario::task, two_classes(1), 2);
  EWC method(net, {.fisher = {.labels = optim::Labels::empirical}});
  method.end_task(task);
  const Tensor importance = method.state_dict()["1.importance"];  // of the bias
  CHECK(importance.data<float>()[0] == 0);
  CHECK(importance.data<float>()[1] == 0);
  CHECK(importance.data<float>()[2] > 0);
}
