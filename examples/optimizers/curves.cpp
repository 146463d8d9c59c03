#include "optimizers/curves.h"

#include "common/experiment.h"
#include "optimizers/deepobs.h"
#include "optimizers/drawing.h"

#include <engram/experiment/report/table.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace engram::examples::study {
namespace {

std::string file_of(const Task& task) {
  return fmt::format("curves-{}-{}", task.dataset, task.network);
}

/// Columns: epochs, seconds, loss and its error band, accuracy and its error band, in percent.
std::string data_of(const std::string& name, const Curve& curve) {
  std::vector<std::vector<double>> rows;
  for (std::size_t i = 0; i < curve.epochs.size(); ++i) {
    std::vector<double>& row = rows.emplace_back();
    row = {curve.epochs[i], curve.seconds[i]};
    for (const auto& [value, unit] : {std::pair(curve.loss[i], 1.), {curve.accuracy[i], 100.}}) {
      const double error = shown(value.error);
      // A band on a logarithmic axis must stay above 0.
      const double low = std::max(value.mean - error, value.mean / 10);
      row.insert(row.end(), {unit * value.mean, unit * low, unit * (value.mean + error)});
    }
  }
  return data_block(name, rows);
}

/// The lower end of the accuracy axis, in percent: below the curves' second points.
double lowest_accuracy(const std::vector<Curve>& curves) {
  double lowest = 1;
  for (const Curve& curve : curves) {
    if (curve.accuracy.size() < 2) continue;
    lowest = std::min(lowest, curve.accuracy[1].mean - shown(curve.accuracy[1].error));
  }
  return 5 * std::floor(20 * lowest);
}

/// The lower end of the logarithmic loss axis.
double lowest_loss(const std::vector<Curve>& curves) {
  double lowest = 1;
  for (const Curve& curve : curves) {
    for (const Estimate& loss : curve.loss) lowest = std::min(lowest, 0.7 * loss.mean);
  }
  return lowest;
}

/// A panel of all curves; `x` and `y` are columns of the data.
std::string plot_of(const std::vector<Curve>& curves, const std::string& suffix, int x, int y) {
  std::string bands, lines;
  for (const Curve& curve : curves) {
    if (curve.epochs.empty()) continue;
    const Contender& one = contender(curve.optimizer);
    const std::string source = fmt::format(", ${}_{}", curve.optimizer, suffix);
    // The bands begin at the first epoch: accuracies before it are far below the axis.
    bands += fmt::format(
        "{} every ::1 using {}:{}:{} with filledcurves fillcolor \"{}\" fillstyle transparent "
        "solid 0.25 noborder",
        source, x, y + 1, y + 2, one.colour);
    lines +=
        fmt::format("{} using {}:{} with linespoints {} pointsize 0.55 pointinterval {}", source, x,
                    y, style(one), std::max<std::size_t>(1, curve.epochs.size() / 8));
  }
  return bands.empty() ? "" : "plot " + (bands + lines).substr(2) + "\n";
}

void draw_task(const Study& study, const CurveFigures::Of& of) {
  constexpr double top = 0.035;
  std::string data;
  for (const auto& [curves, suffix] : {std::pair(&of.best, "best"), {&of.standard, "standard"}}) {
    for (const Curve& curve : *curves) data += data_of(curve.optimizer + "_" + suffix, curve);
  }
  struct Row {
    const std::vector<Curve>& curves;
    const char* suffix;
    const char* title;
    const char* x_label;
    int x;
  };
  const Row rows[] = {{of.best, "best", "each at its best rate", "epochs", 1},
                      {of.best, "best", "each at its best rate", "training time, s", 2},
                      {of.standard, "standard", "each at its default rate", "epochs", 1},
                      {of.standard, "standard", "each at its default rate", "training time, s", 2}};
  std::string commands =
      "unset key; set lmargin 10; set rmargin 2; set tmargin 1.8; set bmargin 3.3\n"
      "set grid ytics linetype 1 linecolor \"#e0e0e0\"\n";
  for (int r = 0; r < 4; ++r) {
    const Row& row = rows[r];
    for (const bool is_loss : {true, false}) {
      const std::string plot = plot_of(row.curves, row.suffix, row.x, is_loss ? 3 : 6);
      if (plot.empty()) continue;
      commands += panel(r, is_loss ? 0 : 1, 4, 2, top);
      commands += fmt::format(
          "set xlabel \"{}\" offset 0, 0.4; set xrange [0:*]\n"
          "set title \"{{/:Bold {}}}, {}\" offset 0, -0.8\n"
          "set ylabel \"{}\" offset 0.8, 0; {}\n",
          row.x_label, is_loss ? "Training loss" : "Test accuracy", row.title,
          is_loss ? "cross entropy, nats" : "accuracy, %",
          is_loss ? fmt::format("set logscale y; set ytics {}; set yrange [{:.3g}:3]",
                                "(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2)",
                                lowest_loss(row.curves))
                  : fmt::format("unset logscale y; set ytics autofreq; set yrange [{}:*]",
                                lowest_accuracy(row.curves)));
      commands += plot;
    }
  }
  draw(study.folder, file_of(of.task), 830, 1160, data,
       commands + key_panel(batch_contenders(), top));
}

/// Whether any of the curves was trained.
bool any(const std::vector<Curve>& curves) {
  return std::ranges::any_of(curves, [](const Curve& curve) { return !curve.epochs.empty(); });
}

Table table_of(const CurveFigures::Of& of) {
  Table table{.rows = {{"optimizer", "best rate", "training loss", "test accuracy, %",
                        "default rate", "training loss", "test accuracy, %"}}};
  for (std::size_t i = 0; i < of.best.size(); ++i) {
    auto& row = table.rows.emplace_back();
    row.push_back(contender(of.best[i].optimizer).title);
    for (const Curve* curve : {&of.best[i], &of.standard[i]}) {
      row.push_back(fmt::format("{:.2g}", curve->rate));
      row.push_back(fixed(curve->final_loss.mean, 4));
      row.push_back(percent(curve->final_accuracy));
    }
  }
  return table;
}

/// "RMSProp in 1 of 4, Adam in 3 of 4": in how many tasks the default rate ends above the best one.
std::string better_defaults(const CurveFigures& figures) {
  std::string text;
  for (std::size_t i = 0; i < batch_contenders().size(); ++i) {
    int higher = 0, cases = 0;
    for (const auto& of : figures.tasks) {
      const Curve &best = of.best[i], &standard = of.standard[i];
      if (best.epochs.empty() || standard.epochs.empty() || best.rate == standard.rate) continue;
      ++cases;
      higher += standard.final_accuracy.mean > best.final_accuracy.mean;
    }
    if (higher == 0) continue;
    text += fmt::format("{}{} in {} of {}", text.empty() ? "" : ", ", batch_contenders()[i].title,
                        higher, cases);
  }
  return text;
}

}  // namespace

