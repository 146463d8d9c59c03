#include "measure.h"

#include "busy.h"
#include "settings.h"

#include <engram/autograd/error.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <thread>

namespace bench {
namespace {

using namespace std::chrono_literals;
using engram::check;

constexpr long steps_before_check = 3;  // so that the loss depends on every part of a step
constexpr double tolerance = 1e-3;      // of two results, relative
// Next to a busy process: turns much longer than the scheduler's time slices.
constexpr int busy_rounds = 10;
constexpr double busy_turn = 1;  // seconds

/// A contestant with its work, and the number of times in a turn.
struct Player {
  Contestant contestant;
  std::string setting{};
  double result = 0;
  long times = 1;

  /// Seconds for doing the work once.
  double turn() {
    // The previous contestant's threads may still be spinning; let them fall asleep.
    std::this_thread::sleep_for(10ms);
    return contestant.run(times) / static_cast<double>(times);
  }
};

Player start(const std::string& name, const std::string& words, const Setting& setting,
             const Plan& plan, long steps = steps_before_check) {
  const auto program = name == other_build ? plan.other_build : plan.programs / ("bench_" + name);
  Player player = {Contestant(program, setting.environment)};
  const std::string note = player.contestant.note();
  player.setting = setting.name + (setting.name.empty() || note.empty() ? "" : ", ") + note;
  check(player.contestant.make(words), "{} does not know: {}", program.string(), words);
  if (steps > 0) player.contestant.run(steps);
  player.result = player.contestant.result();
  return player;
}

/// Finds the number of times for which a turn lasts `seconds`.
void calibrate(Player& player, double seconds) {
  player.times = 1;
  double once = player.contestant.run(1);
  while (once * static_cast<double>(player.times) < seconds / 4) {
    player.times *= 4;
    once = player.contestant.run(player.times) / static_cast<double>(player.times);
  }
  player.times = std::max(1L, std::lround(std::ceil(seconds / once)));
}

/// Starts a contestant with the fastest setting in a short trial.
Player start_best(const std::string& name, const std::string& words,
                  const std::vector<Setting>& choices, const Plan& plan) {
  std::optional<Player> best;
  double least = std::numeric_limits<double>::infinity();
  for (const Setting& setting : choices) {
    Player player = start(name, words, setting, plan);
    calibrate(player, plan.turn);
    double time = 0;
    if (choices.size() > 1) time = std::min({player.turn(), player.turn(), player.turn()});
    if (time < least) {
      least = time;
      best.emplace(std::move(player));
    }
  }
  return std::move(*best);
}

/// The quantile of this share, linearly interpolated between neighbours.
double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  const double at = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

Measurement compare(const Row& row, int threads, const Peer& peer, std::vector<double> engram,
                    std::vector<double> other, double scale) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < engram.size(); ++i) {
    other[i] *= peer.times;
    ratios.push_back(other[i] / engram[i]);
  }
  return {.group = row.group,
          .point = row.point,
          .work = row.work,
          .threads = threads,
          .measure = row.measure,
          .engram = scale * quantile(engram, 0.5),
          .peer = peer.name,
          .peer_value = scale * quantile(other, 0.5),
          .ratio = quantile(ratios, 0.5),
          .low = quantile(ratios, 0.25),
          .high = quantile(ratios, 0.75),
          .setting = {}};
}

Measurement without_peer(const Row& row, int threads, double value) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  return {.group = row.group,
          .point = row.point,
          .work = row.work,
          .threads = threads,
          .measure = row.measure,
          .engram = value,
          .peer = {},
          .peer_value = none,
          .ratio = none,
          .low = none,
          .high = none,
          .setting = {}};
}

const std::string& words_of(const Peer& peer, const Row& row) {
  return peer.words.empty() ? row.words : peer.words;
}

void compare_results(Measurement& measurement, const Peer& peer, double engram, double other) {
  measurement.engram_result = engram;
  measurement.peer_result = other;
  // With <=, so that NaN counts as a difference.
  measurement.valid =
      !peer.same_result || std::abs(engram - other) <= tolerance * std::max(std::abs(engram), 1e-6);
}

