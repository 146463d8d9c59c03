#include <engram/autograd/kernels/normalize.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/runs.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace engram::kernels {
namespace {

/// The number of groups processed together where their elements are interleaved (inner is 1), so
/// that memory is read in order. Otherwise groups are processed one by one, each in a cache.
constexpr std::int64_t max_band = 32;

/// Calls f(begin, end) for bands of groups.
template <class F>
void for_bands(const Groups& groups, F f) {
  const std::int64_t band = groups.inner == 1 ? max_band : 1;
  const std::int64_t bands = (groups.count + band - 1) / band;
  parallel_for(bands, groups_per_grain(band * groups.size()),
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   f(i * band, std::min(groups.count, (i + 1) * band));
                 }
               });
}

/// Calls f(group, place, at) for the elements of a band, where x[at] is the element and `place` its
/// index along the innermost axis.
template <class F>
void for_elements(const Groups& groups, std::int64_t begin, std::int64_t end, F f) {
  for (std::int64_t o = 0; o < groups.outer; ++o) {
    const std::int64_t row = o * groups.count;
    if (groups.inner == 1) {
      for (std::int64_t g = begin; g < end; ++g) f(g, std::int64_t{0}, row + g);
    } else {
      for (std::int64_t g = begin; g < end; ++g) {
        for (std::int64_t i = 0; i < groups.inner; ++i) f(g, i, (row + g) * groups.inner + i);
      }
    }
  }
}

/// totals[g - begin] = Σ f(outer, group, place, at) over each group of a band.
template <class T, class F>
void sum_groups(const Groups& groups, std::int64_t begin, std::int64_t end, double* totals, F f) {
  std::fill(totals, totals + (end - begin), 0.0);
  for (std::int64_t o = 0; o < groups.outer; ++o) {
    const std::int64_t row = o * groups.count;
    if (groups.inner == 1) {
      for (std::int64_t g = begin; g < end; ++g) {
        totals[g - begin] += f(o, g, std::int64_t{0}, row + g);
      }
    } else {
      for (std::int64_t g = begin; g < end; ++g) {
        totals[g - begin] += sum_run<T>(
            groups.inner, [&](std::int64_t i) { return f(o, g, i, (row + g) * groups.inner + i); });
      }
    }
  }
}

}  // namespace

template <class T>
void normalize(const Normalization<T>& normalization) {
  const Groups groups = normalization.groups;
  const T *x = normalization.x, *weight = normalization.weight, *bias = normalization.bias;
  T *y = normalization.y, *mean = normalization.mean, *variance = normalization.variance,
    *inverse_std = normalization.inverse_std;
  const double eps = normalization.eps;
  const bool of_group = normalization.parameters == Parameters::of_group;
  const auto size = static_cast<double>(groups.size());
  for_bands(groups, [=](std::int64_t begin, std::int64_t end) {
    double totals[max_band], means[max_band];
    T centre[max_band], scale[max_band];  // local, so that nothing aliases them
    // Sums of x minus one of its elements: for a mean far from 0 their rounding error is smaller.
    for (std::int64_t g = begin; g < end; ++g) {
      const T one = size > 0 ? x[g * groups.inner] : T{0};
      centre[g - begin] = std::isfinite(one) ? one : T{0};
    }
    sum_groups<T>(groups, begin, end, totals,
                  [&, x](auto, auto g, auto, auto at) { return x[at] - centre[g - begin]; });
    for (std::int64_t g = begin; g < end; ++g) {
      means[g - begin] = totals[g - begin] / size + static_cast<double>(centre[g - begin]);
      mean[g] = centre[g - begin] = static_cast<T>(means[g - begin]);
    }
    sum_groups<T>(groups, begin, end, totals, [&, x](auto, auto g, auto, auto at) {
      const T deviation = x[at] - centre[g - begin];
      return deviation * deviation;
    });
    for (std::int64_t g = begin; g < end; ++g) {
      // Corrected for the deviations having been taken from the rounded mean.
      const double rounding = means[g - begin] - static_cast<double>(centre[g - begin]);
      const double v = std::max(totals[g - begin] / size - rounding * rounding, 0.0);
      variance[g] = static_cast<T>(v);
      const double inverse = std::isinf(v) ? std::numeric_limits<double>::quiet_NaN()  // overflow
                                           : 1 / std::sqrt(v + eps);
      inverse_std[g] = scale[g - begin] = static_cast<T>(inverse);
    }
    if (of_group) {
      T shift[max_band];
      for (std::int64_t g = begin; g < end; ++g) {
        scale[g - begin] *= weight[g];
        shift[g - begin] = bias[g];
      }
      for_elements(groups, begin, end, [&, y](auto g, auto, auto at) {
        y[at] = (x[at] - centre[g - begin]) * scale[g - begin] + shift[g - begin];
      });
    } else {
      for_elements(groups, begin, end, [&, y](auto g, auto i, auto at) {
        y[at] = (x[at] - centre[g - begin]) * scale[g - begin] * weight[i] + bias[i];
      });
    }
  });
}

