#include "optimizers/claims.h"

#include "optimizers/claim_rules.h"

#include <cmath>

namespace engram::examples::study {

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::confirmed:
      return "confirmed";
    case Verdict::refuted:
      return "refuted";
    case Verdict::depends:
      return "depends";
    default:
      return "not measured";
  }
}

Verdict verdict_of(int holds, int cases) {
  if (cases == 0) return Verdict::not_measured;
  if (holds == cases) return Verdict::confirmed;
  return holds == 0 ? Verdict::refuted : Verdict::depends;
}

Verdict verdict_of(const Estimate& quantity) {
  if (std::isnan(quantity.mean)) return Verdict::not_measured;
  if (!is_clear(quantity)) return Verdict::depends;
  return quantity.mean > 0 ? Verdict::confirmed : Verdict::refuted;
}

std::vector<Claim> judge(const Measurements& m) {
  return {sgd_is_slow(m),           sgd_oscillates(m),       momentum_damps(m),
          momentum_overshoots(m),   rate_overshoots(m),      adagrad_adapts(m),
          adagrad_fades(m),         rmsprop_repairs(m),      rmsprop_needs_beta(m),
          adam_is_fastest(m),       adam_needs_no_tuning(m), adam_keeps_two(m),
          adam_generalises_worse(m)};
}

Section claims_section(const std::vector<Claim>& claims) {
  Section section{"The report's claims", {}};
  section.say(
      "A claim is confirmed when it holds on all data sets and networks where it was measured, "
      "refuted when it holds on none, and depends otherwise. A difference counts when it is larger "
      "than two standard errors. The verdicts are computed, not written.");
  Table table{.rows = {{"the report says", "measured", "verdict"}}, .text = true};
  for (const Claim& claim : claims) {
    table.rows.push_back({claim.text, claim.measured.empty() ? "-" : claim.measured,
                          "**" + std::string(name_of(claim.verdict)) + "**"});
  }
  section.show(table);
  return section;
}

}  // namespace engram::examples::study
