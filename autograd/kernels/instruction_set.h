#pragma once

// One binary runs on every x86-64 machine and uses the widest vectors that it finds there. Kernels
// are written once and compiled once for each set:
//
// - plain loops inside `parallel_for` are compiled in three copies by `vectorized`, below, which
//   leaves the vectors to the compiler;
// - the tiles of products (tiles.h) are written with vector types in files of their own, which the
//   build compiles once for each set.
namespace engram::kernels {

/// In ascending order. `avx512` stands for AVX-512 F, BW, DQ, VL, `avx2` for AVX2 and FMA; on other
/// processors all is `baseline`, which is what the compiler's own flags allow.
enum class InstructionSet { baseline, avx2, avx512 };

/// The widest that this machine has.
InstructionSet best_instruction_set();

/// The one in use: the best, unless another was asked for.
InstructionSet instruction_set();

/// For tests, which compare the sets. Error for one that this machine lacks.
void set_instruction_set(InstructionSet set);

#if defined(__x86_64__)
#define ENGRAM_X86 1

#if defined(__clang__)  // takes the widest by itself
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

/// Calls f(), a loop over arrays, in the copy that was compiled for the instruction set in use.
/// `flatten` draws what f calls into the copy, as far as the compiler sees it.
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
