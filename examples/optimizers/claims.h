#pragma once

#include "optimizers/curves.h"
#include "optimizers/gap.h"
#include "optimizers/mechanisms.h"
#include "optimizers/paths.h"
#include "optimizers/price.h"
#include "optimizers/rates.h"

#include <string>
#include <vector>

namespace engram::examples::study {

enum class Verdict { confirmed, refuted, depends, not_measured };
const char* name_of(Verdict verdict);

/// The verdict on a claim that holds in `holds` of `cases` cases: confirmed if in all, refuted if
/// in none, depends otherwise.
Verdict verdict_of(int holds, int cases);
/// The verdict on a claim that a quantity is above 0: confirmed or refuted if its sign is
/// significant (`is_clear`), depends otherwise.
Verdict verdict_of(const Estimate& quantity);

/// One of the report's claims, with the measurement.
struct Claim {
  std::string text;
  std::string measured{};
  Verdict verdict = Verdict::not_measured;
};

/// The measurements from which the verdicts are derived.
struct Measurements {
  PathFigures paths;
  RateFigures rates;
  CurveFigures curves;
  std::vector<Price> prices;
  std::vector<Gap> gaps;
  MechanismFigures mechanisms;
  Extents extents{};  ///< of their trainings; a part that is not listed is complete
};
/// The report's claims, in its order. A claim with missing trainings has a note, and no verdict.
std::vector<Claim> judge(const Measurements& measurements);

Section claims_section(const std::vector<Claim>& claims);

}  // namespace engram::examples::study
