#include <engram/engram.h>

#include <limits>
#include <utility>

#include "edges.h"

namespace engram::test {
namespace {

using Unary = std::function<Tensor(const Tensor&)>;
using Binary = std::function<Tensor(const Tensor&, const Tensor&)>;

constexpr double infinity = std::numeric_limits<double>::infinity();

EdgeCase unary(std::string name, Unary f, double tolerance = 16) {
  return {std::move(name), EdgeInputs::line, [f](const Tensors& x) { return f(x[0]); }, false,
          tolerance};
}

EdgeCase binary(std::string name, EdgeInputs inputs, Binary f) {
  return {std::move(name), inputs, [f](const Tensors& x) { return f(x[0], x[1]); }};
}

EdgeCase of_rows(std::string name, Unary f, bool reduces = false, double tolerance = 16) {
  return {std::move(name), EdgeInputs::rows, [f](const Tensors& x) { return f(x[0]); }, reduces,
          tolerance};
}

EdgeCase compared(std::string name, Tensor (*f)(const Tensor&, const Tensor&)) {
  return binary(std::move(name), EdgeInputs::few_pairs,
                [f](const Tensor& a, const Tensor& b) { return cast(f(a, b), a.dtype()); });
}

std::vector<EdgeCase> elementwise() {
  const auto pairs = EdgeInputs::pairs;
  std::vector<EdgeCase> cases = {
      unary("exp", exp),
      unary("log", log),
      unary("sqrt", sqrt),
      unary("square", square),
      unary("abs", abs),
      unary("sign", sign),
      unary("sin", sin),
      unary("cos", cos),
      unary("erf", erf),
      unary("neg", neg),
      unary("tanh", tanh),
      unary("sigmoid", sigmoid),
      unary("relu", relu),
      unary("gelu", gelu, 128),  // 1 + erf(-√2) is a small difference
      unary("leaky_relu", [](auto& x) { return leaky_relu(x); }),
      unary("leaky_relu/slope", [](auto& x) { return leaky_relu(x, 0.25); }),
      unary("softplus", [](auto& x) { return softplus(x); }),
      unary("softplus/beta", [](auto& x) { return softplus(x, 2, 2); }),
      unary("clamp", [](auto& x) { return clamp(x, -1, 0.75); }),
      unary("clamp/infinite", [](auto& x) { return clamp(x, -infinity, 0); }),
      binary("add", pairs, [](auto& a, auto& b) { return a + b; }),
      binary("sub", pairs, [](auto& a, auto& b) { return a - b; }),
      binary("mul", pairs, [](auto& a, auto& b) { return a * b; }),
      binary("div", pairs, [](auto& a, auto& b) { return a / b; }),
      binary("pow", pairs, [](auto& a, auto& b) { return pow(a, b); }),
      binary("pow/powers", EdgeInputs::powers, [](auto& a, auto& b) { return pow(a, b); }),
      binary("maximum", pairs, maximum),
      binary("minimum", pairs, minimum),
      binary("hypot", pairs, hypot),
      binary("remainder", pairs, [](auto& a, auto& b) { return remainder(a, b); }),
      binary("floor_divide", pairs,
             [](auto& a, auto& b) { return floor_divide(detach(a), detach(b)); }),
      binary("where", EdgeInputs::few_pairs, [](auto& a, auto& b) { return where(a < b, a, b); }),
      compared("==", [](auto& a, auto& b) { return a == b; }),
      compared("!=", [](auto& a, auto& b) { return a != b; }),
      compared("<", [](auto& a, auto& b) { return a < b; }),
      compared("<=", [](auto& a, auto& b) { return a <= b; }),
      compared(">", [](auto& a, auto& b) { return a > b; }),
      compared(">=", [](auto& a, auto& b) { return a >= b; }),
  };
  for (const double n : {0., 1., 2., 0.5, -1., -2.5, infinity, -infinity}) {
    cases.push_back(unary(fmt::format("pow/{}", n), [n](auto& x) { return pow(x, n); }));
  }
  for (const auto& [name, n] :
       {std::pair{"zero", 0.}, std::pair{"three", 3.}, std::pair{"infinity", infinity}}) {
    const std::string text = name;
    cases.push_back(unary("div/by-" + text, [n = n](auto& x) { return x / n; }));
    cases.push_back(unary("div/" + text + "-by", [n = n](auto& x) { return n / x; }));
    cases.push_back(unary("mul/" + text, [n = n](auto& x) { return x * n; }));
    cases.push_back(unary("remainder/by-" + text, [n = n](auto& x) { return remainder(x, n); }));
  }
  return cases;
}

/// Rows of three as images of one line.
Tensor images(const Tensor& x) { return reshape(x, {-1, 1, 1, 3}); }

Tensor kernel(DType dtype) { return tensor({1, 0, -2}, {1, 1, 1, 3}, dtype); }

std::vector<EdgeCase> reductions() {
  constexpr double small_differences = 1 << 20;  // of large numbers, with their rounding errors
  return {
      of_rows("sum", [](auto& x) { return sum(x, {1}); }),
      of_rows("mean", [](auto& x) { return mean(x, {1}); }),
      of_rows("max", [](auto& x) { return max(x, {1}); }),
      of_rows("min", [](auto& x) { return min(x, {1}); }),
      of_rows("var", [](auto& x) { return var(x, {1}); }),
      of_rows("var/population", [](auto& x) { return var(x, {1}, {.correction = 0}); }),
      unary("var/none-left",
            [](auto& x) {
              return var(reshape(x, {-1, 1}), {1});
            }),
      of_rows("logsumexp", [](auto& x) { return logsumexp(x, {1}); }),
      of_rows("argmax", [](auto& x) { return cast(argmax(x, 1), x.dtype()); }),
      of_rows("softmax", [](auto& x) { return softmax(x, 1); }),
      of_rows("log_softmax", [](auto& x) { return log_softmax(x, 1); }),
      of_rows(
          "layer_norm", [](auto& x) { return layer_norm(x, {3}); }, false, small_differences),
      of_rows("linear",
              [](auto& x) {
                return reshape(linear(x, tensor({1, 0, -2}, {1, 3}, x.dtype())), {-1});
              }),
      binary("matmul", EdgeInputs::few_pairs,
             [](auto& a, auto& b) {
               return reshape(matmul(reshape(a, {-1, 1, 1}), reshape(b, {-1, 1, 1})), {-1});
             }),
      of_rows("max_pool2d",
              [](auto& x) {
                return reshape(max_pool2d(images(x), {.kernel = {1, 3}}), {-1});
              }),
      of_rows("avg_pool2d",
              [](auto& x) {
                return reshape(avg_pool2d(images(x), {.kernel = {1, 3}}), {-1});
              }),
      of_rows("adaptive_avg_pool2d",
              [](auto& x) { return reshape(adaptive_avg_pool2d(images(x), 1), {-1}); }),
      of_rows(
          "batch_norm",
          [](auto& x) {
            const Tensor channels = reshape(x, {1, -1, 3});
            return reshape(batch_norm(channels, {}, {}, {}, {}, {.training = true}), {-1, 3});
          },
          false, small_differences),
      of_rows("batch_norm/evaluating",
              [](auto& x) {
                return batch_norm(x, {}, {}, tensor({0, 1, -2}, x.dtype()),
                                  tensor({1, 4, 0.25}, x.dtype()), {.training = false});
              }),
      of_rows("conv2d",
              [](auto& x) { return reshape(conv2d(images(x), kernel(x.dtype())), {-1}); }),
      of_rows("conv2d_input_gradient",
              [](auto& x) {
                const Tensor dy = reshape(slice(x, 1, 0, 1), {-1, 1, 1, 1});
                return reshape(conv2d_input_gradient(dy, kernel(x.dtype()), images(x).shape()),
                               {-1, 3});
              }),
      of_rows(
          "conv2d_weight_gradient",
          [](auto& x) {  // of a kernel of 1 × 3 for each row, which is an input channel
            const Tensor dy = ones({1, 1, 1, 1}, x.dtype());
            const Tensor image = reshape(x, {1, -1, 1, 3});
            return reshape(conv2d_weight_gradient(image, dy, {1, image.size(1), 1, 3}), {-1, 3});
          }),
  };
}

const std::vector<std::int64_t> columns = {2, 0, 0};

Tensor index_rows(const Tensor& x) { return expand(tensor(columns, {1, 3}), x.shape()); }

/// Operations that move numbers, and add those that are moved to one place.
std::vector<EdgeCase> movements() {
  return {
      of_rows("clone", [](auto& x) { return clone(x); }),
      of_rows("cast", [](auto& x) { return cast(cast(x, f64), x.dtype()); }),
      of_rows("reshape", [](auto& x) { return reshape(reshape(x, {-1}), x.shape()); }),
      of_rows("flatten", [](auto& x) { return flatten(x); }),
      of_rows("squeeze",
              [](auto& x) {
                return squeeze(reshape(x, {1, -1, 3}), 0);
              }),
      of_rows("unsqueeze",
              [](auto& x) {
                return reshape(unsqueeze(x, 1), {-1, 3});
              }),
      of_rows("expand", [](auto& x) { return expand(slice(x, 1, 0, 1), x.shape()); }),
      of_rows("permute",
              [](auto& x) {
                return reshape(permute(reshape(x, {-1, 1, 3}), {0, 2, 1}), {-1, 3});
              }),
      of_rows("transpose",
              [](auto& x) {
                return reshape(transpose(reshape(x, {-1, 1, 3}), 1, 2), {-1, 3});
              }),
      of_rows("slice", [](auto& x) { return reshape(slice(x, 1, 1, 2), {-1}); }),
      of_rows("split", [](auto& x) { return reshape(split(x, 1, 1)[2], {-1}); }),
      of_rows("pad",
              [](auto& x) {
                return pad(slice(x, 1, 0, 2), {1, 0}, 7);
              }),
      of_rows("cat",
              [](auto& x) {
                return cat({slice(x, 1, 1, 3), slice(x, 1, 0, 1)}, 1);
              }),
      of_rows("stack",
              [](auto& x) {
                const auto column = [&](std::int64_t k) {
                  return reshape(slice(x, 1, k, k + 1), {-1});
                };
                return stack({column(2), column(0), column(1)}, 1);
              }),
      of_rows("outer",
              [](auto& x) {
                return reshape(outer(reshape(x, {-1}), tensor({-2}, x.dtype())), x.shape());
              }),
      of_rows("sum_to",
              [](auto& x) {
                return reshape(sum_to(x, {x.size(0), 1}), {-1});
              }),
      of_rows("gather", [](auto& x) { return gather(x, 1, index_rows(x)); }),
      of_rows("scatter_add",
              [](auto& x) { return scatter_add(zeros_like(x), 1, index_rows(x), x); }),
      of_rows("index_select", [](auto& x) { return index_select(x, 1, tensor(columns)); }),
      of_rows("index_add", [](auto& x) { return index_add(zeros_like(x), 1, tensor(columns), x); }),
      of_rows("embedding", [](auto& x) { return embedding(arange(x.size(0)), x); }),
  };
}

template <class Options>
void add_pair(std::vector<EdgeCase>& cases, const std::string& name,
              Tensor (*f)(const Tensor&, const Tensor&, const Options&)) {
  cases.push_back(binary(name + "/none", EdgeInputs::pairs, [f](auto& x, auto& t) {
    return f(x, t, {.reduction = Reduction::none});
  }));
  for (const auto& [text, reduction] :
       {std::pair{"/sum", Reduction::sum}, std::pair{"/mean", Reduction::mean}}) {
    cases.push_back(unary(name + text, [f, reduction = reduction](auto& x) {
      return f(x, ones_like(x), {.reduction = reduction});
    }));
    cases.back().reduces = true;
  }
}

std::vector<EdgeCase> elementwise_losses() {
  const auto few = EdgeInputs::few_pairs, shares = EdgeInputs::shares;
  std::vector<EdgeCase> cases = {
      binary("huber_loss/delta", few,
             [](auto& x, auto& t) {
               return huber_loss(x, t, {.reduction = Reduction::none, .delta = 0.375});
             }),
      binary(
          "bce_with_logits/none", shares,
          [](auto& x, auto& t) { return bce_with_logits(x, t, {.reduction = Reduction::none}); }),
      binary("bce_with_logits/pos-weight", shares,
             [](auto& x, auto& t) {
               return bce_with_logits(
                   x, t, {.reduction = Reduction::none, .pos_weight = full_like(x, 3)});
             }),
      binary("bce_with_logits/weight", shares,
             [](auto& x, auto& t) {
               return bce_with_logits(x, t,
                                      {.reduction = Reduction::none, .weight = zeros_like(x)});
             }),
      unary("bce_with_logits/mean", [](auto& x) { return bce_with_logits(x, ones_like(x)); }),
      binary("kl_div/none", few,
             [](auto& x, auto& t) { return kl_div(x, t, {.reduction = KLDivReduction::none}); }),
      binary("kl_div/log-target", few,
             [](auto& x, auto& t) {
               return kl_div(x, t, {.reduction = KLDivReduction::none, .log_target = true});
             }),
      unary("kl_div/mean", [](auto& x) { return kl_div(x, ones_like(x)); }),
  };
  for (EdgeCase& each : cases) each.reduces = each.name.ends_with("/mean");
  add_pair(cases, "mse_loss", mse_loss);
  add_pair(cases, "l1_loss", l1_loss);
  add_pair(cases, "huber_loss", huber_loss);
  return cases;
}

/// 0, 1, 2, ignored, 0, … in each copy.
Tensor labels(const Tensor& x) {
  const Tensor y(Shape{x.size(0)}, i64);
  const std::int64_t rows = x.size(0) / edge_copies;
  std::int64_t row = 0;
  for (std::int64_t& label : y.data<std::int64_t>()) {
    const std::int64_t place = row++ % rows % 4;
    label = place == 3 ? -100 : place;
  }
  return y;
}

Tensor all_ignored(const Tensor& x) { return full({x.size(0)}, -100, i64); }
Tensor weight(const Tensor& x) { return tensor({0.5, 0, 2}, x.dtype()); }

std::vector<EdgeCase> classification_losses() {
  constexpr Reduction none = Reduction::none;
  return {
      of_rows("cross_entropy/none",
              [](auto& x) { return cross_entropy(x, labels(x), {.reduction = none}); }),
      of_rows("cross_entropy/weight",
              [](auto& x) {
                return cross_entropy(x, labels(x), {.reduction = none, .weight = weight(x)});
              }),
      of_rows("cross_entropy/smoothing",
              [](auto& x) {
                return cross_entropy(x, labels(x), {.reduction = none, .label_smoothing = 0.25});
              }),
      of_rows("cross_entropy/smoothing-weight",
              [](auto& x) {
                return cross_entropy(
                    x, labels(x),
                    {.reduction = none, .label_smoothing = 0.25, .weight = weight(x)});
              }),
      of_rows(
          "cross_entropy/all-ignored", [](auto& x) { return cross_entropy(x, all_ignored(x)); },
          true),
      of_rows("cross_entropy/probabilities",
              [](auto& x) {
                const Tensor q = expand(tensor({0.25, 0, 0.75}, x.dtype()), x.shape());
                return cross_entropy(x, q, {.reduction = none});
              }),
      of_rows("nll_loss/none", [](auto& x) { return nll_loss(x, labels(x), {.reduction = none}); }),
      of_rows(
          "nll_loss/weight",
          [](auto& x) { return nll_loss(x, labels(x), {.reduction = none, .weight = weight(x)}); }),
      of_rows(
          "nll_loss/all-ignored", [](auto& x) { return nll_loss(x, all_ignored(x)); }, true),
  };
}

}  // namespace

std::vector<EdgeCase> edge_cases() {
  std::vector<EdgeCase> all;
  for (const auto& part :
       {elementwise(), reductions(), movements(), elementwise_losses(), classification_losses()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace engram::test
