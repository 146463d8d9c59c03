#include "settings.h"

#include <fmt/format.h>

namespace bench {
namespace {

Environment with_threads(int loops, int blas) {
  return {{"OMP_NUM_THREADS", std::to_string(loops)},
          {"OPENBLAS_NUM_THREADS", std::to_string(blas)}};
}

/// Whether OpenBLAS uses AVX2 kernels on a processor with AVX-512.
bool blas_is_behind(const Plan& plan) {
  static const bool behind = [&] {
    const std::string note = Contestant(plan.programs / "bench_floor", {}).note();
    return __builtin_cpu_supports("avx512f") &&
           (note.find("Haswell") != std::string::npos || note.find("Zen") != std::string::npos);
  }();
  return behind;
}

}  // namespace

std::vector<Setting> settings(const std::string& contestant, const std::string& words, int threads,
                              const Plan& plan) {
  std::vector<Setting> result = {{"", with_threads(threads, threads)}};
  if (!plan.try_settings || (contestant != "torch" && contestant != "floor")) return result;
  const bool is_torch = contestant == "torch";
  const bool uses_blas = words.starts_with("train ") || words.starts_with("infer ");
  if (is_torch && threads > 1) result.push_back({"OMP 1", with_threads(1, 1)});
  if (is_torch && threads > 1 && uses_blas && !plan.pthread_blas.empty()) {
    const std::pair<int, int> choices[] = {{1, threads}, {threads, 1}, {threads, threads}};
    for (const auto& [loops, blas] : choices) {
      Environment environment = with_threads(loops, blas);
      environment["LD_LIBRARY_PATH"] = plan.pthread_blas;
      result.push_back({fmt::format("OMP {} BLAS {}", loops, blas), environment});
    }
  }
  if (uses_blas && blas_is_behind(plan)) {
    const std::size_t count = result.size();
    for (std::size_t i = 0; i < count; ++i) {
      Setting setting = result[i];
      setting.environment["OPENBLAS_CORETYPE"] = "SkylakeX";
      result.push_back(setting);
    }
  }
  return result;
}

}  // namespace bench
