#include "optimizers/rates.h"

#include "common/experiment.h"
#include "optimizers/drawing.h"

#include <engram/experiment/report/table.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace engram::examples::study {
namespace {

std::vector<double> means(const Sweep& sweep) {
  std::vector<double> values;
  for (const Estimate& accuracy : sweep.accuracy) values.push_back(accuracy.mean);
  return values;
}

std::vector<std::vector<double>> rows_of(const Sweep& sweep, double (*x)(double)) {
  std::vector<std::vector<double>> rows;
  for (std::size_t i = 0; i < sweep.x.size(); ++i) {
    const Estimate& a = sweep.accuracy[i];
    rows.push_back({x(sweep.x[i]), 100 * a.mean, 100 * shown(a.error)});
  }
  return rows;
}

void draw_rates(const Study& study, const RateFigures& figures) {
  constexpr double top = 0.07;
  std::string data, commands;
  for (std::size_t t = 0; t < figures.tasks.size(); ++t) {
    const int place = static_cast<int>(t);
    commands += panel(place / 2, place % 2, 2, 2, top);
    commands += fmt::format(
        "unset key; set lmargin 8; set rmargin 2; set tmargin 2; set bmargin 3.3\n"
        "set logscale x; set format x \"10^{{%T}}\"; set xrange [7e-6:1.4e1]; set yrange [0:102]\n"
        "set grid ytics linetype 1 linecolor \"#e0e0e0\"\n"
        "set title \"{{/:Bold {}}}\" offset 0, -0.6\n"
        "set xlabel \"learning rate (logarithmic)\" offset 0, 0.3\n"
        "set ylabel \"test accuracy, %\" offset 0.8, 0\n",
        figures.tasks[t].task.title);
    std::string plot;
    for (const Sweep& sweep : figures.tasks[t].sweeps) {
      const std::string name = fmt::format("{}_{}", sweep.optimizer, t);
      data += data_block(name, rows_of(sweep, [](double x) { return x; }));
      plot += (plot.empty() ? "plot " : ", ") +
              line_with_bars("$" + name, contender(sweep.optimizer), 0.7);
    }
    commands += plot + "\n";
  }
  draw(study.folder, "rates", 830, 640, data, commands + key_panel(batch_contenders(), top));
}

/// 1 / (1 − β): the time constant of the moving average, in steps.
double memory(double beta) { return 1 / (1 - beta); }

void draw_memory(const Study& study, const RateFigures& figures) {
  std::string data, commands;
  int column = 0;
  for (const auto& [sweep, title] :
       {std::pair(&figures.momentum, "SGD with momentum"), std::pair(&figures.alpha, "RMSProp")}) {
    data += data_block(sweep->optimizer, rows_of(*sweep, memory));
    // A label too close to the previous one is left out.
    std::string tics;
    double labelled = 0, lowest = 1;
    for (std::size_t i = 0; i < sweep->x.size(); ++i) {
      const double x = sweep->x[i], at = memory(x);
      const bool fits = at > labelled * std::pow(memory(sweep->x.back()), 0.045);
      tics += fmt::format("{}\"{}\" {:g}", tics.empty() ? "" : ", ",
                          fits ? fmt::format("{:g}", x) : "", at);
      if (fits) labelled = at;
      lowest = std::min(lowest, sweep->accuracy[i].mean);
    }
    commands += panel(0, column++, 1, 2);
    commands += fmt::format(
        "unset key; set lmargin 8; set rmargin 2; set tmargin 2; set bmargin 6\n"
        "set logscale x; set xtics ({}) rotate by 45 right; set autoscale x; set yrange {}\n"
        "set offsets graph 0.03, graph 0.03, 0, 0\n"
        "set grid ytics linetype 1 linecolor \"#e0e0e0\"\n"
        "set title \"{{/:Bold {}}}\" offset 0, -0.6\n"
        "set label 1 \"{} (the axis is logarithmic in 1/(1−β))\" at graph 0.5, screen 0.04 center\n"
        "set ylabel \"test accuracy, %\" offset 0.8, 0\n"
        "plot {}\n",
        tics, lowest < 0.5 ? "[0:102]" : "[*:*]", title, column == 1 ? "momentum β" : "β",
        line_with_bars("$" + sweep->optimizer, contender(sweep->optimizer), 0.8));
  }
  draw(study.folder, "memory", 830, 380, data, commands);
}

std::string width_text(const Valley& valley) {
  return fmt::format("{}{:.1f}", valley.open ? "≥ " : "", valley.decades);
}

}  // namespace

Sweep measure_sweep(const Study& study, const std::vector<Setup>& setups,
                    double Hyperparameters::*value) {
  Sweep sweep;
  for (const Setup& setup : setups) {
    std::vector<double> accuracies;
    for (const Record* record : study.store.seeds(setup, study.scale.seeds)) {
      accuracies.push_back(record->last().test_accuracy);
    }
    sweep.optimizer = setup.optimizer;
    if (accuracies.empty()) continue;
    sweep.x.push_back(setup.with.*value);
    sweep.accuracy.push_back(estimate(accuracies));
  }
  return sweep;
}

