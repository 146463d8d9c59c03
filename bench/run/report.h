#pragma once

#include "measure.h"

#include <filesystem>
#include <string>
#include <vector>

namespace bench {

/// "1.64"; below 0.1 two significant digits, "0.0041".
std::string ratio_text(double ratio);

/// "2.02 ms, floor 0.89 (0.87 to 0.93), libtorch 1.64 (1.47 to 1.81)", of one row.
std::string in_short(const std::vector<Measurement>& measurements);

void print(const std::vector<Measurement>& measurements);

/// Writes bench.json: a list of {work, threads, engram_ms, peer, peer_ms, ratio, low, high}, with
/// the peer's setting and whether the results agreed. Memory and sizes have engram_mb and peer_mb,
/// and null in place of the milliseconds; without a peer its fields and the ratio are null, and the
/// ratio also where the results differ.
void write_json(const std::filesystem::path& folder, const std::vector<Measurement>& measurements);

}  // namespace bench
