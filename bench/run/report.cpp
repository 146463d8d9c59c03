#include "report.h"

#include <engram/experiment/report/table.h>

#include <engram/io/atomic_file.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace bench {
namespace {

using Json = nlohmann::ordered_json;

/// 0.000123 ms -> "123 ns": three digits in a suitable unit.
std::string with_unit(double value, Measure measure) {
  if (std::isnan(value)) return "";
  if (measure != Measure::time) return fmt::format("{:.1f} MB", value);
  const char* name = "ms";
  if (value >= 1e3) {
    value /= 1e3, name = "s ";
  } else if (value < 1e-3) {
    value *= 1e6, name = "ns";
  } else if (value < 1) {
    value *= 1e3, name = "us";
  }
  return fmt::format("{:.{}f} {}", value, value < 10 ? 2 : value < 100 ? 1 : 0, name);
}

std::string spread(const Measurement& m) {
  return m.peer.empty() ? "" : ratio_text(m.low) + " to " + ratio_text(m.high);
}

std::string ratio(const Measurement& m) {
  if (m.peer.empty()) return "";
  return m.valid ? ratio_text(m.ratio) : "MISMATCH";
}

}  // namespace

std::string ratio_text(double ratio) {
  return ratio < 0.1 ? fmt::format("{:.2g}", ratio) : fmt::format("{:.2f}", ratio);
}

std::string in_short(const std::vector<Measurement>& measurements) {
  std::string text = with_unit(measurements[0].engram, measurements[0].measure);
  for (const Measurement& m : measurements) {
    if (!m.peer.empty()) text += fmt::format(", {} {} ({})", m.peer, ratio(m), spread(m));
  }
  return text;
}

void print(const std::vector<Measurement>& measurements) {
  std::vector<std::vector<std::string>> rows = {
      {"work", "threads", "Engram", "peer", "", "ratio", "quartiles", "its setting"}};
  for (const Measurement& m : measurements) {
    rows.push_back({m.work, std::to_string(m.threads), with_unit(m.engram, m.measure), m.peer,
                    with_unit(m.peer_value, m.measure), ratio(m), spread(m), m.setting});
  }
  engram::experiment::print_table(rows);
  fmt::print("\nratio: the peer's over Engram's, more than 1 is faster (smaller)\n");
}

void write_json(const std::filesystem::path& folder, const std::vector<Measurement>& measurements) {
  Json list = Json::array();
  for (const Measurement& m : measurements) {
    const bool is_time = m.measure == Measure::time;
    Json entry = {{"work", m.work},  {"threads", m.threads}, {"engram_ms", nullptr},
                  {"peer", m.peer},  {"peer_ms", nullptr},   {"ratio", m.ratio},
                  {"low", m.low},    {"high", m.high},       {"setting", m.setting},
                  {"valid", m.valid}};
    if (m.peer.empty()) entry["peer"] = nullptr;
    if (!m.valid) entry["ratio"] = entry["low"] = entry["high"] = nullptr;
    entry[is_time ? "engram_ms" : "engram_mb"] = m.engram;
    entry[is_time ? "peer_ms" : "peer_mb"] = m.peer_value;
    list.push_back(entry);
  }
  const std::string text = list.dump(2) + "\n";
  engram::AtomicFile file("bench", folder / "bench.json");
  file.write(text.data(), text.size());
  file.finish();
}

}  // namespace bench
