#include "optimizers/path.h"

#include "common/experiment.h"

#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/experiment/run/stop.h>
#include <engram/optim/sgd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace engram::examples::study {
namespace {

std::unique_ptr<optim::Optimizer> make_walker(const Contender& contender, const Tensor& position,
                                              double rate) {
  if (contender.name == std::string("momentum")) {
    return std::make_unique<optim::SGD>(
        std::vector{position},
        optim::SGDOptions{.lr = rate, .momentum = 0.9, .moving_average = true});
  }
  return make_contender(contender.name, {position}, {.lr = rate});
}

bool is_in_picture(const Surface& surface, const Vector2& at) {
  return at[0] >= surface.low[0] && at[0] <= surface.high[0] && at[1] >= surface.low[1] &&
         at[1] <= surface.high[1];
}

Path walk_with(const Surface& surface, const Tensor& position, optim::Optimizer& optimizer,
               double noise, std::uint64_t seed) {
  Generator generator(seed);
  const auto coordinates = position.data<double>();
  Path path{{coordinates[0], coordinates[1]}};
  for (int step = 0; step < surface.steps; ++step) {
    Tape tape;
    tape.backward(sum(surface.function(slice(position, 0, 0, 1), slice(position, 0, 1, 2))));
    const Tensor errors = randn({2}, f64, generator);
    for (std::size_t i = 0; i < 2; ++i) {
      position.grad().data<double>()[i] += noise * errors.data<double>()[i];
    }
    optimizer.step();
    optimizer.zero_grad();
    path.push_back({coordinates[0], coordinates[1]});
    if (!is_in_picture(surface, path.back())) break;
  }
  return path;
}

Tensor start_of(const Surface& surface) {
  const Tensor position = tensor({surface.start[0], surface.start[1]}, f64);
  position.set_requires_grad();
  return position;
}

}  // namespace

Path walk(const Surface& surface, const Contender& contender, double rate, std::uint64_t seed) {
  const Tensor position = start_of(surface);
  const auto optimizer = make_walker(contender, position, rate);
  const bool is_gd = contender.name == std::string("gd");
  return walk_with(surface, position, *optimizer, is_gd ? 0 : surface.noise, seed);
}

double path_rate(const Surface& surface, const Contender& contender) {
  const std::string name = contender.name;
  if (surface.common_rate > 0 && (name == "gd" || name == "sgd" || name == "momentum")) {
    return surface.common_rate;
  }
  double best = 0, lowest = std::numeric_limits<double>::infinity();
  for (int i = 0; i <= 20; ++i) {
    stop_if_interrupted();
    const double rate = std::pow(10, -4 + 0.25 * i);
    double height = 0;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const Path path = walk(surface, contender, rate, seed);
      if (std::ssize(path) <= surface.steps) height = std::nan("");  // left the picture
      const std::size_t tenth = std::max<std::size_t>(path.size() / 10, 1);
      for (std::size_t k = path.size() - tenth; k < path.size(); ++k) {
        height += slope(surface, path[k]).value;
      }
    }
    if (height < lowest) {
      lowest = height;
      best = rate;
    }
  }
  return best;
}

double mean_cosine(const Path& path) {
  double total = 0;
  int count = 0;
  for (std::size_t i = 2; i < path.size(); ++i) {
    const Vector2 a{path[i - 1][0] - path[i - 2][0], path[i - 1][1] - path[i - 2][1]};
    const Vector2 b{path[i][0] - path[i - 1][0], path[i][1] - path[i - 1][1]};
    const double lengths = std::hypot(a[0], a[1]) * std::hypot(b[0], b[1]);
    if (lengths == 0) continue;
    total += (a[0] * b[0] + a[1] * b[1]) / lengths;
    ++count;
  }
  return total / count;
}

double steep_way(const Path& path) {
  double way = 0;
  for (std::size_t i = 1; i < path.size(); ++i) way += std::abs(path[i][1] - path[i - 1][1]);
  return way;
}

double overshoot(double momentum) {
  Surface bowl = surfaces()[0];
  bowl.steps = 400;
  const Tensor position = start_of(bowl);
  optim::SGD optimizer({position}, {.lr = 0.01, .momentum = momentum});
  double farthest = 0;
  for (const Vector2& at : walk_with(bowl, position, optimizer, 0, 0)) {
    farthest = std::max(farthest, at[0]);
  }
  return farthest / -bowl.start[0];
}

}  // namespace engram::examples::study
