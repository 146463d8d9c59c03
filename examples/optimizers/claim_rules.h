#pragma once

#include "optimizers/claims.h"

// The rules that decide each of the report's claims.
namespace engram::examples::study {

Claim sgd_is_slow(const Measurements& m);
Claim sgd_oscillates(const Measurements& m);
Claim momentum_damps(const Measurements& m);
Claim momentum_overshoots(const Measurements& m);
Claim rate_overshoots(const Measurements& m);
Claim adagrad_adapts(const Measurements& m);
Claim adagrad_fades(const Measurements& m);
Claim rmsprop_repairs(const Measurements& m);
Claim rmsprop_needs_beta(const Measurements& m);
Claim adam_is_fastest(const Measurements& m);
Claim adam_needs_no_tuning(const Measurements& m);
Claim adam_keeps_two(const Measurements& m);
Claim adam_generalises_worse(const Measurements& m);

}  // namespace engram::examples::study
