#pragma once

#include "optimizers/contender.h"
#include "optimizers/surface.h"

#include <cstdint>
#include <vector>

namespace engram::examples::study {

using Path = std::vector<Vector2>;

/// The path of an optimizer: the surface's start, then a point for each step. All except gradient
/// descent get noisy gradients, from this seed. Momentum has the report's form, V ← βV + (1−β)g, so
/// that its rate is comparable with SGD's. A path ends where it leaves the picture.
Path walk(const Surface& surface, const Contender& contender, double rate, std::uint64_t seed = 0);

/// The rate of the path in the picture: the surface's common rate, if it has one for this
/// contender; otherwise, of 1e-4, 10^-3.75, …, 10, the rate whose paths stay in the picture and end
/// lowest, as a mean over the last tenth of the steps and three seeds.
double path_rate(const Surface& surface, const Contender& contender);

/// The mean cosine between successive steps: −1 oscillates, 1 goes straight on.
double mean_cosine(const Path& path);

/// The length of the path along y, the steep axis of the bowl: Σ|Δy|.
double steep_way(const Path& path);

/// The overshoot of classic momentum `momentum` past the bowl's minimum along its flat axis,
/// without noise, relative to the distance from the start to the minimum.
double overshoot(double momentum);

}  // namespace engram::examples::study
