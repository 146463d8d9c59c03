#include <doctest/doctest.h>
#include <engram/engram.h>
#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "values.h"

using namespace engram;

namespace {

using Tensors = std::vector<Tensor>;

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Zeros among them, so that booleans differ too.
Tensor numbers(DType dtype) { return tensor({0, 1, 2, 0, 3, 0}, {2, 3}, dtype); }

struct Function {
  const char* name;
  std::function<Tensor(const Tensor&)> f;
};

}  // namespace

TEST_CASE("dtype: each row of the table is that of its enumerator and its C++ type") {
  for (std::size_t k = 0; k < std::size(dtypes); ++k) {
    const DTypeRow& row = dtypes[k];
    CAPTURE(std::string(row.name));
    CHECK(static_cast<std::size_t>(row.dtype) == k);
    CHECK(std::string(name_of(row.dtype)) == row.name);
    CHECK(fmt::format("{}", row.dtype) == row.name);
    dispatch(row.dtype, [&]<class T>() {
      CHECK(dtype_of<T>() == row.dtype);
      CHECK(size_of(row.dtype) == sizeof(T));
      CHECK(is_floating(row.dtype) == std::is_floating_point_v<T>);
      CHECK((row.kind == DTypeKind::logical) == std::is_same_v<T, bool>);
    });
  }
}

TEST_CASE("dtype: what moves elements moves those of every dtype") {
  const Tensor index = tensor({1, 0, 1}, i64);
  const std::vector<Function> moves = {
      {"clone", [](auto& x) { return clone(x); }},
      {"detach", [](auto& x) { return detach(x); }},
      {"reshape",
       [](auto& x) {
         return reshape(x, {3, 2});
       }},
      {"flatten", [](auto& x) { return flatten(x); }},
      {"transpose", [](auto& x) { return transpose(x, 0, 1); }},
      {"expand",
       [](auto& x) {
         return expand(x, {2, 2, 3});
       }},
      {"expand/rows",
       [](auto& x) {
         return expand(slice(x, 1, 1, 2), {2, 4});
       }},
      {"slice", [](auto& x) { return slice(x, 0, 1, 2); }},
      {"slice/columns", [](auto& x) { return slice(x, 1, 1, 3); }},
      {"pad",
       [](auto& x) {
         return pad(x, {1, 2});
       }},
      {"pad/ones",
       [](auto& x) {
         return pad(x, {0, 1}, 1);
       }},
      {"split", [](auto& x) { return split(x, 2, 1)[1]; }},
      {"cat",
       [](auto& x) {
         return cat({x, x}, 1);
       }},
      {"stack",
       [](auto& x) {
         return stack({x, x});
       }},
      {"gather",
       [&](auto& x) {
         return gather(x, 0, reshape(index, {1, 3}));
       }},
      {"index_select", [&](auto& x) { return index_select(x, 1, index); }},
      {"embedding", [&](auto& x) { return embedding(index, x); }},
      {"where", [](auto& x) { return where(x == 0, x, 1); }},
      {"full_like", [](auto& x) { return full_like(x, 1); }},
      {"eye", [](auto& x) { return eye(3, x.dtype()); }},
      {"one_hot", [&](auto& x) { return one_hot(index, 2, x.dtype()); }},
      {"none", [](auto& x) { return slice(x, 1, 0, 0); }},
      {"scalar", [](auto& x) { return reshape(slice(flatten(x), 0, 1, 2), {}); }},
  };
  for (const Function& move : moves) {
    CAPTURE(move.name);
    const Tensor moved = move.f(numbers(f64));
    for (const DTypeRow& row : dtypes) {
      CAPTURE(std::string(row.name));
      const Tensor y = move.f(numbers(row.dtype));
      CHECK(y.dtype() == row.dtype);
      CHECK(y.shape() == moved.shape());
      CHECK(values(y) == values(cast(moved, row.dtype)));
    }
  }
}

TEST_CASE("dtype: an operation computes, or names itself and the dtype that it does not take") {
  const std::vector<Function> of_numbers = {
      {"add", [](auto& x) { return x + x; }},
      {"sub", [](auto& x) { return x - x; }},
      {"mul", [](auto& x) { return x * x; }},
      {"div", [](auto& x) { return x / x; }},
      {"div", [](auto& x) { return x / 2; }},
      {"div", [](auto& x) { return 1 / x; }},
      {"add", [](auto& x) { return x + 1; }},
      {"neg", [](auto& x) { return -x; }},
      {"floor_divide", [](auto& x) { return floor_divide(x, 1); }},
      {"remainder", [](auto& x) { return remainder(x, 1); }},
      {"maximum", [](auto& x) { return maximum(x, x); }},
      {"minimum", [](auto& x) { return minimum(x, x); }},
      {"max", [](auto& x) { return max(x); }},
      {"min", [](auto& x) { return min(x, {0}); }},
      {"argmax", [](auto& x) { return argmax(x, 0); }},
      {"scatter_add",
       [](auto& x) {
         return scatter_add(x, 0, zeros({1, 1}, i64), ones({1, 1}, x.dtype()));
       }},
      {"index_add",
       [](auto& x) {
         return index_add(x, 0, zeros({1}, i64), ones({1, 3}, x.dtype()));
       }},
      {"arange", [](auto& x) { return arange(0, 2, 1, x.dtype()); }},
  };
  const std::vector<Function> of_floats = {
      {"exp", [](auto& x) { return exp(x); }},
      {"sigmoid", [](auto& x) { return sigmoid(x); }},
      {"clamp", [](auto& x) { return clamp(x, 0, 1); }},
      {"pow", [](auto& x) { return pow(x, x); }},
      {"hypot", [](auto& x) { return hypot(x, x); }},
      {"var", [](auto& x) { return var(x); }},
      {"softmax", [](auto& x) { return softmax(x, 1); }},
      {"matmul", [](auto& x) { return matmul(x, x, {.transpose_b = true}); }},
      {"randn", [](auto& x) { return randn({2}, x.dtype()); }},
  };
  const std::vector<Function> of_booleans = {
      {"&&", [](auto& x) { return x && x; }},
      {"||", [](auto& x) { return x || x; }},
      {"!", [](auto& x) { return !x; }},
      {"any", [](auto& x) { return any(x); }},
      {"all", [](auto& x) { return all(x, {0}); }},
  };
  const auto check = [](const std::vector<Function>& functions, const std::string& needed,
                        auto takes) {
    for (const Function& each : functions) {
      CAPTURE(each.name);
      for (const DTypeRow& row : dtypes) {
        CAPTURE(std::string(row.name));
        if (takes(row))
          CHECK(each.f(numbers(row.dtype)).defined());
        else
          CHECK_THROWS_WITH_AS(
              each.f(numbers(row.dtype)),
              fmt::format("{}: needs {}, got {}", each.name, needed, row.name).c_str(), DTypeError);
      }
    }
  };
  check(of_numbers, "f32, f64, i64 or u8",
        [](const DTypeRow& row) { return row.kind != DTypeKind::logical; });
  check(of_floats, "f32 or f64",
        [](const DTypeRow& row) { return row.kind == DTypeKind::floating; });
  check(of_booleans, "boolean", [](const DTypeRow& row) { return row.kind == DTypeKind::logical; });
}

