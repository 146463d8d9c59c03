#include <doctest/doctest.h>
#include <engram/autograd/sanitized.h>
#include <engram/engram.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>
#include <vector>

#include "forked_child.h"
#include "values.h"

using namespace engram;

TEST_CASE("symmetric_eigen: by hand") {
  // [[2, 1], [1, 2]]: 1 along (1, -1), 3 along (1, 1).
  const auto [values_, vectors] = symmetric_eigen(tensor({2, 1, 1, 2}, {2, 2}, f64));
  CHECK(max(abs(values_ - tensor({1, 3}, f64))).item() < 1e-15);
  CHECK(max(abs(abs(vectors) - std::sqrt(0.5))).item() < 1e-15);
  const Tensor first = slice(vectors, 1, 0, 1), second = slice(vectors, 1, 1, 2);
  CHECK(std::abs(sum(first).item()) < 1e-15);
  CHECK(std::abs(sum(second).item()) > 1.4);
}

TEST_CASE("symmetric_eigen: the vectors are orthonormal and give the matrix back") {
  Generator generator(1);
  for (const DType dtype : {f32, f64}) {
    const double tolerance = dtype == f64 ? 1e-13 : 1e-4;
    const Tensor root = randn({40, 25}, dtype, generator);
    const Tensor x = matmul(root, root, {.transpose_b = true});  // of rank 25
    const Tensor before = clone(x);
    const auto [values_, vectors] = symmetric_eigen(x);
    CHECK(values_.dtype() == dtype);
    const Tensor back = matmul(vectors * values_, vectors, {.transpose_b = true});
    CHECK(max(abs(back - x)).item() < tolerance * max(abs(x)).item());
    const Tensor gram = matmul(vectors, vectors, {.transpose_a = true});
    CHECK(max(abs(gram - eye(40, dtype))).item() < tolerance);
    const Values v = values(values_);
    CHECK(std::ranges::is_sorted(v));
    CHECK(std::abs(v[14]) < tolerance * v.back());
    CHECK(v[15] > 0.01);
    CHECK(values(x) == values(before));
  }
}

TEST_CASE("symmetric_eigen: sizes 0 and 1") {
  CHECK(symmetric_eigen(zeros({0, 0})).values.shape() == Shape{0});
  CHECK(symmetric_eigen(zeros({0, 0})).vectors.shape() == Shape{0, 0});
  CHECK(symmetric_eigen(full({1, 1}, -3)).values.item() == -3);
  CHECK(std::abs(symmetric_eigen(full({1, 1}, -3)).vectors.item()) == 1);
}

TEST_CASE("symmetric_eigen: mistakes are named") {
  CHECK_THROWS_WITH_AS(symmetric_eigen(zeros({2, 3})),
                       "symmetric_eigen: needs a square matrix, got (2, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(symmetric_eigen(zeros({4})),
                       "symmetric_eigen: needs a square matrix, got (4,)", ShapeError);
  CHECK_THROWS_WITH_AS(symmetric_eigen(zeros({2, 2}, i64)),
                       "symmetric_eigen: needs f32 or f64, got i64", DTypeError);
  CHECK_THROWS_WITH_AS(symmetric_eigen(full({2, 2}, std::numeric_limits<double>::quiet_NaN())),
                       "symmetric_eigen: an element is not finite", Error);
  const Tensor x = eye(2);
  x.set_requires_grad();
  CHECK_NOTHROW(symmetric_eigen(x));
  Tape tape;
  CHECK_THROWS_WITH_AS(
      symmetric_eigen(x),
      "symmetric_eigen: it has no gradient; detach() makes a constant of its input", AutogradError);
  CHECK_NOTHROW(symmetric_eigen(detach(x)));
}

TEST_CASE("symmetric_eigen: several threads of the program at once, and a fork meanwhile") {
  Generator generator(2);
  const Tensor root = randn({60, 60}, f64, generator);
  const Tensor x = matmul(root, root, {.transpose_b = true});
  const auto expected = symmetric_eigen(x);
  std::atomic<int> wrong{0};
  std::vector<std::thread> users;
  for (int user = 0; user < 2; ++user) {
    users.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        const auto [values_, vectors] = symmetric_eigen(x);
        wrong += !std::ranges::equal(values_.bytes(), expected.values.bytes()) ||
                 !std::ranges::equal(vectors.bytes(), expected.vectors.bytes());
      }
    });
  }
#if !defined(ENGRAM_SANITIZED)  // sanitizers' allocator may be locked by another thread at a fork
  for (int i = 0; i < 20; ++i) {
    CHECK(in_forked_child([&] { return symmetric_eigen(x).values.numel() == 60; }));
  }
#endif
  for (std::thread& user : users) user.join();
  CHECK(wrong == 0);
}
