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

/// All cases in which a claim can hold: it is confirmed when it holds in all of them, refuted when
/// it holds in none, and depends otherwise.
Verdict verdict_of(int holds, int cases);
/// A claim that a quantity is above 0: confirmed or refuted when it is clearly on one side, and
/// depends otherwise.
Verdict verdict_of(const Estimate& quantity);

/// One of the report's claims, beside what was measured.
struct Claim {
  std::string text;
  std::string measured{};
  Verdict verdict = Verdict::not_measured;
};

/// All that the verdicts are derived from.
struct Measurements {
  PathFigures paths;
  RateFigures rates;
  CurveFigures curves;
  std::vector<Price> prices;
  std::vector<Gap> gaps;
  MechanismFigures mechanisms;
  Extents extents{};  ///< of the trainings behind them; a part that is not there lacks none
};
/// The report's claims, in its order. One that needs trainings which are missing says so, and is
/// not judged.
std::vector<Claim> judge(const Measurements& measurements);

Section claims_section(const std::vector<Claim>& claims);

}  // namespace engram::examples::study