Curve curve_of(const std::vector<const Record*>& records) {
  Curve curve;
  std::vector<double> losses, accuracies;
  std::size_t points = 0;
  for (const Record* record : records) {
    losses.push_back(record->last().train_loss);
    accuracies.push_back(record->last().test_accuracy);
    points = std::max(points, record->points.size());
  }
  curve.final_loss = estimate(losses);
  curve.final_accuracy = estimate(accuracies);
  for (std::size_t i = 0; i < points; ++i) {
    std::vector<double> epochs, seconds, loss, accuracy;
    for (const Record* record : records) {
      if (i >= record->points.size()) continue;
      const Point& point = record->points[i];
      epochs.push_back(record->epoch(point));
      seconds.push_back(point.seconds);
      loss.push_back(point.train_loss);
      accuracy.push_back(point.test_accuracy);
    }
    curve.epochs.push_back(estimate(epochs).mean);
    curve.seconds.push_back(estimate(seconds).mean);
    curve.loss.push_back(estimate(loss));
    curve.accuracy.push_back(estimate(accuracy));
  }
  return curve;
}

double epochs_to(const Curve& curve, double loss) {
  std::vector<double> losses;
  for (const Estimate& value : curve.loss) losses.push_back(value.mean);
  return first_crossing(curve.epochs, losses, loss);
}

