#include <doctest/doctest.h>
#include <engram/autograd/create.h>
#include <engram/optim/adagrad.h>
#include <engram/optim/adam.h>
#include <engram/optim/rmsprop.h>
#include <engram/optim/sgd.h>

#include <array>
#include <cmath>

using namespace engram;

// The five optimizers in their textbook forms, with ε under the root and momentum as a moving
// average, in plain loops. ε is large, so that its position matters.
namespace {

constexpr int n = 5;
constexpr double eps = 1e-2;
using Numbers = std::array<double, n>;

/// The gradient of an elongated quadratic, with deterministic noise, so that it does not vanish.
Numbers gradient(const Numbers& w, int step) {
  Numbers g;
  for (int i = 0; i < n; ++i)
    g[i] = (1 + i) * (w[i] - 0.1 * i) + 0.3 * std::sin(1.7 * step * (i + 1));
  return g;
}

/// 1,000 steps of `optimizer` on w = (a, b), and of `rule(w, g, lr, t)` on plain numbers. The rate
/// is halved in the middle.
template <class Rule>
void check_follows(const Tensor& a, const Tensor& b, optim::Optimizer& optimizer, Rule rule) {
  const auto read = [&] {
    const auto x = a.data<double>(), y = b.data<double>();
    return Numbers{x[0], x[1], x[2], y[0], y[1]};
  };
  Numbers w = read();
  for (int t = 1; t <= 1000; ++t) {
    const Numbers theirs = gradient(read(), t);
    a.set_grad(tensor({theirs[0], theirs[1], theirs[2]}, f64));
    b.set_grad(tensor({theirs[3], theirs[4]}, f64));
    rule(w, gradient(w, t), optimizer.lr(), t);
    optimizer.step();
    if (t == 500) optimizer.lr() /= 2;
    const Numbers now = read();
    for (int i = 0; i < n; ++i) {
      CAPTURE(t);
      CAPTURE(i);
      REQUIRE(std::abs(now[i] - w[i]) <= 1e-12);
    }
  }
}

struct Parameters {
  Tensor a = tensor({1, -2, 0.5}, f64), b = tensor({-1, 3}, f64);
  Parameters() {
    a.set_requires_grad();
    b.set_requires_grad();
  }
};

}  // namespace

TEST_CASE("SGD: w ← w − ηg") {
  const auto [a, b] = Parameters();
  optim::SGD sgd({a, b}, {.lr = 0.01});
  check_follows(a, b, sgd, [](Numbers& w, const Numbers& g, double lr, int) {
    for (int i = 0; i < n; ++i) w[i] -= lr * g[i];
  });
}

TEST_CASE("momentum: V ← βV + (1−β)g ; w ← w − ηV") {
  const auto [a, b] = Parameters();
  optim::SGD momentum({a, b}, {.lr = 0.01, .momentum = 0.8, .moving_average = true});
  Numbers v{};
  check_follows(a, b, momentum, [&](Numbers& w, const Numbers& g, double lr, int) {
    for (int i = 0; i < n; ++i) {
      v[i] = 0.8 * v[i] + 0.2 * g[i];
      w[i] -= lr * v[i];
    }
  });
}

TEST_CASE("Adagrad: α ← α + g² ; w ← w − η/√(α + ε)·g") {
  const auto [a, b] = Parameters();
  optim::Adagrad adagrad({a, b}, {.lr = 0.1, .eps = eps, .eps_inside_root = true});
  Numbers alpha{};
  check_follows(a, b, adagrad, [&](Numbers& w, const Numbers& g, double lr, int) {
    for (int i = 0; i < n; ++i) {
      alpha[i] += g[i] * g[i];
      w[i] -= lr / std::sqrt(alpha[i] + eps) * g[i];
    }
  });
}

TEST_CASE("RMSProp: A ← βA + (1−β)g² ; w ← w − η/√(A + ε)·g") {
  const auto [a, b] = Parameters();
  optim::RMSProp rmsprop({a, b}, {.lr = 0.01, .alpha = 0.9, .eps = eps, .eps_inside_root = true});
  Numbers mean_square{};
  check_follows(a, b, rmsprop, [&](Numbers& w, const Numbers& g, double lr, int) {
    for (int i = 0; i < n; ++i) {
      mean_square[i] = 0.9 * mean_square[i] + 0.1 * g[i] * g[i];
      w[i] -= lr / std::sqrt(mean_square[i] + eps) * g[i];
    }
  });
}

TEST_CASE("Adam: w ← w − η V̂/√(Â + ε), both with bias correction") {
  const auto [a, b] = Parameters();
  optim::Adam adam({a, b}, {.lr = 0.01, .betas = {0.9, 0.99}, .eps = eps, .eps_inside_root = true});
  Numbers mean{}, mean_square{};
  check_follows(a, b, adam, [&](Numbers& w, const Numbers& g, double lr, int t) {
    for (int i = 0; i < n; ++i) {
      mean[i] = 0.9 * mean[i] + 0.1 * g[i];
      mean_square[i] = 0.99 * mean_square[i] + 0.01 * g[i] * g[i];
      const double v = mean[i] / (1 - std::pow(0.9, t));
      const double a_hat = mean_square[i] / (1 - std::pow(0.99, t));
      w[i] -= lr * v / std::sqrt(a_hat + eps);
    }
  });
}
