#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/autograd/state.h>
#include <engram/autograd/tape.h>

#include <doctest/doctest.h>

using namespace engram;

TEST_CASE("a StateDict keeps the order and finds by name") {
  const Tensor a = ones({2}), b = zeros({}, i64);
  const StateDict state{{"b", b}, {"a", a}};
  REQUIRE(state.size() == 2);
  CHECK(state.begin()->name == "b");
  CHECK(state["a"].is(a));
  CHECK(state.find("b")->is(b));
  CHECK(state.find("c") == nullptr);
  CHECK(state.contains("a"));
  CHECK_FALSE(state.contains(""));
  CHECK_THROWS_WITH_AS(state["c"], "StateDict: there is no tensor \"c\"", Error);
  CHECK(StateDict().empty());
}

TEST_CASE("clone copies the tensors of a StateDict") {
  const Tensor weight = ones({2});
  weight.set_requires_grad();
  const StateDict live{{"weight", weight}, {"count", tensor({3}, i64)}};
  const Tape tape;
  const StateDict kept = clone(live);
  weight.data<float>()[0] = 5;
  CHECK(kept.size() == 2);
  CHECK(kept.begin()->name == "weight");
  CHECK(kept["weight"].data<float>()[0] == 1);
  CHECK_FALSE(kept["weight"].requires_grad());
  CHECK(kept["count"].item() == 3);
  CHECK(tape.size() == 0);
  CHECK(clone(StateDict()).empty());
}

TEST_CASE("a StateDict refuses a name twice and an undefined tensor") {
  StateDict state{{"a", ones({2})}};
  CHECK_THROWS_WITH_AS(state.add("a", ones({1})), "StateDict: the name \"a\" is taken", Error);
  CHECK_THROWS_WITH_AS(state.add("b", Tensor()), "StateDict: the tensor \"b\" is undefined", Error);
  CHECK(state.size() == 1);
  CHECK(state["a"].shape() == Shape{2});
}

TEST_CASE("a StateDict takes numbers, lists and other states, and gives a part of itself") {
  StateDict state;
  state.add_number("steps", (std::int64_t{1} << 53) + 1);  // which no double holds
  state.add_number("flag", std::uint8_t{1});
  CHECK(state["steps"].item<std::int64_t>() == (std::int64_t{1} << 53) + 1);
  CHECK(state["flag"].dtype() == u8);

  const Tensor a = ones({2});
  state.add_list("center", {a, zeros({1})});
  state.add_list("nothing", {});
  a.data<float>()[0] = 5;
  CHECK(state["0.center"].data<float>()[0] == 1);  // a copy
  CHECK(state["1.center"].shape() == Shape{1});

  StateDict all{{"0.", a}};
  all.add_all("0.", state);
  CHECK(all.size() == 5);
  CHECK(all["0.1.center"].is(state["1.center"]));
  CHECK(all.part("0.").size() == 5);
  CHECK(all.part("0.").begin()->name.empty());
  CHECK(all.part("0.0.").begin()->name == "center");
  CHECK(all.part("1").empty());
}
