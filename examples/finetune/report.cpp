#include "finetune/report.h"

#include <engram/experiment/report/drawing.h>
#include <engram/experiment/report/estimate.h>
#include <engram/experiment/report/table.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace engram::examples::finetuning {
namespace {

std::string title_of(const std::string& name) {
  if (name == "resnet") return "ResNet-18";
  if (name == "vgg") return "VGG-11";
  if (name == "inception") return "Inception v3";
  if (name == "hand") return "a new hand";
  if (name == "fashion") return "Fashion-MNIST";
  if (name == "head") return "head alone";
  if (name == "all") return "all layers";
  if (name == "layerwise") return "layerwise rates";
  if (name == "ewc") return "EWC";
  return "from scratch";
}

/// Accuracies of the runs of this family, target, way and number of images.
std::vector<double> accuracies(const std::vector<Trained>& trainings, const std::string& family,
                               const std::string& target, const std::string& way,
                               std::int64_t images) {
  std::vector<std::pair<std::uint64_t, double>> by_seed;
  for (const auto& [setup, outcome] : trainings) {
    if (outcome && setup.family == family && setup.target == target && setup.way == way &&
        setup.images == images) {
      by_seed.emplace_back(setup.seed, outcome->accuracy);
    }
  }
  std::ranges::sort(by_seed);
  std::vector<double> all;
  for (const auto& [seed, accuracy] : by_seed) all.push_back(accuracy);
  return all;
}

/// The distinct values of one field, in order of first occurrence.
template <class Value>
std::vector<Value> values(const std::vector<Trained>& trainings, Value Setup::*field) {
  std::vector<Value> all;
  for (const Trained& each : trainings) {
    if (!std::ranges::count(all, each.setup.*field)) all.push_back(each.setup.*field);
  }
  return all;
}

/// A row for each pair of values of two fields, titled `title` of theirs, and a column for each
/// number of images: cell(outer, inner, images).
template <class Cell>
Table table_of(const std::vector<Trained>& trainings, const std::string& head, const char* title,
               std::string Setup::*outer, std::string Setup::*inner, Cell cell) {
  const std::vector<std::int64_t> counts = values(trainings, &Setup::images);
  Table table{{{head}}};
  for (const std::int64_t count : counts) table.rows[0].push_back(fmt::format("{} images", count));
  for (const std::string& a : values(trainings, outer)) {
    for (const std::string& b : values(trainings, inner)) {
      std::vector<std::string> row{fmt::format(fmt::runtime(title), title_of(a), title_of(b))};
      for (const std::int64_t count : counts) row.push_back(cell(a, b, count));
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

Table accuracy_table(const std::vector<Trained>& trainings, const std::string& target) {
  return table_of(trainings, fmt::format("accuracy on {}, %", title_of(target)), "{0}, {1}",
                  &Setup::family, &Setup::way,
                  [&](const auto& family, const auto& way, std::int64_t images) {
                    return percent(estimate(accuracies(trainings, family, target, way, images)));
                  });
}

/// The rate of each way, chosen with the first family.
Table rate_table(const std::vector<Trained>& trainings) {
  return table_of(trainings, "learning rate", "{0}, {1}", &Setup::target, &Setup::way,
                  [&](const auto& target, const auto& way, std::int64_t images) -> std::string {
                    const auto found = std::ranges::find_if(trainings, [&](const Trained& each) {
                      return each.setup.target == target && each.setup.way == way &&
                             each.setup.images == images;
                    });
                    return found == trainings.end() ? "-" : fmt::format("{:g}", found->setup.lr);
                  });
}

/// The gain of fine-tuning all layers over training from scratch, paired by seed.
Table gain_table(const std::vector<Trained>& trainings) {
  return table_of(trainings, "all layers less from scratch, points", "{1}, {0}", &Setup::target,
                  &Setup::family,
                  [&](const auto& target, const auto& family, std::int64_t images) -> std::string {
                    const Paired gain =
                        paired_difference(accuracies(trainings, family, target, "all", images),
                                          accuracies(trainings, family, target, "scratch", images));
                    if (std::isnan(gain.low)) return "-";
                    return fmt::format("{:+.2f} ({:+.2f} to {:+.2f})", 100 * gain.mean,
                                       100 * gain.low, 100 * gain.high);
                  });
}

constexpr std::array<LineStyle, 5> styles{{{"#56b4e9", 3, 4},
                                           {"#0072b2", 1, 7},
                                           {"#009e73", 4, 9},
                                           {"#cc79a7", 5, 5},
                                           {"#d55e00", 2, 11}}};

void draw_accuracy(const std::vector<Trained>& trainings, const std::filesystem::path& folder) {
  const std::vector<std::string> families = values(trainings, &Setup::family);
  const std::vector<std::string> targets = values(trainings, &Setup::target);
  const std::vector<std::string> ways = values(trainings, &Setup::way);
  const std::vector<std::int64_t> counts = values(trainings, &Setup::images);
  const auto rows = static_cast<int>(targets.size()), columns = static_cast<int>(families.size());
  std::string tics;
  for (const std::int64_t count : counts) {
    tics += fmt::format("{}\"{}\" {}", tics.empty() ? "" : ", ", count, count);
  }
  std::string data, commands;
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) {
      const std::string &target = targets[static_cast<std::size_t>(r)],
                        &family = families[static_cast<std::size_t>(c)];
      commands += panel(r, c, rows, columns, 0.08);
      commands += fmt::format(
          "set lmargin 8; set rmargin 2; set tmargin 2; set bmargin 3.3; unset key\n"
          "set logscale x; set xtics ({}); set xrange [{}:{}]; set yrange [*:100]\n"
          "set grid ytics linetype 1 linecolor \"#e0e0e0\"\n"
          "set title \"{{/:Bold {}, {}}}\" offset 0, -0.6\n"
          "set xlabel \"labelled images\" offset 0, 0.3\nset ylabel \"test accuracy, %\" offset "
          "0.8, 0\n",
          tics, 0.8 * static_cast<double>(counts.front()),
          1.25 * static_cast<double>(counts.back()), title_of(family), title_of(target));
      std::string plot;
      for (const std::string& way : ways) {
        const std::string name = fmt::format("{}_{}_{}", way, r, c);
        std::vector<std::vector<double>> points;
        for (const std::int64_t count : counts) {
          const Estimate e = estimate(accuracies(trainings, family, target, way, count));
          const double error = 100 * shown(e.error);
          points.push_back({static_cast<double>(count), 100 * e.mean, 100 * e.mean - error,
                            100 * e.mean + error});
        }
        data += data_block(name, points);
        const auto at = std::ranges::find(all_ways, way) - all_ways.begin();
        const LineStyle& style = styles[static_cast<std::size_t>(at)];
        plot += fmt::format(
            "{}${} using 1:3:4 with filledcurves notitle fillcolor \"{}\" fillstyle transparent "
            "solid 0.2, ${} using 1:2 with linespoints linewidth 1.6 pointsize 0.8 {} title "
            "\"{}\"",
            plot.empty() ? "plot " : ", ", name, style.colour, name, to_gnuplot(style),
            title_of(way));
      }
      if (r == 0 && c == 0) {
        commands += "set key at screen 0.5, 0.985 center top horizontal samplen 3 width 1\n";
      }
      commands += plot + "\n";
    }
  }
  draw(folder, "accuracy", static_cast<std::size_t>(330 * columns + 20),
       static_cast<std::size_t>(290 * rows + 40), data, commands);
}

/// 97.5 % point of Student's t with these degrees of freedom.
double t_quantile(int degrees) {
  constexpr std::array table{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};
  if (degrees <= std::ssize(table)) return table[static_cast<std::size_t>(degrees - 1)];
  // The expansion of Cornish and Fisher (Abramowitz and Stegun, 26.7.5).
  const double z = 1.959964, n = degrees, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
  return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n);
}

}  // namespace

