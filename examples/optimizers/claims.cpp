#include "optimizers/claims.h"

#include "optimizers/claim_rules.h"

#include <fmt/format.h>

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

namespace {

/// A claim's rule, and the parts whose trainings it needs; best rates need the sweeps.
struct Rule {
  Claim (*judge)(const Measurements&);
  std::vector<Part> needs;
};

const Rule rules[] = {{sgd_is_slow, {Part::rates, Part::curves}},
                      {sgd_oscillates, {}},
                      {momentum_damps, {}},
                      {momentum_overshoots, {Part::rates, Part::memory}},
                      {rate_overshoots, {Part::rates}},
                      {adagrad_adapts, {Part::rates}},
                      {adagrad_fades, {Part::rates, Part::curves}},
                      {rmsprop_repairs, {Part::rates, Part::curves}},
                      {rmsprop_needs_beta, {Part::rates, Part::memory}},
                      {adam_is_fastest, {Part::rates, Part::curves}},
                      {adam_needs_no_tuning, {Part::rates, Part::curves}},
                      {adam_keeps_two, {Part::race}},
                      {adam_generalises_worse, {Part::rates, Part::curves}}};

}  // namespace

std::vector<Claim> judge(const Measurements& m) {
  std::vector<Claim> claims;
  for (const Rule& rule : rules) {
    Claim& claim = claims.emplace_back(rule.judge(m));
    Extent needed;
    for (const Part part : rule.needs) {
      const auto extent = m.extents.find(part);
      if (extent == m.extents.end()) continue;
      needed.planned += extent->second.planned;
      needed.done += extent->second.done;
    }
    if (needed.done == needed.planned) continue;
    claim.measured = fmt::format("{} of the {} trainings that it needs are missing",
                                 needed.planned - needed.done, needed.planned);
    claim.verdict = Verdict::not_measured;
  }
  return claims;
}

Section claims_section(const std::vector<Claim>& claims) {
  Section section{"The report's claims", {}};
  section.say(
      "The verdicts are computed, not written. A claim is confirmed when it holds in all cases "
      "where it was measured, mostly one for each data set and network, refuted when it holds in "
      "none, and depends otherwise. A claim about one quantity is confirmed when that is beyond "
      "what is asked for by more than two standard errors, refuted when it falls short by as much, "
      "and depends in between. That something may be is confirmed by one case, and refuted when "
      "the contrary is clear in all. A difference of accuracies or losses counts when it is larger "
      "than two standard errors, where several seeds give one.");
  Table table{.rows = {{"the report says", "measured", "verdict"}}, .text = true};
  for (const Claim& claim : claims) {
    table.rows.push_back({claim.text, claim.measured.empty() ? "-" : claim.measured,
                          "**" + std::string(name_of(claim.verdict)) + "**"});
  }
  section.show(table);
  return section;
}

}  // namespace engram::examples::study
