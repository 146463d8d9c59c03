#include <engram/engram.h>

#include "operations.h"

// Arithmetic, functions of one variable, activations, and selections by comparison.
namespace engram::test {
namespace {

/// The four cases of broadcasting.
void add_binary(std::vector<OperationCase>& rows, const std::string& name,
                Tensor (*f)(const Tensor&, const Tensor&), double low = -2, double high = 2) {
  const auto row = [&](const std::string& variant, const Shape& a, const Shape& b) {
    rows.push_back({name + variant,
                    [f](const Tensors& x) { return f(x[0], x[1]); },
                    {spread(a, low, high), spread(b, low, high)}});
  };
  row("", {2, 3}, {2, 3});
  row("/broadcast-left", {3, 1}, {2, 3, 2});
  row("/broadcast-right", {2, 3}, {1, 3});
  row("/broadcast-both", {2, 1}, {3});
  rows.push_back({name + "/itself",
                  [f](const Tensors& x) { return f(x[0], x[0]); },
                  {spread({2, 2}, low, high)}});
}

void add_unary(std::vector<OperationCase>& rows, const std::string& name,
               Tensor (*f)(const Tensor&), double low = -2, double high = 2) {
  rows.push_back({name, [f](const Tensors& x) { return f(x[0]); }, {spread({2, 4}, low, high)}});
}

}  // namespace

std::vector<OperationCase> elementwise_operations() {
  std::vector<OperationCase> rows;
  add_binary(rows, "add", add);
  add_binary(rows, "sub", sub);
  add_binary(rows, "mul", mul);
  add_binary(rows, "div", div, 0.5, 2);
  add_binary(rows, "pow", pow, 0.5, 2);
  add_binary(rows, "maximum", maximum);
  add_binary(rows, "minimum", minimum);
  add_binary(rows, "hypot", hypot);
  add_unary(rows, "neg", neg);
  add_unary(rows, "exp", exp);
  add_unary(rows, "log", log, 0.5, 3);
  add_unary(rows, "sqrt", sqrt, 0.5, 3);
  add_unary(rows, "square", square);
  add_unary(rows, "abs", abs);
  add_unary(rows, "sign", sign);
  add_unary(rows, "sin", sin);
  add_unary(rows, "cos", cos);
  add_unary(rows, "erf", erf);
  add_unary(rows, "tanh", tanh);
  add_unary(rows, "sigmoid", sigmoid);
  add_unary(rows, "relu", [](const Tensor& x) { return relu(x); });
  add_unary(rows, "gelu", gelu);

  const std::vector<OperationCase> more = {
      {"add/number", [](const Tensors& x) { return 1.5 + x[0] + 0.5; }, {spread({3})}},
      {"sub/number", [](const Tensors& x) { return 1.5 - (x[0] - 0.5); }, {spread({3})}},
      {"mul/number", [](const Tensors& x) { return 1.5 * (x[0] * -3); }, {spread({3})}},
      {"remainder",
       [](const Tensors& x) { return remainder(x[0], x[1]); },
       {tensor({-2.3, 0.7, 1.9, 2}, f64), tensor({0.75, -1.1, 0.6, 3}, f64)}},
      {"div/number", [](const Tensors& x) { return 1.5 / (x[0] / 3); }, {spread({4}, 0.5, 2)}},
      {"pow/number", [](const Tensors& x) { return pow(x[0], 3); }, {spread({4})}},
      {"pow/zero-base",
       [](const Tensors& x) {
         const DType dtype = x[0].dtype();
         return pow(tensor({0, 0, 0, 1}, dtype) * x[0], tensor({0, 1, 2, 0}, dtype));
       },
       {spread({4})}},
      {"sum_to",
       [](const Tensors& x) {
         return sum_to(x[0], {3, 1});
       },
       {spread({2, 3, 2})}},
      {"sum_to/scalar", [](const Tensors& x) { return sum_to(x[0], {}); }, {spread({2, 3})}},
      {"leaky_relu", [](const Tensors& x) { return leaky_relu(x[0]); }, {spread({2, 4})}},
      {"leaky_relu/slope", [](const Tensors& x) { return leaky_relu(x[0], 0.25); }, {spread({6})}},
      {"softplus", [](const Tensors& x) { return softplus(x[0]); }, {spread({2, 4})}},
      {"softplus/beta", [](const Tensors& x) { return softplus(x[0], 2, 2); }, {spread({6})}},
      {"clamp", [](const Tensors& x) { return clamp(x[0], -1, 0.5); }, {spread({2, 4})}},
      {"where",
       [](const Tensors& x) { return where(x[0], x[1], x[2]); },
       {tensor({1, 0, 0, 1, 1, 0}, {2, 3}, boolean), spread({2, 3}), spread({2, 3})}},
      {"where/broadcast",
       [](const Tensors& x) { return where(x[0], x[1], x[2]); },
       {tensor({1, 0, 0}, {3, 1}, boolean), spread({2}), spread({2, 1, 1})}},
      {"where/number",
       [](const Tensors& x) { return where(x[0], x[1], 2) + where(x[0], 3, x[1]); },
       {tensor({1, 0, 0}, boolean), spread({2, 3})}},
  };
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace engram::test