Valley valley_of(const Sweep& sweep) {
  Valley valley;
  if (sweep.x.empty()) return valley;
  const std::vector<double> y = means(sweep);
  std::vector<double> x;
  for (double rate : sweep.x) x.push_back(std::log10(rate));
  const auto top = static_cast<std::size_t>(std::ranges::max_element(y) - y.begin());
  const double level = y[top] - valley_depth;
  const std::vector<double> right_x(x.begin() + static_cast<std::ptrdiff_t>(top), x.end());
  const std::vector<double> right_y(y.begin() + static_cast<std::ptrdiff_t>(top), y.end());
  const std::vector<double> left_x(x.rend() - static_cast<std::ptrdiff_t>(top) - 1, x.rend());
  const std::vector<double> left_y(y.rend() - static_cast<std::ptrdiff_t>(top) - 1, y.rend());
  const double right = first_crossing(right_x, right_y, level);
  const double left = first_crossing(left_x, left_y, level);
  valley.best = sweep.x[top];
  valley.accuracy = sweep.accuracy[top];
  valley.open = std::isnan(left) || std::isnan(right);
  valley.decades = (std::isnan(right) ? x.back() : right) - (std::isnan(left) ? x[0] : left);
  return valley;
}

RateFigures measure_rates(const Study& study) {
  RateFigures figures;
  for (const Task& task : tasks()) {
    auto& of = figures.tasks.emplace_back(RateFigures::Of{task, {}});
    for (const Contender& one : batch_contenders()) {
      of.sweeps.push_back(
          measure_sweep(study, rate_setups(study.scale, task, one.name), &Hyperparameters::lr));
      of.sweeps.back().optimizer = one.name;
    }
  }
  figures.momentum =
      measure_sweep(study, momentum_setups(study.scale, study.store), &Hyperparameters::momentum);
  figures.alpha =
      measure_sweep(study, alpha_setups(study.scale, study.store), &Hyperparameters::alpha);
  return figures;
}

Section rates_section(const Study& study, const RateFigures& figures) {
  Section section{"3. The rate", {}};
  const Scale& scale = study.scale;
  section.say(fmt::format(
      "Every optimizer is trained anew with each rate from 1e-5 to 10, with {} seeds: the MLP on "
      "{} "
      "images for {} epochs, the CNN on {} for {}. A point is the mean test accuracy at the end, "
      "its "
      "bar the standard error. The valley that works is all rates whose accuracy is within one "
      "point of the best; its width is given in decades. More images or epochs may move the "
      "valley: "
      "the curves of part 2, which have them, may have a better rate than the one found here.",
      scale.seeds, scale.mlp_rates.train, scale.mlp_rates.epochs, scale.cnn_rates.train,
      scale.cnn_rates.epochs));
  draw_rates(study, figures);
  section.show(Picture{"rates.png", "Test accuracy over the learning rate"});

  Table table{.rows = {{"valley, decades (its best rate)"}}};
  Table accuracies{.rows = {{"accuracy at the best rate, %"}}};
  for (const auto& of : figures.tasks) {
    table.rows[0].push_back(of.task.title);
    accuracies.rows[0].push_back(of.task.title);
  }
  for (std::size_t i = 0; i < batch_contenders().size(); ++i) {
    auto& widths = table.rows.emplace_back();
    auto& row = accuracies.rows.emplace_back();
    widths.push_back(batch_contenders()[i].title);
    row.push_back(batch_contenders()[i].title);
    for (const auto& of : figures.tasks) {
      const Valley valley = valley_of(of.sweeps[i]);
      widths.push_back(of.sweeps[i].x.empty()
                           ? "-"
                           : fmt::format("{} ({:.2g})", width_text(valley), valley.best));
      row.push_back(percent(valley.accuracy));
    }
  }
  section.show(accuracies);
  section.show(table);

  section.say(
      "The memory has a length too: that of the velocity in SGD with momentum, that of the mean "
      "square in RMSProp. Both were tried at the best rate from above, on MNIST with the MLP. "
      "Classic momentum β makes steps 1/(1−β) times as long, so a large β is a large rate.");
  draw_memory(study, figures);
  section.show(Picture{"memory.png", "Test accuracy over momentum, and over RMSProp's β"});
  for (const Sweep* sweep : {&figures.momentum, &figures.alpha}) {
    Table values{
        .rows = {{sweep == &figures.momentum ? "momentum β" : "RMSProp β"}, {"test accuracy, %"}}};
    for (std::size_t i = 0; i < sweep->x.size(); ++i) {
      values.rows[0].push_back(fmt::format("{:g}", sweep->x[i]));
      values.rows[1].push_back(percent(sweep->accuracy[i]));
    }
    if (!sweep->x.empty()) section.show(values);
  }
  return section;
}

}  // namespace engram::examples::study
