#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/indexing.h>
#include <engram/engram.h>

#include "operations.h"

// Rearrangements, choices by index, and copies.
namespace engram::test {
namespace {

Tensor indices(std::initializer_list<double> values, const Shape& shape) {
  return tensor(values, shape, i64);
}

}  // namespace

std::vector<OperationCase> shaping_operations() {
  return {
      {"reshape",
       [](const Tensors& x) {
         return reshape(x[0], {3, -1});
       },
       {spread({2, 3})}},
      {"reshape/same",
       [](const Tensors& x) {
         return reshape(x[0] * 2, {2, 3});
       },
       {spread({2, 3})}},
      {"flatten", [](const Tensors& x) { return flatten(x[0]); }, {spread({2, 3})}},
      {"flatten/axes",
       [](const Tensors& x) { return flatten(x[0], 1, -2); },
       {spread({2, 1, 3, 2})}},
      {"squeeze", [](const Tensors& x) { return squeeze(x[0]); }, {spread({1, 3, 1})}},
      {"squeeze/axis", [](const Tensors& x) { return squeeze(x[0], -1); }, {spread({1, 3, 1})}},
      {"unsqueeze", [](const Tensors& x) { return unsqueeze(x[0], -1); }, {spread({2, 2})}},
      {"expand",
       [](const Tensors& x) {
         return expand(x[0], {2, 3, 2});
       },
       {spread({3, 1})}},
      {"expand/scalar",
       [](const Tensors& x) {
         return expand(x[0], {2, 2});
       },
       {spread({})}},
      {"permute",
       [](const Tensors& x) {
         return permute(x[0], {2, 0, -2});
       },
       {spread({2, 3, 2})}},
      {"permute/four-axes",
       [](const Tensors& x) {
         return permute(x[0], {1, 3, 0, 2});
       },
       {spread({2, 3, 1, 2})}},
      {"transpose", [](const Tensors& x) { return transpose(x[0], 0, 1); }, {spread({2, 3})}},
      {"transpose/outer-axes",
       [](const Tensors& x) { return transpose(x[0], 0, -1); },
       {spread({2, 2, 3})}},
      {"cat",
       [](const Tensors& x) {
         return cat({x[0], x[1], x[2]});
       },
       {spread({2, 2}), spread({1, 2}), spread({0, 2})}},
      {"cat/last-axis",
       [](const Tensors& x) {
         return cat({x[0], x[1]}, -1);
       },
       {spread({2, 1}), spread({2, 3})}},
      {"cat/itself",
       [](const Tensors& x) {
         return cat({x[0], x[0]}, 1);
       },
       {spread({2, 2})}},
      {"stack",
       [](const Tensors& x) {
         return stack({x[0], x[1]});
       },
       {spread({3}), spread({3})}},
      {"stack/last-axis",
       [](const Tensors& x) {
         return stack({x[0], x[1], x[0]}, -1);
       },
       {spread({2, 2}), spread({2, 2})}},
      {"slice", [](const Tensors& x) { return slice(x[0], 0, 1, 3); }, {spread({4, 2})}},
      {"slice/last-axis",
       [](const Tensors& x) { return slice(x[0], -1, -3, -1); },
       {spread({2, 4})}},
      {"slice/empty", [](const Tensors& x) { return slice(x[0], 1, 2, 2); }, {spread({2, 4})}},
      {"split",
       [](const Tensors& x) {
         const Tensors parts = split(x[0], 2);
         return parts[1] * parts[0] + parts[1];
       },
       {spread({4, 2})}},
      {"split/last-axis",
       [](const Tensors& x) { return split(x[0], 2, -1)[2] * 3; },
       {spread({2, 5})}},
      {"pad",
       [](const Tensors& x) {
         return pad(x[0], {1, 2});
       },
       {spread({2, 2})}},
      {"pad/two-axes-value",
       [](const Tensors& x) {
         return pad(x[0], {1, 0, 2, 1}, 0.5);
       },
       {spread({2, 2, 1})}},
      {"pad/crop",
       [](const Tensors& x) {
         return pad(x[0], {-1, 1, 1, -1});
       },
       {spread({2, 3})}},

      {"gather",
       [](const Tensors& x) { return gather(x[0], 1, x[1]); },
       {spread({2, 3}), indices({2, 0, 2, 2, 1, 0, 0, 0}, {2, 4})}},
      {"gather/first-axis",
       [](const Tensors& x) { return gather(x[0], 0, x[1]); },
       {spread({3, 2}), indices({1, 1}, {2, 1})}},
      {"scatter_add",
       [](const Tensors& x) { return scatter_add(x[0], 1, x[1], x[2]); },
       {spread({2, 3}), indices({2, 0, 2, 1}, {2, 2}), spread({2, 2})}},
      {"scatter_add/first-axis",
       [](const Tensors& x) { return scatter_add(x[0], 0, x[1], x[2]); },
       {spread({2, 2}), indices({1, 1, 1, 0, 1, 1}, {3, 2}), spread({3, 2})}},
      {"index_select",
       [](const Tensors& x) { return index_select(x[0], 0, x[1]); },
       {spread({3, 2}), indices({2, 0, 2}, {3})}},
      {"index_select/last-axis",
       [](const Tensors& x) { return index_select(x[0], -1, x[1]); },
       {spread({2, 3}), indices({1, 1}, {2})}},
      {"index_add",
       [](const Tensors& x) { return index_add(x[0], 0, x[1], x[2]); },
       {spread({2, 2}), indices({1, 0, 1}, {3}), spread({3, 2})}},
      {"index_add/last-axis",
       [](const Tensors& x) { return index_add(x[0], -1, x[1], x[2]); },
       {spread({2, 3}), indices({1, 1}, {2}), spread({2, 2})}},
      {"embedding",
       [](const Tensors& x) { return embedding(x[0], x[1]); },
       {indices({3, 0, 3, 1}, {2, 2}), spread({4, 2})}},

      {"clone", [](const Tensors& x) { return clone(x[0]); }, {spread({2, 2})}},
      {"cast", [](const Tensors& x) { return cast(x[0] * 2, x[0].dtype()); }, {spread({2, 2})}},
  };
}

}  // namespace engram::test