Paired paired_difference(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> differences;
  for (std::size_t k = 0; k < std::min(a.size(), b.size()); ++k) differences.push_back(a[k] - b[k]);
  const Estimate e = estimate(differences);
  const double half = e.count < 2 ? std::nan("") : t_quantile(e.count - 1) * e.error;
  return {e.mean, e.mean - half, e.mean + half, e.count};
}

Json to_json(const std::vector<Trained>& trainings) {
  Json all = Json::array();
  for (const auto& [setup, outcome] : trainings) {
    if (!outcome) continue;
    all.push_back(to_json(setup));
    all.back().update(to_json(*outcome));
  }
  return all;
}

Report make_report(const std::vector<Trained>& trainings,
                   const std::vector<std::pair<std::string, double>>& pretrained,
                   const std::string& command, const std::filesystem::path& folder) {
  const auto done = std::ranges::count_if(trainings, [](const Trained& t) { return !!t.outcome; });
  double seconds = 0;
  for (const Trained& each : trainings) seconds += each.outcome ? each.outcome->seconds : 0;
  Report report{"Fine-tuning, compared", {Section{"", {}}}};
  Section& first = report.sections.front();
  if (done < std::ssize(trainings)) {
    first.say(fmt::format(
        "**This report is partial:** {} of {} trainings are done. The same command goes on.", done,
        trainings.size()));
  }
  first.say(fmt::format("{} trainings, {:.0f} minutes of training steps. Made by `{}`.", done,
                        seconds / 60, command));
  std::string accuracies_text;
  for (const auto& [family, accuracy] : pretrained) {
    accuracies_text += fmt::format("{}{} {:.2f} %", accuracies_text.empty() ? "" : ", ",
                                   title_of(family), 100 * accuracy);
  }
  if (!pretrained.empty()) {
    first.say("Pretrained, on the digits of ten customers whom no network has seen: " +
              accuracies_text + ".");
  }
  draw_accuracy(trainings, folder);
  first.show(Picture{"accuracy.png", "Accuracy over labelled images, for each way"});
  first.say("Lines are means over the seeds, bands their standard errors.");
  for (const std::string& target : values(trainings, &Setup::target)) {
    first.show(accuracy_table(trainings, target));
  }
  first.say("The gain of fine-tuning, paired by seed, with its 95 % confidence interval:");
  first.show(gain_table(trainings));
  first.say("Adam's initial learning rate of the head, the best on 2,000 validation images:");
  first.show(rate_table(trainings));
  return report;
}

}  // namespace engram::examples::finetuning
