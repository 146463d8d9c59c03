#include "optimizers/gap.h"

#include "common/experiment.h"
#include "optimizers/drawing.h"

#include <engram/experiment/report/table.h>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace engram::examples::study {
namespace {

double lowest_loss(const Record& record) {
  double lowest = std::numeric_limits<double>::infinity();
  for (const Point& point : record.points) {
    if (point.train_loss < lowest) lowest = point.train_loss;  // never for NaN
  }
  return lowest;
}

/// The value of a member when the training loss first reaches `loss`, interpolated.
double at_loss(const Record& record, double loss, double Point::*member) {
  std::vector<double> steps, losses, values;
  for (const Point& point : record.points) {
    steps.push_back(static_cast<double>(point.step));
    losses.push_back(point.train_loss);
    values.push_back(point.*member);
  }
  if (losses[0] <= loss) return values[0];
  return interpolate(steps, values, first_crossing(steps, losses, loss));
}

void draw_gaps(const Study& study, const std::vector<Gap>& gaps) {
  std::string data,
      commands =
          "set errorbars linecolor \"#202020\" linewidth 1.2; set style fill solid 0.5\n"
          "unset key; set lmargin 10; set rmargin 1; set tmargin 2; set bmargin 3.5\n"
          "set grid ytics linetype 1 linecolor \"#e0e0e0\"\n";
  for (std::size_t g = 0; g < gaps.size(); ++g) {
    std::vector<std::vector<double>> rows;
    std::string tics;
    for (const Gap::Of& of : gaps[g].contenders) {
      tics += fmt::format("{}\"{}\" {}", tics.empty() ? "" : ", ", contender(of.optimizer).title,
                          rows.size());
      rows.push_back({100 * of.accuracy.mean, 100 * shown(of.accuracy.error), of.gap.mean,
                      shown(of.gap.error)});
    }
    data += data_block(fmt::format("gap{}", g), rows);
    commands += fmt::format("set xtics ({}); set xrange [-0.6:{}]\n", tics,
                            static_cast<double>(rows.size()) - 0.4);
    for (const bool is_loss : {false, true}) {
      commands += panel(static_cast<int>(g), is_loss ? 1 : 0, static_cast<int>(gaps.size()), 2);
      // Accuracies differ little, so the axis does not begin at 0: points, not bars.
      commands += fmt::format(
          "set title \"{{/:Bold {}}}\" offset 0, -0.6; set ylabel \"{}\" offset 0.8, 0\n"
          "set yrange [{}]; set offsets 0, 0, graph 0.1, {}\n",
          gaps[g].task.title, is_loss ? "test loss − training loss, nats" : "test accuracy, %",
          is_loss ? "*<0:0<*" : "*:*", is_loss ? "0" : "graph 0.1");
      std::string plot;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const Contender& one = contender(gaps[g].contenders[i].optimizer);
        const int column = is_loss ? 3 : 1;
        plot += fmt::format(
            ", $gap{0} every ::{1}::{1} using ({1}):{2}:{3}{4} linecolor \"{5}\"", g, i, column,
            column + 1,
            is_loss ? ":(0.7) with boxerrorbars"
                    : fmt::format(" with yerrorbars linewidth 1.3 pointtype {}", one.point),
            one.colour);
      }
      commands += "plot " + plot.substr(2) + "\n";
    }
  }
  draw(study.folder, "gap", 830, 300 * static_cast<int>(gaps.size()), data, commands);
}

}  // namespace

Gap gap_of(const Task& task, const std::vector<std::vector<const Record*>>& records) {
  Gap gap{.task = task, .train_loss = 0, .contenders = {}};
  for (const auto& seeds : records) {
    for (const Record* record : seeds) {
      gap.train_loss = std::max(gap.train_loss, lowest_loss(*record));
    }
  }
  for (const auto& seeds : records) {
    if (seeds.empty()) continue;
    std::vector<double> accuracies, gaps;
    for (const Record* record : seeds) {
      accuracies.push_back(at_loss(*record, gap.train_loss, &Point::test_accuracy));
      gaps.push_back(at_loss(*record, gap.train_loss, &Point::test_loss) - gap.train_loss);
    }
    gap.contenders.push_back({seeds[0]->setup.optimizer, estimate(accuracies), estimate(gaps)});
  }
  return gap;
}

std::vector<Gap> measure_gaps(const Study& study) {
  std::vector<Gap> gaps;
  for (const Task& task : tasks().first(2)) {  // with the MLP, which reaches a low training loss
    std::vector<std::vector<const Record*>> records;
    for (const Contender& one : batch_contenders()) {
      records.push_back(study.store.seeds(
          curve_setup(study.scale, study.store, task, one.name, Rate::best), study.scale.seeds));
    }
    Gap gap = gap_of(task, records);
    if (!gap.contenders.empty()) gaps.push_back(std::move(gap));
  }
  return gaps;
}

Section gap_section(const Study& study, const std::vector<Gap>& gaps) {
  Section section{"5. The generalisation gap", {}};
  section.say(
      "Who learns faster also begins to fit the training images more closely sooner. So the MLPs "
      "of "
      "part 2, at their best rates, are compared at the moment when their training loss is the "
      "same: the lowest one that every run came to. Between two measurements all values are taken "
      "as linear in the steps. Bars are standard errors.");
  if (gaps.empty()) {
    section.say("Not trained yet.");
    return section;
  }
  draw_gaps(study, gaps);
  section.show(Picture{"gap.png",
                       "Test accuracy, and test loss minus training loss, at one "
                       "training loss"});
  for (const Gap& gap : gaps) {
    Table table{.rows = {{fmt::format("{}, training loss {:.4f}", gap.task.title, gap.train_loss),
                          "test accuracy, %", "test loss − training loss", "seeds"}}};
    for (const Gap::Of& of : gap.contenders) {
      table.rows.push_back({contender(of.optimizer).title, percent(of.accuracy),
                            fmt::format("{:.4f} ± {:.4f}", of.gap.mean, of.gap.error),
                            fmt::format("{}", of.accuracy.count)});
    }
    section.show(table);
  }
  return section;
}

}  // namespace engram::examples::study
