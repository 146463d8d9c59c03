#pragma once

#include "measure.h"

#include <filesystem>
#include <string>
#include <vector>

namespace bench {

/// "1.62x (1.58-1.66) libtorch" for each peer, in one line.
std::string in_short(const std::vector<Measurement>& measurements);

void print(const std::vector<Measurement>& measurements);

/// Writes bench.json: a list of {work, threads, engram_ms, peer, peer_ms, ratio, low, high}, with
/// the peer's setting and whether the results agreed. Memory has engram_mb and peer_mb, and null in
/// the place of the milliseconds.
void write_json(const std::filesystem::path& folder, const std::vector<Measurement>& measurements);

}  // namespace bench
