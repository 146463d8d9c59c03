#pragma once

#include <engram/autograd/kernels/instruction_set.h>

#include <string>
#include <vector>

/// Uses a set while it is alive.
struct Using {
  explicit Using(engram::kernels::InstructionSet set) { engram::kernels::set_instruction_set(set); }
  ~Using() { engram::kernels::set_instruction_set(engram::kernels::best_instruction_set()); }
};

inline std::string set_name(engram::kernels::InstructionSet set) {
  using engram::kernels::InstructionSet;
  if (set == InstructionSet::avx512) return "avx512";
  return set == InstructionSet::avx2 ? "avx2" : "baseline";
}

inline std::vector<engram::kernels::InstructionSet> sets() {
  using engram::kernels::InstructionSet;
  std::vector<InstructionSet> all{InstructionSet::baseline};
  for (const auto set : {InstructionSet::avx2, InstructionSet::avx512}) {
    if (set <= engram::kernels::best_instruction_set()) all.push_back(set);
  }
  return all;
}
