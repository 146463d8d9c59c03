#pragma once

// One binary runs on every x86-64 machine and uses its widest vectors. Kernels are written once and
// compiled once for each instruction set:
//
// - plain loops inside `parallel_for` are compiled in three copies by `vectorized`, below, and
//   vectorised by the compiler;
// - the microkernels (tiles.h) are written with vector types, in files that the build compiles once
//   for each set.
namespace engram::kernels {

/// In ascending order. `avx512` stands for AVX-512 F, BW, DQ, VL, `avx2` for AVX2 and FMA;
/// `baseline` is the set of the compiler's flags, the only one on other processors.
enum class InstructionSet { baseline, avx2, avx512 };

/// The widest that this machine has.
InstructionSet best_instruction_set();

/// The set in use: the best, unless `set_instruction_set` has chosen another.
InstructionSet instruction_set();

/// For tests, which compare the sets. Error for a set that this machine lacks.
void set_instruction_set(InstructionSet set);

#if defined(__x86_64__)
#define ENGRAM_X86 1

#if defined(__clang__)  // uses the widest vectors without prefer-vector-width
#define ENGRAM_AVX512 "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
#else
#define ENGRAM_AVX512 "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,prefer-vector-width=512"
#endif

template <class F>
[[gnu::target(ENGRAM_AVX512), gnu::flatten, gnu::noinline]] void run_avx512(const F& f) {
  f();
}

template <class F>
[[gnu::target("avx2,fma"), gnu::flatten, gnu::noinline]] void run_avx2(const F& f) {
  f();
}
#endif

/// Calls f(), a loop over arrays, in the copy compiled for the instruction set in use. `flatten`
/// inlines the functions that f calls, if the compiler sees their definitions.
template <class F>
void vectorized(const F& f) {
#ifdef ENGRAM_X86
  const InstructionSet set = instruction_set();
  if (set == InstructionSet::avx512) return run_avx512(f);
  if (set == InstructionSet::avx2) return run_avx2(f);
#endif
  f();
}

}  // namespace engram::kernels
