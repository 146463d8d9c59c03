#include "optimizers.h"

#include <doctest/doctest.h>
#include <engram/autograd/create.h>
#include <engram/autograd/random.h>
#include <engram/autograd/state.h>
#include <engram/io/state_file.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

using namespace engram;

namespace {

struct Parameters {
  Tensor a, b, c;  // c has a gradient at every other step only

  Parameters() {
    Generator generator(3);
    a = randn({3, 2}, f32, generator), b = randn({4}, f64, generator),
    c = randn({}, f32, generator);
    for (const Tensor& p : {a, b, c}) p.set_requires_grad();
  }

  std::vector<std::vector<Tensor>> groups() const { return {{a, b}, {c}}; }

  /// Updates with gradients that depend on the step alone.
  void train(optim::Optimizer& optimizer, int first, int last) const {
    for (int step = first; step <= last; ++step) {
      Generator generator(7, static_cast<std::uint64_t>(step));
      a.set_grad(randn(a.shape(), f32, generator));
      b.set_grad(randn(b.shape(), f64, generator));
      c.set_grad(step % 2 == 0 ? randn(c.shape(), f32, generator) : Tensor());
      optimizer.step();
    }
  }
};

void check_bitwise(const Tensor& x, const Tensor& y) {
  CHECK(x.dtype() == y.dtype());
  CHECK(x.shape() == y.shape());
  CHECK(std::ranges::equal(x.bytes(), y.bytes()));
}

void check_bitwise(const StateDict& x, const StateDict& y) {
  REQUIRE(x.size() == y.size());
  for (auto i = x.begin(), j = y.begin(); i != x.end(); ++i, ++j) {
    CAPTURE(i->name);
    CHECK(i->name == j->name);
    check_bitwise(i->value, j->value);
  }
}

struct TemporaryFile {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / "engram_optimizer_state_test.safetensors";
  ~TemporaryFile() { std::filesystem::remove(path); }
};

}  // namespace

TEST_CASE("a training goes on bitwise from a saved state, through memory and through a file") {
  for (const auto& kind : optimizer_kinds()) {
    for (const bool through_file : {false, true}) {
      CAPTURE(kind.name);
      CAPTURE(through_file);
      // Uninterrupted; both groups' options differ from those of the constructor.
      const Parameters whole;
      const auto optimizer = kind.make(whole.groups());
      optimizer->lr(0) = 0.02;
      optimizer->lr(1) = 0.03;
      whole.train(*optimizer, 1, 5);
      StateDict saved = optimizer->state_dict();
      const TemporaryFile file;
      if (through_file) {
        save(saved, file.path);
        saved = load(file.path);
      }
      const Parameters resumed;
      std::ranges::copy(whole.a.bytes(), resumed.a.bytes().begin());
      std::ranges::copy(whole.b.bytes(), resumed.b.bytes().begin());
      std::ranges::copy(whole.c.bytes(), resumed.c.bytes().begin());
      whole.train(*optimizer, 6, 12);

      const auto other = kind.make(resumed.groups());
      other->load_state_dict(saved);
      CHECK(other->steps() == 5);
      CHECK(other->lr(1) == 0.03);
      resumed.train(*other, 6, 12);
      check_bitwise(resumed.a, whole.a);
      check_bitwise(resumed.b, whole.b);
      check_bitwise(resumed.c, whole.c);
      check_bitwise(other->state_dict(), optimizer->state_dict());
    }
  }
}

TEST_CASE("a state is a copy, and loading copies") {
  const Parameters p;
  optim::Adam adam(p.groups());
  p.train(adam, 1, 1);
  const StateDict saved = adam.state_dict();
  const double before = saved["state.0.exp_avg"].data<float>()[0];
  p.train(adam, 2, 2);
  CHECK(saved["state.0.exp_avg"].data<float>()[0] == before);
  adam.load_state_dict(saved);
  p.train(adam, 2, 2);
  CHECK(saved["state.0.exp_avg"].data<float>()[0] == before);
}

TEST_CASE("a state has PyTorch's names") {
  const Parameters p;
  optim::Adam adam(p.groups(), {.amsgrad = true});
  p.train(adam, 1, 1);
  std::string names;
  for (const auto& [name, value] : adam.state_dict()) names += name + " ";
  const auto options = [](const std::string& group) {
    std::string all;
    for (const char* option :
         {"parameters", "lr", "betas.0", "betas.1", "eps", "weight_decay", "decoupled", "nesterov",
          "momentum_decay", "amsgrad", "eps_inside_root", "maximize"}) {
      all += "groups." + group + "." + option + " ";
    }
    return all;
  };
  CHECK(names == "Adam.steps " + options("0") + options("1") +
                     "state.0.step state.0.exp_avg state.0.exp_avg_sq state.0.max_exp_avg_sq "
                     "state.1.step state.1.exp_avg state.1.exp_avg_sq state.1.max_exp_avg_sq "
                     "state.2.step ");  // c has had no gradient
}

