#include <doctest/doctest.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/engram.h>

#include "instruction_sets.h"
#include "values.h"

using namespace engram;

TEST_CASE("threads: set_num_threads") {
  const int before = num_threads();
  set_num_threads(1);
  CHECK(num_threads() == 1);
  set_num_threads(3);
  CHECK(num_threads() == 3);
  CHECK_THROWS_WITH_AS(set_num_threads(0), "set_num_threads: needs at least 1, got 0", Error);
  CHECK_THROWS_WITH_AS(set_num_threads(-2), "set_num_threads: needs at least 1, got -2", Error);
  CHECK(num_threads() == 3);
  set_num_threads(before);
}

TEST_CASE("threads: the same bits for every number of them") {
  const int before = num_threads();
  struct Results {
    std::vector<double> random, elementwise, sums, product;
  };
  const auto compute = [](int threads) {
    set_num_threads(threads);
    Generator generator(5);
    const Tensor x = randn({300, 500}, f64, generator);
    return Results{values(x), values(exp(x) * reshape(arange(0, 500, 1, f64), {1, 500})),
                   values(sum(x, {0})), values(matmul(x, x, {.transpose_b = true}))};
  };
  for (const auto set : sets()) {
    const Using use(set);
    CAPTURE(set_name(set));
    const Results one = compute(1);
    for (int threads : {2, 5}) {
      const Results many = compute(threads);
      CHECK(many.random == one.random);
      CHECK(many.elementwise == one.elementwise);
      CHECK(many.sums == one.sums);
      CHECK(many.product == one.product);
    }
  }
  set_num_threads(before);
}

TEST_CASE("threads: what a loop throws on any of them reaches the caller") {
  const int before = num_threads();
  for (const int threads : {1, 2, 3}) {
    set_num_threads(threads);
    CHECK_THROWS_WITH_AS(kernels::parallel_for(100, 1,
                                               [](std::int64_t, std::int64_t end) {
                                                 if (end == 100) fail<Error>("the last one");
                                               }),
                         "the last one", Error);
  }
  set_num_threads(before);
}
