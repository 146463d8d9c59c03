#include "makers.h"

#include <dlfcn.h>

namespace {

/// The kernels of libtorch's BLAS: in Debian an OpenBLAS, through libblas.so.3.
std::string blas() {
  const auto core =
      reinterpret_cast<const char* (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  const auto threads = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_parallel"));
  if (!core || !threads) return "another BLAS";
  return std::string("OpenBLAS ") + core() + (threads() == 2 ? " OpenMP" : " pthreads");
}

}  // namespace

int main() {
  using namespace bench;
  return serve<make_network_work, make_optimizer_work, make_chain_work, make_kernel_work>(blas());
}
