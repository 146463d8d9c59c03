#include "optimizers/claim_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace engram::examples::study {
namespace {

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

/// Epochs until the training loss is where SGD's ends, at the best rates.
double epochs_to_sgd(const CurveFigures::Of& of, const std::string& optimizer) {
  return epochs_to(*find(of.best, optimizer), find(of.best, "sgd")->final_loss.mean);
}

/// The one of the five that needs the fewest of those epochs.
std::string fastest(const CurveFigures::Of& of) {
  std::string first = "sgd";
  for (const Contender& one : batch_contenders()) {
    if (epochs_to_sgd(of, one.name) < epochs_to_sgd(of, first)) first = one.name;
  }
  return first;
}

/// "name: value" for each task, with commas.
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
    holds += share <= 0.8;
    list.add(of->task.title, fmt::format("{} in {:.0f} %", contender(first).title, 100 * share));
  }
  claim.measured =
      "Of the epochs that SGD takes to its final training loss the fastest needs less "
      "than 80 %? " +
      list.text();
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
  const Estimate gain = difference(m.paths.momentum_cosine, m.paths.sgd_cosine);
  return {.text = "Momentum damps the oscillation.",
          .measured = fmt::format("At the same rate that cosine is {:.2f} with momentum, {:.2f} "
                                  "without",
                                  m.paths.momentum_cosine.mean, m.paths.sgd_cosine.mean),
          .verdict = verdict_of(gain)};
}

Claim momentum_overshoots(const Measurements& m) {
  Claim claim{.text = "Too large a momentum overshoots."};
  int holds = m.paths.overshoots.back() > 0.1, cases = 1;
  claim.measured = fmt::format(
      "In the bowl a momentum of {} runs past the minimum by {:.0f} % of "
      "the way, {} by {:.0f} %",
      m.paths.momenta.back(), 100 * m.paths.overshoots.back(), m.paths.momenta.front(),
      100 * m.paths.overshoots.front());
  const Sweep& sweep = m.rates.momentum;
  if (!sweep.x.empty()) {
    const auto best = std::ranges::max_element(sweep.accuracy, {}, &Estimate::mean);
    const Estimate loss = difference(*best, sweep.accuracy.back());
    ++cases;
    holds += loss.mean > 0.01 && is_clear(loss);
    claim.measured += fmt::format("; on MNIST {:g} costs {:.1f} points against the best",
                                  sweep.x.back(), 100 * loss.mean);
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
      holds += sweep.accuracy.back().mean < valley_of(sweep).accuracy.mean - 0.05;
    }
  }
  claim.measured =
      fmt::format("The largest rate costs more than 5 points in {} of {} sweeps", holds, cases);
  claim.verdict = verdict_of(holds, cases);
  return claim;
}

Claim adagrad_adapts(const Measurements& m) {
  const double spread = m.mechanisms.rate_spread;
  return {.text = "Adagrad adapts the rate to each parameter.",
          .measured = fmt::format("The 90th percentile of its effective rates is {:.0f} times the "
                                  "10th; 2 is asked for",
                                  spread),
          .verdict = verdict_of(spread > 2, std::isnan(spread) ? 0 : 1)};
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
    holds += excess.mean > 0.2 * lowest.final_loss.mean && is_clear(excess) &&
             m.mechanisms.sum_fades > 2;
    list.add(of->task.title,
             fmt::format("{:.4f} and {:.4f}", adagrad.final_loss.mean, lowest.final_loss.mean));
  }
  claim.measured = fmt::format(
      "The effective rate falls by a factor of {:.1f}. Final training "
      "loss, and the lowest of all five, is it more than a fifth above? {}",
      m.mechanisms.sum_fades, list.text());
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
    holds += gain.mean > 0 && is_clear(gain) && m.mechanisms.average_fades < m.mechanisms.sum_fades;
    list.add(of->task.title, fmt::format("{:+.4f}", -gain.mean));
  }
  claim.measured = fmt::format(
      "On the same gradients the sum's rate falls by {:.1f}, the "
      "average's by {:.2f}. Final training loss against Adagrad's: {}",
      m.mechanisms.sum_fades, m.mechanisms.average_fades, list.text());
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
      "Over β from {:g} to {:g} the accuracy differs by {:.2f} ± {:.2f} "
      "points; 1 is asked for, below 0.3 it would be refuted",
      sweep.x.front(), sweep.x.back(), 100 * range.mean, 100 * range.error);
  claim.verdict = range.mean > 0.01 && is_clear(range) ? Verdict::confirmed
                  : range.mean < 0.003                 ? Verdict::refuted
                                                       : Verdict::depends;
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
    const auto best = std::ranges::max_element(of.standard, {}, [](const Curve& curve) {
      return curve.epochs.empty() ? -1 : curve.final_accuracy.mean;
    });
    ++cases;
    holds += best->optimizer == "adam";
    std::string value = fmt::format("{}, {:.2f} %", contender(best->optimizer).title,
                                    100 * best->final_accuracy.mean);
    if (best->optimizer != "adam") {
      value += fmt::format(", Adam {:.2f} %", 100 * adam->final_accuracy.mean);
    }
    defaults.add(of.task.title, value);
  }
  claim.measured = "The widest valley of rates: " + widths.text() +
                   ". The best at its default rate: " + defaults.text();
  claim.verdict = verdict_of(holds, cases);
  return claim;
}

Claim adam_keeps_two(const Measurements& m) {
  Claim claim{.text = "Adam keeps two extra values per parameter."};
  for (const Price& price : m.prices) {
    if (price.optimizer != "adam") continue;
    claim.measured = fmt::format("{:g} bytes, {:g} values of f32", price.bytes_per_parameter,
                                 price.bytes_per_parameter / 4);
    claim.verdict = verdict_of(price.bytes_per_parameter == 8, 1);
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
  claim.measured = "Adam's test accuracy against SGD's at the same training loss: " + list.text();
  // "May" holds once it is seen anywhere; it is refuted where the contrary is seen everywhere.
  claim.verdict = m.gaps.empty()                              ? Verdict::not_measured
                  : worse > 0                                 ? Verdict::confirmed
                  : better == static_cast<int>(m.gaps.size()) ? Verdict::refuted
                                                              : Verdict::depends;
  return claim;
}

}  // namespace engram::examples::study
