#include <engram/autograd/create.h>
#include <engram/autograd/state_reader.h>
#include <engram/autograd/tape.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace engram;

namespace {

/// An object with state.
struct Kept {
  int count = 1;
  double rate = 0.5;
  Tensor mask = zeros({2}, u8);
  std::vector<Tensor> list = {ones({2}), ones({1, 3}, f64)};

  StateDict state_dict() const {
    StateDict state;
    state.add_number("count", std::int64_t{count});
    state.add_number("rate", rate);
    state.add("mask", mask);
    state.add_list("value", list);
    return state;
  }

  void read_state(StateReader& state) {
    state.set(count, state.count<int>("count"));
    state.set(rate, state.number<double>("rate"));
    state.set(mask, state.tensor("mask", u8, {2}));
    state.set(list, state.list("value", list));
  }

  void load_state_dict(const StateDict& saved) {
    StateReader state(saved);
    read_state(state);
    state.commit();
  }
};

StateDict with(const StateDict& state, const std::string& name, const Tensor& value) {
  StateDict changed;
  for (const auto& entry : state) changed.add(entry.name, entry.name == name ? value : entry.value);
  return changed;
}

}  // namespace

TEST_CASE("StateReader: sets all that was read") {
  Kept from{7, 0.25, ones({2}, u8), {zeros({2}), zeros({1, 3}, f64)}}, to;
  const StateDict state = from.state_dict();
  CHECK(state["0.value"].shape() == Shape{2});
  CHECK(state["count"].shape() == Shape{});
  to.load_state_dict(state);
  CHECK(to.count == 7);
  CHECK(to.rate == 0.25);
  CHECK(to.mask.data<std::uint8_t>()[1] == 1);
  CHECK(to.list[1].data<double>()[2] == 0);
  state["mask"].data<std::uint8_t>()[1] = 5;  // the loaded one is a copy
  CHECK(to.mask.data<std::uint8_t>()[1] == 1);
}

TEST_CASE("StateReader: what is read is constant, and no tape sees it") {
  const Tensor learned = ones({2});
  learned.set_requires_grad();
  const StateDict saved{{"x", learned}};
  const Tape tape;
  StateReader state(saved);
  CHECK_FALSE(state.tensor("x").requires_grad());
  CHECK(tape.size() == 0);
}

TEST_CASE("StateReader: names what is wrong, and then sets nothing") {
  Kept kept;
  Kept other{7, 0.25, ones({2}, u8), {zeros({2}), zeros({1, 3}, f64)}};
  const StateDict state = other.state_dict();
  const auto check_unchanged = [&] {
    CHECK(kept.count == 1);
    CHECK(kept.rate == 0.5);
    CHECK(kept.mask.data<std::uint8_t>()[0] == 0);
    CHECK(kept.list[0].data<float>()[0] == 1);
  };
  CHECK_THROWS_WITH_AS(kept.load_state_dict({}), "load_state_dict: \"count\" is missing", Error);
  CHECK_THROWS_WITH_AS(kept.load_state_dict({{"step", scalar(1)}, {"rate", scalar(1)}}),
                       "load_state_dict: \"count\" is missing, the state begins with \"step\"",
                       Error);
  CHECK_THROWS_WITH_AS(kept.load_state_dict({{"count", scalar(1, i64)}}),
                       "load_state_dict: \"rate\" is missing", Error);
  CHECK_THROWS_WITH_AS(kept.load_state_dict(with(state, "count", scalar(-1, i64))),
                       "load_state_dict: \"count\" is -1, expected 0 to 2147483647", Error);
  CHECK_THROWS_WITH_AS(kept.load_state_dict(with(state, "count", scalar(1))),
                       "load_state_dict: \"count\" is f32, expected i64", DTypeError);
  CHECK_THROWS_WITH_AS(kept.load_state_dict(with(state, "rate", ones({1}, f64))),
                       "load_state_dict: \"rate\" is (1,), expected ()", ShapeError);
  CHECK_THROWS_WITH_AS(kept.load_state_dict(with(state, "1.value", ones({3, 0}, f64))),
                       "load_state_dict: \"1.value\" is (3, 0), expected (1, 3)", ShapeError);
  check_unchanged();

  StateDict more = state;
  more.add("2.value", scalar(1));
  CHECK_THROWS_WITH_AS(kept.load_state_dict(more), "load_state_dict: \"2.value\" is unexpected",
                       Error);
  more.add("size", scalar(1));
  CHECK_THROWS_WITH_AS(kept.load_state_dict(more),
                       "load_state_dict: 2 entries do not fit:\n"
                       "  \"2.value\" is unexpected\n"
                       "  \"size\" is unexpected",
                       Error);
  check_unchanged();
}

