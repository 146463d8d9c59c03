#include <engram/autograd/error.h>
#include <engram/autograd/kernels/instruction_set.h>
#include <engram/autograd/kernels/tiles.h>

#include <atomic>

namespace engram::kernels {
namespace {

std::atomic<InstructionSet> in_use{best_instruction_set()};

}  // namespace

InstructionSet best_instruction_set() {
#ifdef ENGRAM_X86
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx2 && avx512) return InstructionSet::avx512;
  if (avx2) return InstructionSet::avx2;
#endif
  return InstructionSet::baseline;
}

InstructionSet instruction_set() { return in_use.load(std::memory_order_relaxed); }

void set_instruction_set(InstructionSet set) {
  check(set <= best_instruction_set(), "set_instruction_set: this machine has no {}",
        set == InstructionSet::avx512 ? "AVX-512" : "AVX2");
  in_use.store(set, std::memory_order_relaxed);
}

template <class T>
const Tiles<T>& tiles() {
#ifdef ENGRAM_X86
  const InstructionSet set = instruction_set();
  if (set == InstructionSet::avx512) return tiles_of<T, InstructionSet::avx512>();
  if (set == InstructionSet::avx2) return tiles_of<T, InstructionSet::avx2>();
#endif
  return tiles_of<T, InstructionSet::baseline>();
}
template const Tiles<float>& tiles();
template const Tiles<double>& tiles();

}  // namespace engram::kernels