CurveFigures measure_curves(const Study& study) {
  CurveFigures figures;
  for (const Task& task : tasks()) {
    auto& of = figures.tasks.emplace_back(CurveFigures::Of{task, {}, {}});
    for (const Contender& one : batch_contenders()) {
      for (const Rate rate : {Rate::best, Rate::standard}) {
        const Setup setup = curve_setup(study.scale, study.store, task, one.name, rate);
        Curve curve = curve_of(study.store.seeds(setup, study.scale.seeds));
        curve.optimizer = one.name;
        curve.rate = setup.with.lr;
        (rate == Rate::best ? of.best : of.standard).push_back(std::move(curve));
      }
    }
  }
  return figures;
}

Section curves_section(const Study& study, const CurveFigures& figures) {
  Section section{"2. The curves", {}};
  const Scale& scale = study.scale;
  const auto images = [](const Amount& amount) {
    return amount.train ? fmt::format("{} images", amount.train) : "all images";
  };
  section.say(fmt::format(
      "Each of the five learns MNIST and Fashion-MNIST in batches of 128: with an MLP "
      "(784-128-128-10; {}, {} epochs) and with a small CNN (two 5×5 convolutions of 8 and 16 "
      "channels; {}, {} epochs), once at its best rate in part 3, "
      "the smallest that is within a standard error of the best on held-out training images, and "
      "once at its default, which is PyTorch's. Lines are means of {} seeds, bands are one "
      "standard error wide to either side. Seconds are those of training alone.",
      images(scale.mlp), scale.mlp.epochs, images(scale.cnn), scale.cnn.epochs, scale.seeds));
  const std::string defaults = better_defaults(figures);
  section.say(fmt::format(
      "\"Best\" is what the sweeps of part 3 found, and they train less: the MLP on {} for {} "
      "epochs, the CNN on {} for {}. For the longer training here another rate may be better. {}",
      images(scale.mlp_rates), scale.mlp_rates.epochs, images(scale.cnn_rates),
      scale.cnn_rates.epochs,
      defaults.empty()
          ? "No default ends with a higher mean test accuracy, though."
          : "The default ends with a higher mean test accuracy for " + defaults + " cases."));
  for (const auto& of : figures.tasks) {
    if (!any(of.best) && !any(of.standard)) {
      section.say(fmt::format("**{}**: not trained yet.", of.task.title));
      continue;
    }
    draw_task(study, of);
    std::string text = fmt::format("**{}.** ", of.task.title);
    const auto best = std::ranges::max_element(of.best, {}, [](const Curve& curve) {
      return curve.epochs.empty() ? -1 : curve.final_accuracy.mean;
    });
    const auto lowest = std::ranges::min_element(of.best, {}, [](const Curve& curve) {
      return curve.epochs.empty() ? 1e9 : curve.final_loss.mean;
    });
    text += fmt::format(
        "At their best rates {} ends with the highest test accuracy, {} %, and {}with the lowest "
        "training loss, {}.",
        contender(best->optimizer).title, percent(best->final_accuracy),
        lowest == best ? "" : contender(lowest->optimizer).title + std::string(" "),
        fixed(lowest->final_loss.mean, 4));
    section.say(text);
    section.show(Picture{file_of(of.task) + ".png",
                         fmt::format("Training loss and test accuracy, {}", of.task.title)});
    section.show(table_of(of));
  }
  add_deepobs(section, study);
  return section;
}

}  // namespace engram::examples::study