TEST_CASE("StateReader: values that are not finite, or too small, are named") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  const std::vector<Tensor> like = {ones({2}), ones({1, 3}, f64)};
  const auto read = [&](double value, auto... least) {
    StateDict saved;
    saved.add_list("value", {tensor({1, 2}), tensor({0.5, value, 3}, {1, 3}, f64)});
    StateReader state(saved);
    return state.finite_list("value", like, least...);
  };
  CHECK(read(-1e308)[1].data<double>()[1] == -1e308);
  CHECK(read(0, 0)[0].data<float>()[1] == 2);
  CHECK_NOTHROW(StateReader({}).check_finite("count", scalar(-1, i64)));
  CHECK_THROWS_WITH_AS(read(std::nan("")),
                       "load_state_dict: \"1.value\" has the value nan, expected finite values",
                       Error);
  CHECK_THROWS_WITH_AS(
      read(-inf), "load_state_dict: \"1.value\" has the value -inf, expected finite values", Error);
  CHECK_THROWS_WITH_AS(
      read(-0.25, 0),
      "load_state_dict: \"1.value\" has the value -0.25, expected finite values of at least 0",
      Error);
  CHECK_THROWS_WITH_AS(
      read(inf, 0),
      "load_state_dict: \"1.value\" has the value inf, expected finite values of at least 0",
      Error);
}

TEST_CASE("StateReader: a list of what does not fit has an end") {
  StateDict saved;
  std::string text = "load_state_dict: 22 entries do not fit:";
  for (int k = 0; k < 22; ++k) {
    saved.add(std::to_string(k), scalar(k));
    if (k < 20) text += "\n  \"" + std::to_string(k) + "\" is unexpected";
  }
  CHECK_THROWS_WITH_AS(StateReader(saved).commit(), (text + "\n  and 2 more").c_str(), Error);
}

TEST_CASE("StateReader: the parts of a state are set together, or not at all") {
  Kept a, b;
  const auto load = [&](const StateDict& saved) {
    StateReader state(saved);
    state.within("a.", [&] { a.read_state(state); });
    state.within("b.", [&] { b.read_state(state); });
    state.commit();
  };
  const Kept other{7, 0.25, ones({2}, u8), {zeros({2}), zeros({1, 3}, f64)}};
  StateDict state;
  state.add_all("a.", other.state_dict());
  state.add_all("b.", other.state_dict());
  CHECK(state.part("b.")["rate"].item() == 0.25);
  CHECK(state.part("c.").empty());
  CHECK_THROWS_WITH_AS(load(with(state, "b.mask", zeros({2}))),
                       "load_state_dict: \"b.mask\" is f32, expected u8", DTypeError);
  CHECK(a.count == 1);
  CHECK(b.count == 1);
  load(state);
  CHECK(a.count == 7);
  CHECK(b.count == 7);
}

TEST_CASE("StateReader: overwrites tensors, also by each other's values") {
  const Tensor x = tensor({1, 2}), y = tensor({3, 4});
  StateReader({{"x", y}, {"y", x}}).overwrite({{"x", x}, {"y", y}});
  CHECK(x.data<float>()[0] == 3);
  CHECK(y.data<float>()[1] == 2);
  StateReader({{"x", zeros({2})}, {"z", x}}).overwrite({{"x", x}, {"y", y}}, false);
  CHECK(x.data<float>()[0] == 0);
  CHECK(y.data<float>()[1] == 2);
  StateReader({}).overwrite({});
}
