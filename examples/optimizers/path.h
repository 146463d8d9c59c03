#pragma once

#include "optimizers/contender.h"
#include "optimizers/surface.h"

#include <cstdint>
#include <vector>

namespace engram::examples::study {

using Path = std::vector<Vector2>;

/// Where an optimizer goes from the surface's start: the start, then a point for each step. All but
/// gradient descent see gradients with noise, of this seed. Momentum has the report's form,
/// V ← βV + (1−β)g, so that its rate means what SGD's does. A path that leaves the picture
/// ends there.
Path walk(const Surface& surface, const Contender& contender, double rate, std::uint64_t seed = 0);

/// The rate of the path that is drawn: the surface's common one where it has one for this
/// contender, else, of 1e-4, 10^-3.75, …, 10, the one whose path stays in the picture and ends
/// lowest: as a mean over the last tenth of the steps, and over three seeds.
double path_rate(const Surface& surface, const Contender& contender);

/// The mean cosine between one step and the next: −1 goes to and fro, 1 goes straight on.
double mean_cosine(const Path& path);

/// How far it goes up and down in all, which in the bowl is along the steep axis: Σ|Δy|.
double steep_way(const Path& path);

/// How far momentum without noise shoots over the bowl's minimum along its flat axis, as a share of
/// the way there, with classic momentum `momentum`.
double overshoot(double momentum);

}  // namespace engram::examples::study
