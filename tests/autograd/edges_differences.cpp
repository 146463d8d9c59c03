#include "edges.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace engram::test {
namespace {

using Place = EdgePlace;
using Ours = std::optional<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

bool is_nan_or_zero(double v) { return std::isnan(v) || v == 0; }
bool is_finite(double v) { return std::isfinite(v); }

/// -dy·y/b with y = a/b, rounded after each operation.
double div_gradient(const Place& p, double a, double b) {
  const double y = p.rounded(a / b);
  return p.rounded(p.rounded(-p.dy * y) / b);
}

/// dy·a^(b-1)·b, rounded after each operation.
double pow_gradient(const Place& p, double a, double b) {
  return p.rounded(p.rounded(p.dy * p.rounded(std::pow(a, b - 1))) * b);
}

/// Whether an intermediate result of dy·(b·a^(b-1)) or dy·a^(b-1)·b leaves the range.
bool pow_leaves_range(const Place& p, double a, double b) {
  const double power = p.rounded(std::pow(a, b - 1));
  const double one = p.rounded(b * power), other = p.rounded(p.dy * power);
  return !is_finite(one) || !is_finite(other) || one == 0 || other == 0;
}

/// dy·(a/y), rounded after each operation, where dy·a or a/y leaves the range.
Ours hypot_gradient(const Place& p, double a) {
  const double y = p.rounded(std::hypot(p.x[0], p.x[1]));
  const double product = p.rounded(p.dy * a), quotient = p.rounded(a / y);
  const bool in_range = is_finite(product) && product != 0 && quotient != 0;
  return in_range ? Ours() : Ours(p.rounded(p.dy * quotient));
}

/// A row whose squares overflow is not at its mean.
Ours overflowing_variance(const Place& p) {
  const bool overflows = std::ranges::any_of(
      p.x, [&](double v) { return is_finite(v) && !is_finite(p.rounded(v * v)); });
  return overflows && p.torch == 0 ? Ours(nan_value) : Ours();
}
constexpr auto of_overflowing_variance =
    "the variance overflows; PyTorch's layer_norm makes NaN of it too, its batch_norm 0";

double remainder_of(double a, double b) {
  const double r = std::fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

double square_gradient(const Place& p, double e) { return 2 * p.rounded(p.dy * e); }

/// The share of an element among the largest of its row; those that are NaN if one is.
double share_of_largest(const Place& p, double sign) {
  const bool any_nan = std::ranges::any_of(p.x, [](double v) { return std::isnan(v); });
  double best = -infinity;
  for (double v : p.x) best = std::max(best, sign * v);
  const auto chosen = [&](double v) { return any_nan ? std::isnan(v) : sign * v == best; };
  return chosen(p.x[p.column]) ? p.dy / static_cast<double>(std::ranges::count_if(p.x, chosen)) : 0;
}

bool is_ignored(const Place& p) { return p.number % 4 == 3; }

/// −Σ q log softmax(x) with a smoothing of 1/4.
Ours smoothed_loss(const Place& p) {
  if (is_ignored(p) || !std::ranges::all_of(p.x, is_finite) || is_finite(p.torch)) return {};
  const double top = std::ranges::max(p.x);
  double total = 0;
  for (double v : p.x) total += std::exp(v - top);
  double loss = 0.75 * p.rounded(top - p.x[static_cast<std::size_t>(p.number % 4)]);
  for (double v : p.x) loss += 0.25 / 3 * p.rounded(top - v);
  return p.rounded(loss + std::log(total));
}

/// dy·(softmax(x) Σq − q) with q = w·((1 − smoothing)·[c = label] + smoothing/3).
Ours cross_entropy_gradient(const Place& p, const std::vector<double>& w, double smoothing) {
  if (is_ignored(p)) return 0;
  if (is_finite(p.torch)) return {};
  const double top = std::ranges::max(p.x);
  double total = 0, mass = 0, q = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    const bool labelled = static_cast<std::int64_t>(c) == p.number % 4;
    const double of_class = w[c] * ((labelled ? 1 - smoothing : 0) + smoothing / 3);
    total += std::exp(p.x[c] - top);
    mass += of_class;
    if (c == p.column) q = of_class;
  }
  return p.rounded(p.dy * (std::exp(p.x[p.column] - top) / total * mass - q));
}

/// (g − mean g − x̂·mean(g·x̂)) / σ of g = (dy, 1, -1); in long double, where no sum overflows.
Ours normalized_gradient(const Place& p) {
  const long double g[] = {p.dy, 1, -1};
  const auto mean = [](auto f) { return (f(0) + f(1) + f(2)) / 3; };
  const auto x = [&](std::size_t k) { return static_cast<long double>(p.x[k]); };
  const long double middle = mean(x);
  const long double variance = mean([&](auto k) { return (x(k) - middle) * (x(k) - middle); });
  if (!is_finite(p.rounded(static_cast<double>(variance)))) return nan_value;
  const long double deviation = std::sqrt(variance + 1e-5L);
  const auto x_hat = [&](std::size_t k) { return (x(k) - middle) / deviation; };
  const auto product_of = [&](std::size_t k) -> long double {
    return p.rounded(static_cast<double>(g[k] * x_hat(k)));  // may leave the range
  };
  const long double product = mean(product_of);
  const long double mean_g = mean([&](auto k) { return g[k]; });
  const std::size_t k = p.column;
  return p.rounded(static_cast<double>((g[k] - mean_g - x_hat(k) * product) / deviation));
}

/// dy · scale · deviation, where the mean of the deviations is subtracted again.
Ours var_gradient(const Place& p, double scale) {
  if (!is_finite(p.rounded(p.x[0] + p.x[1] + p.x[2]))) return nan_value;
  if (p.x[0] != -p.x[1] || p.column != 2) return {};
  const double mean = p.rounded((p.x[0] + p.x[1] + p.x[2]) / 3);
  double d[3], total = 0;
  for (std::size_t k = 0; k < 3; ++k) total += d[k] = p.rounded(p.x[k] - mean);
  return p.rounded((d[2] - total / 3) * p.rounded(p.dy * scale));
}

}  // namespace

