#include <engram/engram.h>

#include "operations.h"

namespace engram::test {

std::vector<Operation> shaping_operations() {
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
  };
}

}  // namespace engram::test
