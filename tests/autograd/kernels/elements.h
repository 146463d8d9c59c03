#pragma once

#include <engram/autograd/create.h>
#include <engram/autograd/random.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

/// n elements of a standard normal distribution, rounded to T.
template <class T>
std::vector<T> normal_elements(std::int64_t n, std::uint64_t seed) {
  engram::Generator generator(seed);
  const engram::Tensor x = engram::randn({n}, engram::f64, generator);
  const auto data = x.data<double>();
  std::vector<T> elements(data.size());
  std::ranges::transform(data, elements.begin(), [](double v) { return static_cast<T>(v); });
  return elements;
}

template <class T>
std::vector<double> as_doubles(const std::vector<T>& elements) {
  return {elements.begin(), elements.end()};
}

/// max |a − b|, infinite where the lengths differ or one is NaN.
template <class T>
double largest_difference(const std::vector<T>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return INFINITY;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(static_cast<double>(a[i]) - b[i]);
    largest = std::isnan(difference) ? INFINITY : std::max(largest, difference);
  }
  return largest;
}
