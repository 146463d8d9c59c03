#include <engram/autograd/hold_over_forks.h>
#include <engram/autograd/kernels/eigen.h>
#include <engram/autograd/kernels/scratch.h>

#include <cblas.h>

#include <mutex>

// LAPACK, part of OpenBLAS. Fortran passes all arguments by address.
extern "C" {
void ssyevd_(const char* job, const char* triangle, const blasint* n, float* a, const blasint* lda,
             float* values, float* work, const blasint* work_size, blasint* iwork,
             const blasint* iwork_size, blasint* info);
void dsyevd_(const char* job, const char* triangle, const blasint* n, double* a, const blasint* lda,
             double* values, double* work, const blasint* work_size, blasint* iwork,
             const blasint* iwork_size, blasint* info);
}

namespace engram::kernels {
namespace {

/// Serializes the calls: Debian's serial build shares working memory between concurrent calls,
/// whose results are then wrong.
std::mutex lapack;

// Registered before main: no other thread can be within the registration during a fork.
[[maybe_unused]] const bool lapack_is_held = [] {
  hold_over_forks([]() -> std::mutex& { return lapack; });
  return true;
}();

}  // namespace

template <class T>
bool symmetric_eigen(std::int64_t n, T* a, T* values) {
  if (n == 0) return true;
  const auto size = static_cast<blasint>(n);
  blasint info = 0;
  const auto solve = [&](T* work, blasint work_size, blasint* iwork, blasint iwork_size) {
    if constexpr (sizeof(T) == sizeof(float)) {
      ssyevd_("V", "L", &size, a, &size, values, work, &work_size, iwork, &iwork_size, &info);
    } else {
      dsyevd_("V", "L", &size, a, &size, values, work, &work_size, iwork, &iwork_size, &info);
    }
  };
  // As documented for dsyevd with eigenvectors.
  const std::int64_t work_size = 1 + 6 * n + 2 * n * n, iwork_size = 3 + 5 * n;
  const Scratch<T> work(work_size);
  const Scratch<blasint> iwork(iwork_size);
  const std::lock_guard lock(lapack);
  // A threaded build would start threads of its own, and its results would depend on their number.
  openblas_set_num_threads(1);
  solve(work.data(), static_cast<blasint>(work_size), iwork.data(),
        static_cast<blasint>(iwork_size));
  return info == 0;  // the eigenvectors, columns in Fortran, are rows here
}

template bool symmetric_eigen(std::int64_t, float*, float*);
template bool symmetric_eigen(std::int64_t, double*, double*);

}  // namespace engram::kernels