template <class T>
void normalize_backward(const NormalizationBackward<T>& normalization) {
  const Groups groups = normalization.groups;
  const T *x = normalization.x, *weight = normalization.weight, *mean = normalization.mean,
          *inverse_std = normalization.inverse_std, *dy = normalization.dy;
  T *dx = normalization.dx, *dweight = normalization.dweight, *dbias = normalization.dbias;
  const bool of_group = normalization.parameters == Parameters::of_group;
  const auto size = static_cast<double>(groups.size());
  for_bands(groups, [=](std::int64_t begin, std::int64_t end) {
    double sums[max_band], products[max_band];  // Σ g and Σ g·x̂; of_group: without the weight
    T centre[max_band], scale[max_band];
    std::copy(mean + begin, mean + end, centre);
    std::copy(inverse_std + begin, inverse_std + end, scale);
    const auto x_hat = [&](auto g, auto at) {
      return (x[at] - centre[g - begin]) * scale[g - begin];
    };
    const auto solve = [&](auto gradient) {
      sum_groups<T>(groups, begin, end, sums,
                    [&](auto, auto, auto i, auto at) { return gradient(i, at); });
      sum_groups<T>(groups, begin, end, products,
                    [&](auto, auto g, auto i, auto at) { return gradient(i, at) * x_hat(g, at); });
      T factor[max_band], sum_part[max_band], product_part[max_band];
      for (std::int64_t g = begin; g < end; ++g) {
        factor[g - begin] = scale[g - begin] * (of_group ? weight[g] : T{1});
        sum_part[g - begin] = static_cast<T>(sums[g - begin] / size);
        product_part[g - begin] = static_cast<T>(products[g - begin] / size);
      }
      for_elements(groups, begin, end, [&, dx](auto g, auto i, auto at) {
        dx[at] = factor[g - begin] *
                 (gradient(i, at) - sum_part[g - begin] - x_hat(g, at) * product_part[g - begin]);
      });
    };
    if (of_group) {
      solve([=](auto, auto at) { return dy[at]; });
      for (std::int64_t g = begin; g < end; ++g) {
        dbias[g] = static_cast<T>(sums[g - begin]);
        dweight[g] = static_cast<T>(products[g - begin]);
      }
    } else {
      solve([=](auto i, auto at) { return dy[at] * weight[i]; });
    }
  });
  if (of_group) return;

  // Σ over the groups: the places are the groups of the transposed view.
  const Groups places{.outer = groups.count, .count = groups.inner, .inner = 1};
  for_bands(places, [=](std::int64_t begin, std::int64_t end) {
    double sums[max_band], products[max_band];
    sum_groups<T>(places, begin, end, sums, [=](auto, auto, auto, auto at) { return dy[at]; });
    sum_groups<T>(places, begin, end, products, [=](auto group, auto, auto, auto at) {
      return dy[at] * (x[at] - mean[group]) * inverse_std[group];
    });
    for (std::int64_t i = begin; i < end; ++i) {
      dbias[i] = static_cast<T>(sums[i - begin]);
      dweight[i] = static_cast<T>(products[i - begin]);
    }
  });
}

#define INSTANTIATE(T)                              \
  template void normalize(const Normalization<T>&); \
  template void normalize_backward(const NormalizationBackward<T>&);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace engram::kernels