TEST_CASE("a state that does not fit is refused and changes nothing") {
  const Parameters p;
  optim::Adam adam(p.groups());
  p.train(adam, 1, 3);
  const StateDict before = adam.state_dict();

  const auto with = [&](const std::string& name, const Tensor& value) {
    StateDict state;
    for (const auto& entry : before)
      state.add(entry.name, entry.name == name ? value : entry.value);
    if (!before.contains(name)) state.add(name, value);
    return state;
  };
  const auto check_refused = [&](const StateDict& state, const char* text) {
    CHECK_THROWS_WITH(adam.load_state_dict(state), text);
    check_bitwise(adam.state_dict(), before);
  };

  const Parameters others;
  check_refused(optim::SGD(others.groups()).state_dict(),
                "load_state_dict: \"Adam.steps\" is missing, the state begins with \"SGD.steps\"");
  check_refused({}, "load_state_dict: \"Adam.steps\" is missing");
  check_refused(optim::Adam({others.a, others.b, others.c}).state_dict(),
                "load_state_dict: \"groups.0.parameters\" is 3, expected 2");
  check_refused(optim::Adam({std::vector{others.a}, std::vector{others.b}}).state_dict(),
                "load_state_dict: \"groups.0.parameters\" is 1, expected 2");
  check_refused(with("groups.1.lr", scalar(-1, f64)), "Adam: lr must be at least 0, got -1");
  check_refused(with("state.0.step", scalar(4, i64)),
                "load_state_dict: \"state.0.step\" is 4, expected 0 to 3");
  check_refused(with("state.0.step", scalar(-1, i64)),
                "load_state_dict: \"state.0.step\" is -1, expected 0 to 3");
  check_refused(with("state.3.step", scalar(1, i64)),
                "load_state_dict: \"state.3.step\" is unexpected");
}

TEST_CASE("a state without a tensor that its options need is refused, and changes nothing") {
  const Parameters p;
  const auto check_refused = [&]<class Optimizer>(const auto& options, const std::string& slot) {
    Optimizer optimizer(p.groups(), options), other(p.groups());
    p.train(optimizer, 1, 1);  // c has no gradient, and no slots
    StateDict less;
    for (const auto& [name, value] : optimizer.state_dict()) {
      if (name != "state.1." + slot) less.add(name, value);
    }
    const StateDict before = other.state_dict();
    CHECK_THROWS_WITH_AS(other.load_state_dict(less),
                         fmt::format("load_state_dict: \"state.1.{}\" is missing", slot).c_str(),
                         Error);
    check_bitwise(other.state_dict(), before);
    CHECK_NOTHROW(other.load_state_dict(optimizer.state_dict()));
  };
  using namespace optim;
  check_refused.operator()<SGD>(SGDOptions{.momentum = 0.9}, "momentum_buffer");
  check_refused.operator()<RMSProp>(RMSPropOptions{.momentum = 0.9}, "momentum_buffer");
  check_refused.operator()<RMSProp>(RMSPropOptions{.centered = true}, "grad_avg");
  check_refused.operator()<Adagrad>(AdagradOptions{}, "sum");
  check_refused.operator()<Adam>(AdamOptions{}, "exp_avg");
  check_refused.operator()<Adam>(AdamOptions{.amsgrad = true}, "max_exp_avg_sq");
  check_refused.operator()<Adam>(AdamOptions{.nesterov = true}, "mu_product");
}

TEST_CASE("a state goes on bitwise when options were assigned after the last update") {
  const auto check_assigned = []<class Optimizer>(const auto& before, const auto& after,
                                                  const std::string& slot) {
    CAPTURE(slot);
    const Parameters whole, resumed;
    Optimizer optimizer(whole.groups(), before);
    whole.train(optimizer, 1, 3);
    for (std::size_t group = 0; group < 2; ++group) optimizer.group(group) = after;
    const StateDict saved = optimizer.state_dict();
    CHECK(saved["state.1." + slot].shape() == Shape{0});  // needed, not filled
    std::ranges::copy(whole.a.bytes(), resumed.a.bytes().begin());
    std::ranges::copy(whole.b.bytes(), resumed.b.bytes().begin());
    std::ranges::copy(whole.c.bytes(), resumed.c.bytes().begin());
    Optimizer other(resumed.groups());
    other.load_state_dict(saved);
    check_bitwise(other.state_dict(), saved);
    whole.train(optimizer, 4, 6);
    resumed.train(other, 4, 6);
    check_bitwise(resumed.a, whole.a);
    check_bitwise(resumed.b, whole.b);
    check_bitwise(resumed.c, whole.c);
    check_bitwise(other.state_dict(), optimizer.state_dict());
    // Options that do not need the slot keep its content.
    for (std::size_t group = 0; group < 2; ++group) optimizer.group(group) = before;
    CHECK(optimizer.state_dict().contains("state.1." + slot));
    other.load_state_dict(optimizer.state_dict());
    check_bitwise(other.state_dict(), optimizer.state_dict());
  };
  using namespace optim;
  check_assigned.operator()<SGD>(SGDOptions{}, SGDOptions{.momentum = 0.9, .dampening = 0.5},
                                 "momentum_buffer");
  check_assigned.operator()<RMSProp>(RMSPropOptions{}, RMSPropOptions{.momentum = 0.9},
                                     "momentum_buffer");
  check_assigned.operator()<RMSProp>(RMSPropOptions{}, RMSPropOptions{.centered = true},
                                     "grad_avg");
  check_assigned.operator()<Adam>(AdamOptions{}, AdamOptions{.amsgrad = true}, "max_exp_avg_sq");
  check_assigned.operator()<Adam>(AdamOptions{}, AdamOptions{.nesterov = true}, "mu_product");
}

TEST_CASE("NAdam's state has a number beside the tensors, and what is none is refused") {
  const Parameters p;
  optim::Adam adam(p.groups(), {.nesterov = true});
  p.train(adam, 1, 2);
  const StateDict saved = adam.state_dict();
  CHECK(saved["state.1.mu_product"].shape() == Shape{});
  CHECK(saved["state.1.mu_product"].item() == doctest::Approx(0.45 * 0.45).epsilon(1e-3));
  StateDict wrong;
  for (const auto& [name, value] : saved) {
    wrong.add(name, name == "state.1.mu_product" ? zeros({4}, f64) : value);
  }
  CHECK_THROWS_WITH_AS(adam.load_state_dict(wrong),
                       "load_state_dict: \"state.1.mu_product\" is (4,), expected ()", ShapeError);
  check_bitwise(adam.state_dict(), saved);
}