TEST_CASE("dtype: every one is compared, added up and averaged") {
  for (const DTypeRow& row : dtypes) {
    CAPTURE(std::string(row.name));
    const Tensor x = numbers(row.dtype);
    const bool logical = row.kind == DTypeKind::logical;
    CHECK(values(x == 0) == Values{1, 0, 0, 1, 0, 1});
    CHECK(values(x != zeros({}, row.dtype)) == Values{0, 1, 1, 0, 1, 0});
    CHECK(values(x < 1) == Values{1, 0, 0, 1, 0, 1});
    CHECK(values(x >= x).size() == 6);
    CHECK((x > 0).dtype() == boolean);
    CHECK(sum(x).dtype() == (is_floating(row.dtype) ? row.dtype : i64));
    CHECK(sum(x).item() == (logical ? 3 : 6));
    CHECK(values(sum(x, {0})) == (logical ? Values{0, 2, 1} : Values{0, 4, 2}));
    CHECK(values(sum(x, {1})) == (logical ? Values{2, 1} : Values{3, 3}));
    CHECK(mean(x).dtype() == (is_floating(row.dtype) ? row.dtype : f32));
    CHECK(mean(x).item() == (logical ? 0.5 : 1));
    CHECK(sum(zeros({0}, row.dtype)).item() == 0);
    CHECK(std::isnan(mean(zeros({0}, row.dtype)).item()));
  }
}

TEST_CASE("boolean: from numbers and back") {
  for (const DType dtype : {f32, f64}) {
    // As in PyTorch: -0 is false, NaN and the smallest denormal number are true.
    const Tensor x = tensor({0, -0.0, 1, -0.5, nan_value, -infinity}, dtype);
    CHECK(values(cast(x, boolean)) == Values{0, 0, 1, 1, 1, 1});
    CHECK(values(cast(cast(x, boolean), dtype)) == Values{0, 0, 1, 1, 1, 1});
  }
  CHECK(cast(scalar(std::numeric_limits<float>::denorm_min()), boolean).item<bool>());
  CHECK(values(cast(tensor({256, 0, -1}, i64), boolean)) == Values{1, 0, 1});
  CHECK(values(cast(tensor({true, false}, boolean), u8)) == Values{1, 0});
  CHECK(values(full({2}, 0.5, boolean)) == Values{1, 1});
  CHECK(values(tensor({0, 2, nan_value}, boolean)) == Values{0, 1, 1});
  CHECK(scalar(0.25).item<bool>());
  CHECK(scalar(1, boolean).item<float>() == 1);

  const std::vector<bool> bits = {true, false, true, true};
  CHECK(tensor(bits).dtype() == boolean);
  CHECK(values(tensor(bits)) == Values{1, 0, 1, 1});
  CHECK(tensor(bits, {2, 2}).shape() == Shape{2, 2});
  CHECK(tensor(std::vector<bool>{}).shape() == Shape{0});
  CHECK_THROWS_WITH_AS(tensor(bits, {3}), "tensor: 4 values do not fill the shape (3,)",
                       ShapeError);
  const bool flags[] = {false, true};
  CHECK(values(tensor(std::span<const bool>(flags), {2, 1})) == Values{0, 1});
}

TEST_CASE("boolean: no gradient") {
  const Tensor mask = ones({2}, boolean), x = tensor({1, -1});
  CHECK_THROWS_WITH_AS(mask.set_requires_grad(), "set_requires_grad: needs f32 or f64, got boolean",
                       DTypeError);
  x.set_requires_grad();
  Tape tape;
  const Tensor positive = x > 0;
  const Tensor others = !positive || (cast(x, boolean) && mask);
  CHECK_FALSE(positive.requires_grad());
  CHECK_FALSE(others.requires_grad());
  CHECK_FALSE(cast(others, f32).requires_grad());
  CHECK_FALSE(all(others).requires_grad());
  CHECK(tape.size() == 0);
  CHECK(values(tape.gradient(sum(where(positive, 2 * x, x)), {x})[0]) == Values{2, 1});
}
