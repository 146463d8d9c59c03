#include "optimizers/claim_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace engram::examples::study {
namespace {

// Thresholds of the claims. Accuracies are in 0 to 1: 0.01 is a percentage point.
constexpr double slow = 0.8;             // the fastest's epochs, at most, over SGD's
constexpr double overshooting = 0.1;     // past the minimum, over the distance to it
constexpr double momentum_costs = 0.01;  // the largest momentum, against the best
constexpr double rate_costs = 0.05;      // the largest rate, against the best
constexpr double adapting = 2;           // high rates over low ones
constexpr double fading = 0.5;           // Adagrad's rate at the end, at most, over the first
constexpr double excess_loss = 0.2;      // Adagrad's loss minus the lowest, over the lowest
constexpr double beta_matters = 0.01;    // the best β, against the worst
constexpr double kept_bytes = 2 * sizeof(float);  // by Adam, for a parameter

/// Whether a quantity is above a bound, and significantly, if it has several seeds.
bool exceeds(const Estimate& quantity, double bound) {
  return quantity.mean > bound && (std::isnan(quantity.error) || is_clear(quantity));
}

const Curve* find(const std::vector<Curve>& curves, const std::string& optimizer) {
  for (const Curve& curve : curves) {
    if (curve.optimizer == optimizer && !curve.epochs.empty()) return &curve;
  }
  return nullptr;
}

/// The tasks on which all five were trained at their best rates.
std::vector<const CurveFigures::Of*> complete(const CurveFigures& curves) {
  std::vector<const CurveFigures::Of*> tasks;
  for (const auto& of : curves.tasks) {
    if (std::ranges::all_of(of.best, [](const Curve& curve) { return !curve.epochs.empty(); })) {
      tasks.push_back(&of);
    }
  }
  return tasks;
}

/// Epochs to SGD's final training loss, at the best rates.
double epochs_to_sgd(const CurveFigures::Of& of, const std::string& optimizer) {
  return epochs_to(*find(of.best, optimizer), find(of.best, "sgd")->final_loss.mean);
}

/// The optimizer with the fewest of those epochs.
std::string fastest(const CurveFigures::Of& of) {
  std::string first = "sgd";
  for (const Contender& one : batch_contenders()) {
    if (epochs_to_sgd(of, one.name) < epochs_to_sgd(of, first)) first = one.name;
  }
  return first;
}

/// "task: value; task: value"
class List {
 public:
  void add(const std::string& task, const std::string& value) {
    text_ += fmt::format("{}{}: {}", text_.empty() ? "" : "; ", task, value);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

Claim sgd_is_slow(const Measurements& m) {
  Claim claim{.text = "SGD converges slowly."};
  int holds = 0, cases = 0;
  List list;
  for (const auto* of : complete(m.curves)) {
    const std::string first = fastest(*of);
    const double share = epochs_to_sgd(*of, first) / epochs_to_sgd(*of, "sgd");
    ++cases;
    holds += share <= slow;
    list.add(of->task.title, fmt::format("{} in {:.0f} %", contender(first).title, 100 * share));
  }
  claim.measured = fmt::format(
      "Of the epochs that SGD takes to its final training loss, does the fastest need {:.0f} % or "
      "less? {}",
      100 * slow, list.text());
  claim.verdict = verdict_of(holds, cases);
  return claim;
}

Claim sgd_oscillates(const Measurements& m) {
  Estimate backwards = m.paths.sgd_cosine;
  backwards.mean = -backwards.mean;
  return {.text = "SGD's direction oscillates.",
          .measured = fmt::format("In the bowl the mean cosine between a step and the next is "
                                  "{:.2f} ± {:.2f}; below 0 it turns back",
                                  m.paths.sgd_cosine.mean, m.paths.sgd_cosine.error),
          .verdict = verdict_of(backwards)};
}

Claim momentum_damps(const Measurements& m) {
  return {.text = "Momentum damps the oscillation.",
          .measured = fmt::format("At the same rate the path goes {:.1f} ± {:.1f} to and fro along "
                                  "the steep axis with momentum, {:.1f} ± {:.1f} without",
                                  m.paths.momentum_way.mean, m.paths.momentum_way.error,
                                  m.paths.sgd_way.mean, m.paths.sgd_way.error),
          .verdict = verdict_of(difference(m.paths.sgd_way, m.paths.momentum_way))};
}

Claim momentum_overshoots(const Measurements& m) {
  Claim claim{.text = "Too large a momentum overshoots."};
  int holds = m.paths.overshoots.back() > overshooting, cases = 1;
  claim.measured = fmt::format(
      "In the bowl a momentum of {} runs past the minimum by {:.0f} % of "
      "the way, {} by {:.0f} %; {:.0f} % is asked for",
      m.paths.momenta.back(), 100 * m.paths.overshoots.back(), m.paths.momenta.front(),
      100 * m.paths.overshoots.front(), 100 * overshooting);
  const Sweep& sweep = m.rates.momentum;
  if (!sweep.x.empty()) {
    const auto best = std::ranges::max_element(sweep.accuracy, {}, &Estimate::mean);
    const Estimate loss = difference(*best, sweep.accuracy.back());
    ++cases;
    holds += exceeds(loss, momentum_costs);
    claim.measured += fmt::format(
        "; on MNIST {:g} costs {:.1f} points against the best; {:g} is "
        "asked for",
        sweep.x.back(), 100 * loss.mean, 100 * momentum_costs);
  }
  claim.verdict = verdict_of(holds, cases);
  return claim;
}

Claim rate_overshoots(const Measurements& m) {
  Claim claim{.text = "Too large a rate overshoots."};
  int holds = 0, cases = 0;
  for (const auto& of : m.rates.tasks) {
    for (const Sweep& sweep : of.sweeps) {
      if (sweep.x.empty()) continue;
      ++cases;
      holds += exceeds(difference(valley_of(sweep).accuracy, sweep.accuracy.back()), rate_costs);
    }
  }
  claim.measured = fmt::format("The largest rate costs more than {:g} points in {} of {} sweeps",
                               100 * rate_costs, holds, cases);
  claim.verdict = verdict_of(holds, cases);
  return claim;
}

Claim adagrad_adapts(const Measurements& m) {
  const double spread = m.mechanisms.rate_spread;
  return {.text = "Adagrad adapts the rate to each parameter.",
          .measured = fmt::format("The 90th percentile of its effective rates is {:.0f} times the "
                                  "10th; {:g} is asked for",
                                  spread, adapting),
          .verdict = verdict_of(spread > adapting, std::isnan(spread) ? 0 : 1)};
}

Claim adagrad_fades(const Measurements& m) {
  Claim claim{.text = "Adagrad's rate then decays too far."};
  int holds = 0, cases = 0;
  List list;
  for (const auto* of : complete(m.curves)) {
    const Curve& adagrad = *find(of->best, "adagrad");
    const Curve& lowest = *std::ranges::min_element(
        of->best, {}, [](const Curve& curve) { return curve.final_loss.mean; });
    const Estimate excess = difference(adagrad.final_loss, lowest.final_loss);
    ++cases;
    holds +=
        exceeds(excess, excess_loss * lowest.final_loss.mean) && m.mechanisms.sum_left < fading;
    list.add(of->task.title,
             fmt::format("{:.4f} and {:.4f}", adagrad.final_loss.mean, lowest.final_loss.mean));
  }
  claim.measured = fmt::format(
      "At the end {:.0f} % of the effective rate is left; less than {:.0f} % is asked for. Final "
      "training loss, and the lowest of all five, is it more than {:.0f} % above? {}",
      100 * m.mechanisms.sum_left, 100 * fading, 100 * excess_loss, list.text());
  claim.verdict = verdict_of(holds, cases);
  return claim;
}

Claim rmsprop_repairs(const Measurements& m) {
  Claim claim{.text = "RMSProp repairs that with a moving average."};
  int holds = 0, cases = 0;
  List list;
  for (const auto* of : complete(m.curves)) {
    const Estimate gain =
        difference(find(of->best, "adagrad")->final_loss, find(of->best, "rmsprop")->final_loss);
    ++cases;
    holds += exceeds(gain, 0) && m.mechanisms.average_left > m.mechanisms.sum_left;
    list.add(of->task.title, fmt::format("{:+.4f}", -gain.mean));
  }
  claim.measured = fmt::format(
      "On the same gradients {:.0f} % of the sum's rate is left, {:.0f} % of the average's. Final "
      "training loss against Adagrad's: {}",
      100 * m.mechanisms.sum_left, 100 * m.mechanisms.average_left, list.text());
  claim.verdict = verdict_of(holds, cases);
  return claim;
}

Claim rmsprop_needs_beta(const Measurements& m) {
  Claim claim{.text = "RMSProp depends on β."};
  const Sweep& sweep = m.rates.alpha;
  if (sweep.x.size() < 2) return claim;
  const auto [low, high] = std::ranges::minmax_element(sweep.accuracy, {}, &Estimate::mean);
  const Estimate range = difference(*high, *low);
  claim.measured = fmt::format(
      "Over β from {:g} to {:g} the accuracy differs by {:.2f} ± {:.2f} points; {:g} is asked for",
      sweep.x.front(), sweep.x.back(), 100 * range.mean, 100 * range.error, 100 * beta_matters);
  claim.verdict = verdict_of({range.mean - beta_matters, range.error, range.count});
  return claim;
}

Claim adam_is_fastest(const Measurements& m) {
  Claim claim{.text = "Adam converges fastest."};
  int holds = 0, cases = 0;
  List list;
  for (const auto* of : complete(m.curves)) {
    const std::string first = fastest(*of);
    ++cases;
    holds += first == "adam";
    std::string value =
        fmt::format("{} after {:.1f} epochs", contender(first).title, epochs_to_sgd(*of, first));
    const double adam = epochs_to_sgd(*of, "adam");
    if (std::isnan(adam)) {
      value += ", Adam never";
    } else if (first != "adam") {
      value += fmt::format(", Adam after {:.1f}", adam);
    }
    list.add(of->task.title, value);
  }
  claim.measured = "First at SGD's final training loss: " + list.text();
  claim.verdict = verdict_of(holds, cases);
  return claim;
}

Claim adam_needs_no_tuning(const Measurements& m) {
  Claim claim{.text = "Adam needs the least tuning."};
  int holds = 0, cases = 0;
  List widths, defaults;
  for (const auto& of : m.rates.tasks) {
    std::string widest;
    double width = -1, adam = 0;
    for (const Sweep& sweep : of.sweeps) {
      if (sweep.x.empty()) continue;
      const double decades = valley_of(sweep).decades;
      if (sweep.optimizer == "adam") adam = decades;
      if (decades > width) {
        width = decades;
        widest = sweep.optimizer;
      }
    }
    if (widest.empty()) continue;
    ++cases;
    holds += widest == "adam";
    std::string value = fmt::format("{}'s, {:.1f} decades", contender(widest).title, width);
    if (widest != "adam") value += fmt::format(", Adam's {:.1f}", adam);
    widths.add(of.task.title, value);
  }
  for (const auto& of : m.curves.tasks) {
    const Curve* adam = find(of.standard, "adam");
    if (!adam) continue;
    const Curve* other = nullptr;  // the best of the others
    for (const Curve& curve : of.standard) {
      if (curve.epochs.empty() || &curve == adam) continue;
      if (!other || curve.final_accuracy.mean > other->final_accuracy.mean) other = &curve;
    }
    if (!other) continue;
    const Estimate lead = difference(adam->final_accuracy, other->final_accuracy);
    ++cases;
    holds += exceeds(lead, 0);
    defaults.add(of.task.title, fmt::format("{:+.2f} ± {:.2f} against {}", 100 * lead.mean,
                                            100 * lead.error, contender(other->optimizer).title));
  }
  claim.measured = "The widest valley of rates: " + widths.text() +
                   ". Its lead at the default rate, in points: " + defaults.text();
  claim.verdict = verdict_of(holds, cases);
  return claim;
}

Claim adam_keeps_two(const Measurements& m) {
  Claim claim{.text = "Adam keeps two extra values per parameter."};
  for (const Price& price : m.prices) {
    if (price.optimizer != "adam") continue;
    claim.measured = fmt::format("{:g} bytes, {:g} values of f32", price.bytes_per_parameter,
                                 price.bytes_per_parameter / sizeof(float));
    claim.verdict = verdict_of(price.bytes_per_parameter == kept_bytes, 1);
  }
  return claim;
}

Claim adam_generalises_worse(const Measurements& m) {
  Claim claim{.text = "Adam may generalise worse than SGD."};
  int worse = 0, better = 0;
  List list;
  for (const Gap& gap : m.gaps) {
    const Gap::Of *adam = nullptr, *sgd = nullptr;
    for (const Gap::Of& of : gap.contenders) {
      if (of.optimizer == "adam") adam = &of;
      if (of.optimizer == "sgd") sgd = &of;
    }
    if (!adam || !sgd) continue;
    const Estimate lead = difference(adam->accuracy, sgd->accuracy);
    worse += is_clear(lead) && lead.mean < 0;
    better += is_clear(lead) && lead.mean > 0;
    list.add(gap.task.title,
             fmt::format("{:+.2f} ± {:.2f} points", 100 * lead.mean, 100 * lead.error));
  }
  claim.measured =
      "Is it clearly worse anywhere? Adam's test accuracy against SGD's at the same training "
      "loss: " +
      list.text();
  // "May": one case confirms the claim, the contrary in all cases refutes it.
  claim.verdict = m.gaps.empty()                              ? Verdict::not_measured
                  : worse > 0                                 ? Verdict::confirmed
                  : better == static_cast<int>(m.gaps.size()) ? Verdict::refuted
                                                              : Verdict::depends;
  return claim;
}

}  // namespace engram::examples::study
