#include <engram/experiment/search/search.h>

#include <engram/autograd/error.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace engram;
using namespace engram::experiment;

TEST_CASE("Grid: every combination once, the last name's value changing fastest") {
  Grid grid(Json{{"lr", {0.1, 1}}, {"name", {"a", "b", "c"}}});
  CHECK(grid.size() == 6);
  std::vector<Trial> tried;
  while (auto settings = grid.next(tried)) tried.push_back({*settings});
  REQUIRE(tried.size() == 6);
  CHECK(tried[0].settings == Json{{"lr", 0.1}, {"name", "a"}});
  CHECK(tried[1].settings == Json{{"lr", 0.1}, {"name", "b"}});
  CHECK(tried[5].settings == Json{{"lr", 1}, {"name", "c"}});
  CHECK(Grid(Json::object()).next({}) == Json::object());  // one trial, without settings
  CHECK_FALSE(Grid(Json{{"lr", Json::array()}}).next({}));
  CHECK_THROWS_WITH_AS(Grid(Json{{"lr", 3}}), "Grid: axes are an object of arrays, got {\"lr\":3}",
                       Error);
}

TEST_CASE("search: the mean over seeds decides, a seed without a score takes the trial's") {
  Grid grid(Json{{"x", {1, 2, 3, 4}}});
  const std::vector<Trial> trials = search(grid, 3, [](const Json& settings, std::uint64_t seed) {
    const double x = settings["x"];
    if (x == 4) return seed == 2 ? std::nan("") : 100;
    return -(x - 2) * (x - 2) + 0.1 * static_cast<double>(seed);
  });
  REQUIRE(trials.size() == 4);
  CHECK(trials[1].score.mean == doctest::Approx(0.1));
  CHECK(trials[1].score.count == 3);
  CHECK(std::isnan(trials[3].score.mean));
  CHECK(best(trials) == &trials[1]);
  CHECK_THROWS_WITH_AS(search(grid, 0, [](const Json&, std::uint64_t) { return 0.; }),
                       "search: needs at least one seed, got 0", Error);
}

TEST_CASE("best, and the first within one standard error of it") {
  const Estimate none{};
  const auto trials = [](std::initializer_list<Estimate> scores) {
    std::vector<Trial> list;
    for (const Estimate& score : scores) list.push_back({Json::object(), score});
    return list;
  };
  const auto all = trials({none, {0.85, 0.01, 5}, {0.89, 0.01, 5}, {0.9, 0.015, 5}, {0.9, 0, 5}});
  CHECK(best(all) == &all[3]);
  CHECK(first_near_best(all) == &all[2]);
  const auto single = trials({{0.89}, {0.9}});  // one seed each: no standard error
  CHECK(first_near_best(single) == &single[1]);
  CHECK(best(trials({none, none})) == nullptr);
  CHECK(first_near_best(trials({})) == nullptr);
}