/// Runs the players in turns; fewer rounds if they exceed `patience`. Returns the seconds of each
/// turn, player by player.
std::vector<std::vector<double>> play(std::vector<Player>& players, int rounds,
                                      std::chrono::seconds patience) {
  constexpr int enough = 7;
  const auto start_time = std::chrono::steady_clock::now();
  std::vector<std::vector<double>> times(players.size());
  for (int round = 0; round < rounds; ++round) {
    if (round >= enough && std::chrono::steady_clock::now() - start_time > patience) break;
    for (std::size_t k = 0; k < players.size(); ++k) {
      const std::size_t turn = round % 2 == 0 ? k : players.size() - 1 - k;
      times[turn].push_back(players[turn].turn());
    }
  }
  return times;
}

std::vector<Measurement> measure_time(const Row& row, int threads, const Plan& plan) {
  std::vector<Player> players;  // Engram, then the peers
  const auto add = [&](const std::string& contestant, const std::string& words, int count) {
    std::vector<Setting> choices = settings(contestant, words, count, plan);
    if (row.is_busy) choices.resize(1);  // there a short trial is not conclusive
    players.push_back(row.rounds == 0 ? start_best(contestant, words, choices, plan)
                                      : start(contestant, words, choices.front(), plan, 0));
  };
  add(row.contestant, row.words, threads);
  for (const Peer& peer : row.peers) {
    add(peer.contestant, words_of(peer, row), peer.threads > 0 ? peer.threads : threads);
  }
  std::optional<BusyProcess> busy;
  if (row.is_busy) {
    busy.emplace();
    for (Player& player : players) calibrate(player, busy_turn);
  }
  const int rounds = row.is_busy ? busy_rounds : row.rounds > 0 ? row.rounds : plan.rounds;
  const auto times = play(players, rounds, row.is_busy ? 60s : 3s);

  const double scale = 1e3 / row.parts;
  if (row.peers.empty()) return {without_peer(row, threads, scale * quantile(times[0], 0.5))};
  std::vector<Measurement> result;
  for (std::size_t k = 0; k < row.peers.size(); ++k) {
    result.push_back(compare(row, threads, row.peers[k], times[0], times[k + 1], scale));
    result.back().setting = players[k + 1].setting;
    compare_results(result.back(), row.peers[k], players[0].result, players[k + 1].result);
  }
  return result;
}

/// Peak memory, or the size of a file; a new process for each measurement.
std::vector<Measurement> measure_bytes(const Row& row, int threads, const Plan& plan) {
  const bool is_memory = row.measure == Measure::memory;
  double last_result = 0;
  const auto bytes_of = [&](const std::string& contestant, const std::string& words) {
    std::vector<double> bytes;
    for (int i = 0; i < (is_memory ? 3 : 1); ++i) {
      Player player =
          start(contestant, words, settings(contestant, words, threads, plan).front(), plan);
      bytes.push_back(is_memory ? player.contestant.memory() : player.result);
      last_result = player.result;
    }
    return bytes;
  };
  const std::vector<double> engram = bytes_of(row.contestant, row.words);
  const double engram_result = last_result;
  if (row.peers.empty()) return {without_peer(row, threads, 1e-6 * quantile(engram, 0.5))};
  std::vector<Measurement> result;
  for (const Peer& peer : row.peers) {
    const std::vector<double> other = bytes_of(peer.contestant, words_of(peer, row));
    result.push_back(compare(row, threads, peer, engram, other, 1e-6));
    compare_results(result.back(), peer, engram_result, last_result);
  }
  return result;
}

}  // namespace

std::vector<Measurement> measure(const Row& row, int threads, const Plan& plan) {
  return row.measure == Measure::time ? measure_time(row, threads, plan)
                                      : measure_bytes(row, threads, plan);
}

}  // namespace bench