std::vector<EdgeDifference> edge_differences() {
  using enum EdgeDifference::Part;
  std::vector<EdgeDifference> list = {
      // Selections, which do not multiply.
      {"abs", gradients, [](const Place& p) { return is_nan_or_zero(p.x[0]) ? Ours(0) : Ours(); },
       "0 at 0 for any cotangent; PyTorch multiplies it by 0"},
      {"l1_loss/none", gradients,
       [](const Place& p) { return is_nan_or_zero(p.x[0] - p.x[1]) ? Ours(0) : Ours(); }, "as abs"},
      {"l1_loss/sum", gradients,
       [](const Place& p) { return is_nan_or_zero(p.x[0] - 1) ? Ours(0) : Ours(); }, "as abs"},
      {"l1_loss/mean", gradients,
       [](const Place& p) { return is_nan_or_zero(p.x[0] - 1) ? Ours(0) : Ours(); }, "as abs"},
      {"pow", gradient1,
       [](const Place& p) { return p.x[0] == 0 && p.x[1] >= 0 ? Ours(0) : Ours(); },
       "0 where 0 to the power of b is constant, for any cotangent; PyTorch multiplies it by 0"},
      {"pow/powers", gradient1,
       [](const Place& p) { return p.x[0] == 0 && p.x[1] >= 0 ? Ours(0) : Ours(); }, "as pow"},
      {"max", gradients, [](const Place& p) { return Ours(share_of_largest(p, 1)); },
       "elements that are not chosen get 0, those that are NaN share; PyTorch multiplies by 0, and "
       "beside a NaN makes NaN of all"},
      {"min", gradients, [](const Place& p) { return Ours(share_of_largest(p, -1)); }, "as max"},
      {"cross_entropy/none", gradients,
       [](const Place& p) {
         return cross_entropy_gradient(p, {1, 1, 1}, 0);
       },
       "what is ignored has no part in the loss, PyTorch multiplies softmax by 0; and dy·(p - q), "
       "not "
       "dy·p - dy·q, for an infinite dy"},
      {"cross_entropy/weight", gradients,
       [](const Place& p) {
         return cross_entropy_gradient(p, {0.5, 0, 2}, 0);
       },
       "as cross_entropy/none"},
      {"cross_entropy/smoothing", gradients,
       [](const Place& p) {
         return cross_entropy_gradient(p, {1, 1, 1}, 0.25);
       },
       "as cross_entropy/none"},
      {"cross_entropy/smoothing-weight", gradients,
       [](const Place& p) {
         return cross_entropy_gradient(p, {0.5, 0, 2}, 0.25);
       },
       "as cross_entropy/none"},
      {"cross_entropy/all-ignored", gradients, [](const Place&) { return Ours(0); },
       "the mean of nothing is NaN, but no score has a part in it"},
      {"sign", value, [](const Place& p) { return std::isnan(p.x[0]) ? Ours(p.x[0]) : Ours(); },
       "a NaN stays visible; PyTorch makes 0 of it"},

      // Overflow or underflow only in PyTorch's order of operations.
      {"square", gradients,
       [](const Place& p) { return p.dy == 0 ? Ours(square_gradient(p, p.x[0])) : Ours(); },
       "PyTorch's 2·x overflows"},
      {"mse_loss/none", gradients,
       [](const Place& p) {
         return p.dy == 0 ? Ours(square_gradient(p, p.rounded(p.x[0] - p.x[1]))) : Ours();
       },
       "as square"},
      {"mse_loss/sum", gradients,
       [](const Place& p) { return p.dy == 0 ? Ours(square_gradient(p, p.x[0] - 1)) : Ours(); },
       "as square"},
      {"div", gradient1,
       [](const Place& p) {
         return is_nan_or_zero(p.torch) ? Ours(div_gradient(p, p.x[0], p.x[1])) : Ours();
       },
       "-dy·(a/b)/b; PyTorch's dy·((a/b)/b) underflows before the product"},
      {"pow", gradient0,
       [](const Place& p) {
         const double a = p.x[0], b = p.x[1];
         return b != 0 && pow_leaves_range(p, a, b) ? Ours(pow_gradient(p, a, b)) : Ours();
       },
       "dy·a^(b-1)·b; PyTorch's b·a^(b-1) leaves the range before the product"},
      {"pow/powers", gradient0,
       [](const Place& p) {
         const double a = p.x[0], b = p.x[1];
         return b != 0 && pow_leaves_range(p, a, b) ? Ours(pow_gradient(p, a, b)) : Ours();
       },
       "as pow"},
      {"hypot", gradient0, [](const Place& p) { return hypot_gradient(p, p.x[0]); },
       "dy·(a/y); PyTorch's dy·a leaves the range before the quotient"},
      {"hypot", gradient1, [](const Place& p) { return hypot_gradient(p, p.x[1]); },
       "as that of a"},
      {"pow/2", gradients,
       [](const Place& p) { return p.dy == 0 ? Ours(pow_gradient(p, p.x[0], 2)) : Ours(); },
       "as pow"},
      {"pow/0.5", gradients,
       [](const Place& p) {
         const double x = p.x[0];
         return x == 0 || x == -infinity || x == 0.5 ? Ours(pow_gradient(p, x, 0.5)) : Ours();
       },
       "as pow, and IEEE 754's power of -0 and -inf; PyTorch takes the square root"},
      {"pow/0.5", value,
       [](const Place& p) {
         return p.x[0] == 0 || p.x[0] == -infinity ? Ours(std::pow(p.x[0], 0.5)) : Ours();
       },
       "IEEE 754's power of -0 and -inf; PyTorch takes the square root"},
      {"pow", value, [](const Place& p) { return p.x[1] == 1 ? Ours(p.x[0]) : Ours(); },
       "PyTorch's vectorised power overflows at the largest number"},
      {"pow/powers", value, [](const Place& p) { return p.x[1] == 1 ? Ours(p.x[0]) : Ours(); },
       "as pow"},
      {"remainder", value,
       [](const Place& p) {
         return std::isnan(p.torch) ? Ours(remainder_of(p.x[0], p.x[1])) : Ours();
       },
       "exact, however large the quotient; PyTorch's vectorised fmod gives NaN"},
      {"floor_divide", value,
       [](const Place& p) {
         const double a = p.x[0], b = p.x[1];
         return std::isnan(p.torch) && is_finite(a) && is_finite(b) && b != 0
                    ? Ours(p.rounded((a - std::fmod(a, b)) / b))
                    : Ours();
       },
       "as remainder"},
      {"remainder", gradient1,
       [](const Place& p) {
         const double a = p.x[0], b = p.x[1];
         return std::isnan(p.torch) && is_finite(a) && is_finite(b) && b != 0
                    ? Ours(-p.dy * p.rounded((a - std::fmod(a, b)) / b))
                    : Ours();
       },
       "as floor_divide"},
      {"softplus", gradients,
       [](const Place& p) {
         return std::isinf(p.torch) && is_finite(p.dy)
                    ? Ours(p.rounded(p.dy / (1 + std::exp(-p.x[0]))))
                    : Ours();
       },
       "PyTorch's dy·e^x / (e^x + 1) overflows"},
      {"softplus/beta", gradients,
       [](const Place& p) {
         return std::isinf(p.torch) && is_finite(p.dy)
                    ? Ours(p.rounded(p.dy / (1 + std::exp(-2 * p.x[0]))))
                    : Ours();
       },
       "as softplus"},
      {"logsumexp", gradients,
       [](const Place& p) {
         const bool both = p.x[0] == p.x[1] && p.x[0] > 1 && is_finite(p.x[0]);
         return both && p.column < 2 ? Ours(p.dy / 2) : Ours();
       },
       "softmax; PyTorch's e^(x - y) is 1 for each where y has rounded to x"},
      {"bce_with_logits/weight", gradient1,
       [](const Place& p) { return is_finite(p.dy) && is_finite(p.x[0]) ? Ours(0) : Ours(); },
       "0 times the largest is 0; PyTorch's dy·x overflows before it meets the weight"},
      {"cross_entropy/smoothing", value, smoothed_loss,
       "PyTorch adds up the classes before it divides by their number"},

      // Other definitions.
      {"kl_div/none", gradient1,
       [](const Place& p) {
         const double of_t_log_t = p.rounded(p.dy * (std::log(p.x[1]) + 1));
         return p.x[1] < 0 || std::isnan(p.torch) ? Ours(of_t_log_t - p.rounded(p.dy * p.x[0]))
                                                  : Ours();
       },
       "dy·(log t + 1) - dy·input, which is -inf at t = 0; PyTorch: NaN there"},
      {"layer_norm", gradients,
       [](const Place& p) { return std::isnan(p.torch) ? normalized_gradient(p) : Ours(); },
       "the formula's terms in another order, where some are infinite"},
      {"batch_norm", value, overflowing_variance, of_overflowing_variance},
      {"batch_norm", gradients, overflowing_variance, of_overflowing_variance},
      {"batch_norm", gradients,
       [](const Place& p) { return std::isinf(p.torch) ? normalized_gradient(p) : Ours(); },
       "PyTorch's products of the largest overflow before they cancel"},
      {"gelu", value,
       [](const Place& p) { return p.torch == 0 ? Ours(std::copysign(0, p.x[0])) : Ours(); },
       "x·Φ(x) has the sign of x; PyTorch's vectorised loop loses it"},
  };
  for (const auto& [name, n] :
       {std::pair{"div/zero-by", 0.}, {"div/three-by", 3.}, {"div/infinity-by", infinity}}) {
    list.push_back({name, gradients,
                    [n = n](const Place& p) {
                      return is_nan_or_zero(p.torch) ? Ours(div_gradient(p, n, p.x[0])) : Ours();
                    },
                    "as div"});
  }
  for (const auto& [name, scale] : {std::pair{"var", 1.}, {"var/population", 2. / 3}}) {
    list.push_back({name, gradients,
                    [scale = scale](const Place& p) { return var_gradient(p, scale); },
                    "the deviations' mean is taken away once more: NaN where it is infinite, and "
                    "beside large deviations their rounding"});
    list.push_back({name, value,
                    [](const Place& p) {
                      if (!std::ranges::all_of(p.x, is_finite) || is_finite(p.torch)) return Ours();
                      const double total = p.rounded(p.x[0] + p.x[1] + p.x[2]);
                      return Ours(is_finite(total) ? infinity : nan_value);
                    },
                    "beyond the range: inf, or NaN where the mean is too; PyTorch's running mean "
                    "overflows elsewhere"});
  }
  list.push_back({"div/zero-by", value,
                  [](const Place& p) { return p.x[0] != 0 ? Ours(0 / p.x[0]) : Ours(); },
                  "PyTorch multiplies by the reciprocal, which overflows"});
  for (const char* name : {"avg_pool2d", "adaptive_avg_pool2d"}) {
    list.push_back({name, value,
                    [](const Place& p) {
                      const double total = std::accumulate(p.x.begin(), p.x.end(), 0.);
                      return std::isinf(p.torch) ? Ours(p.rounded(total / 3)) : Ours();
                    },
                    "f32 adds up in f64; PyTorch's sum overflows"});
  }
  return list;
}

}  // namespace engram::test
