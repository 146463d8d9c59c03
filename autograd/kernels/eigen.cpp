#include <engram/autograd/hold_over_forks.h>
#include <engram/autograd/kernels/eigen.h>
#include <engram/autograd/kernels/scratch.h>

#include <cblas.h>

#include <mutex>

// LAPACK, which OpenBLAS brings along: Fortran, so everything is passed by its address.
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

/// Debian's serial build gives two threads that call it at once the same working memory, and both
/// wrong results: calls take turns.
std::mutex lapack;

// Before main: a child that is forked while another thread does it waits for ever.
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
  // What dsyevd's documentation says that eigenvectors need.
  const std::int64_t work_size = 1 + 6 * n + 2 * n * n, iwork_size = 3 + 5 * n;
  const Scratch<T> work(work_size);
  const Scratch<blasint> iwork(iwork_size);
  const std::lock_guard lock(lapack);
  // A threaded build would start threads of its own, and its results would depend on their number.
  openblas_set_num_threads(1);
  solve(work.data(), static_cast<blasint>(work_size), iwork.data(),
        static_cast<blasint>(iwork_size));
  return info == 0;  // eigenvectors are Fortran's columns, our rows
}

template bool symmetric_eigen(std::int64_t, float*, float*);
template bool symmetric_eigen(std::int64_t, double*, double*);

}  // namespace engram::kernels
