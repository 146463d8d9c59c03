#include "optimizers/mechanisms.h"

#include "common/experiment.h"
#include "optimizers/drawing.h"
#include "optimizers/network.h"

#include <engram/autograd/ops/loss.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/data/loader.h>
#include <engram/experiment/run/stop.h>
#include <engram/optim/adagrad.h>
#include <engram/optim/adam.h>
#include <engram/optim/rmsprop.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace engram::examples::study {
namespace {

/// Trains, and traces the first bias of the last layer.
Trace watch(const data::Dataset& train, optim::Optimizer& optimizer, const nn::Sequential& network,
            int steps) {
  const Tensor watched = network.parameters().back();
  Trace trace;
  for (auto [x, y] :
       data::Loader(train, {.batch = 128, .shuffle = true, .seed = 0, .iterations = steps})) {
    stop_if_interrupted();
    Tape tape;
    tape.backward(cross_entropy(network(x), y));
    const double before = watched.data<float>()[0];
    trace.gradients.push_back(watched.grad().data<float>()[0]);
    optimizer.step();
    optimizer.zero_grad();
    trace.moves.push_back(watched.data<float>()[0] - before);
  }
  return trace;
}

/// The mean of the last tenth over the first value.
double share_left(const std::vector<double>& rates) {
  if (rates.size() < 10) return std::nan("");
  const auto tenth = static_cast<std::ptrdiff_t>(rates.size() / 10);
  return std::accumulate(rates.end() - tenth, rates.end(), 0.) / static_cast<double>(tenth) /
         rates[0];
}

/// The 90th over the 10th percentile of 1/√sum, over all weights that ever had a gradient.
double spread_of_rates(const optim::Optimizer& adagrad) {
  std::vector<double> rates;
  for (const auto& [name, value] : adagrad.state_dict()) {
    if (value.dtype() != f32) continue;
    for (float sum : value.data<float>()) {
      if (sum > 0) rates.push_back(1 / std::sqrt(static_cast<double>(sum)));
    }
  }
  std::ranges::sort(rates);
  return rates[rates.size() * 9 / 10] / rates[rates.size() / 10];
}

/// Rows of a step and its values, at steps equally spaced on a logarithmic axis.
std::vector<std::vector<double>> columns(std::initializer_list<const std::vector<double>*> values,
                                         int per_decade) {
  std::vector<std::vector<double>> rows;
  int last = -1;
  for (std::size_t i = 0; i < (*values.begin())->size(); ++i) {
    const auto step = static_cast<double>(i + 1);
    const int place = static_cast<int>(per_decade * std::log10(step));
    if (place == last) continue;
    last = place;
    auto& row = rows.emplace_back();
    row.push_back(step);
    for (const auto* column : values) row.push_back((*column)[i]);
  }
  return rows;
}

const char* axes =
    "set lmargin 10; set rmargin 3; set tmargin 2; set bmargin 3.3\n"
    "set logscale xy; set format y \"10^{%T}\"; set xlabel \"steps (logarithmic)\" offset 0, 0.3\n"
    "set grid ytics linetype 1 linecolor \"#e0e0e0\"\n";

void draw_adagrad(const Study& study, const MechanismFigures& f) {
  std::vector<double> measured;
  for (std::size_t i = 0; i < f.adagrad.moves.size(); ++i) {
    measured.push_back(-f.adagrad.moves[i] / f.adagrad.gradients[i]);
  }
  const std::string commands = fmt::format(
      "{0}set key outside top center vertical maxrows 3 Left reverse samplen 3\nunset tmargin\n"
      "set xrange [1:{5}]\n"
      "set ylabel \"effective rate −Δw / g\" offset 0.8, 0\n"
      "plot $rates using 1:4 with lines linecolor \"{2}\" dashtype {3} title \"a moving average in "
      "the place of the sum (RMSProp, β = 0.99)\", "
      "$rates using 1:3 with lines linecolor \"{1}\" linewidth 1.6 title \"Adagrad's sum, by the "
      "formula\", $measured using 1:2 with points pointtype {4} pointsize 0.9 linecolor "
      "\"#404040\" title \"Adagrad, measured\"\n",
      axes, contender("adagrad").colour, contender("rmsprop").colour, contender("rmsprop").dash,
      contender("adagrad").point, measured.size());
  draw(study.folder, "adagrad", 830, 400,
       data_block("rates", columns({&measured, &f.summed, &f.averaged}, 100)) +
           data_block("measured", columns({&measured}, 8)),
       commands);
}

void draw_adam(const Study& study, const MechanismFigures& f) {
  std::vector<double> measured;
  for (double move : f.adam.moves) measured.push_back(std::abs(move) / f.adam_lr);
  std::string commands = axes;
  const std::string adam = contender("adam").colour;
  const auto plot = [&](int with, int without) {
    return fmt::format(
        "plot $adam using 1:{} with lines linecolor \"#d55e00\" dashtype 2 title \"without "
        "correction\", $adam using 1:{} with lines linecolor \"{}\" title \"with correction\"",
        without, with, adam);
  };
  commands += panel(0, 0, 1, 2) +
              "set key top right samplen 3; set title \"{/:Bold Effective rate}\" offset 0, -0.6\n"
              "set ylabel \"η / (√v + ε)\" offset 0.8, 0\n" +
              fmt::format("set xrange [1:{}]\n", f.adam.moves.size()) + plot(2, 3) + "\n";
  commands += panel(0, 1, 1, 2) +
              "set key bottom left Left reverse samplen 3\n"
              "set title \"{/:Bold Length of a step}\" offset 0, -0.6\n"
              "set ylabel \"|Δw| / η\" offset 0.8, 0; set xrange [1:40]; set yrange [1e-2:10]\n"
              "set xtics (1, 2, 5, 10, 20, 40)\n" +
              plot(4, 5) +
              ", $adam using 1:6 with points pointtype 13 pointsize 0.6 linecolor "
              "\"#404040\" title \"measured\"\n";
  draw(study.folder, "adam", 830, 400,
       data_block("adam", columns({&f.corrected.rate, &f.uncorrected.rate, &f.corrected.move,
                                   &f.uncorrected.move, &measured},
                                  200)),
       commands);
}

}  // namespace

std::vector<double> summed_rate(const std::vector<double>& gradients, double lr) {
  std::vector<double> rates;
  double sum = 0;
  for (double g : gradients) {
    sum += g * g;
    rates.push_back(lr / (std::sqrt(sum) + optim::AdagradOptions{}.eps));
  }
  return rates;
}

std::vector<double> averaged_rate(const std::vector<double>& gradients, double lr, double beta) {
  std::vector<double> rates;
  double average = 0;
  for (double g : gradients) {
    average = beta * average + (1 - beta) * g * g;
    rates.push_back(lr / (std::sqrt(average) + optim::RMSPropOptions{}.eps));
  }
  return rates;
}

AdamTrace adam_trace(const std::vector<double>& gradients, double lr, bool corrected) {
  const optim::AdamOptions options;
  const auto [beta1, beta2] = options.betas;
  AdamTrace trace;
  double m = 0, v = 0, power1 = 1, power2 = 1;  // powers: βᵗ
  for (double g : gradients) {
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    power1 *= beta1;
    power2 *= beta2;
    const double first = corrected ? m / (1 - power1) : m;
    const double second = corrected ? v / (1 - power2) : v;
    trace.rate.push_back(lr / (std::sqrt(second) + options.eps));
    trace.move.push_back(std::abs(first) / (std::sqrt(second) + options.eps));
  }
  return trace;
}

MechanismFigures measure_mechanisms(const Study& study, Images& images) {
  const Task& task = tasks()[0];
  const data::Dataset& train = images[task.dataset].train;
  const auto rate = [&](const char* name) {
    return curve_setup(study.scale, study.store, task, name, Rate::best).with.lr;
  };
  MechanismFigures f{.adagrad_lr = rate("adagrad"), .adam_lr = rate("adam")};

  manual_seed(0);
  const nn::Sequential first = make_network(task.network);
  optim::Adagrad adagrad(first.parameters(), {.lr = f.adagrad_lr});
  f.adagrad = watch(train, adagrad, first, study.scale.recorded_steps);
  manual_seed(0);
  const nn::Sequential second = make_network(task.network);
  optim::Adam adam(second.parameters(), {.lr = f.adam_lr});
  f.adam = watch(train, adam, second, study.scale.recorded_steps);

  f.summed = summed_rate(f.adagrad.gradients, f.adagrad_lr);
  f.averaged = averaged_rate(f.adagrad.gradients, f.adagrad_lr, 0.99);
  f.corrected = adam_trace(f.adam.gradients, f.adam_lr, true);
  f.uncorrected = adam_trace(f.adam.gradients, f.adam_lr, false);
  f.sum_left = share_left(f.summed);
  f.average_left = share_left(f.averaged);
  f.rate_spread = spread_of_rates(adagrad);
  return f;
}

Section mechanisms_section(const Study& study, const MechanismFigures& figures) {
  Section section{"6. Adagrad's fading rate, Adam's bias correction", {}};
  section.say(fmt::format(
      "One parameter, the first bias of the MLP's last layer, watched for {} steps on MNIST. "
      "**Adagrad** divides its rate ({:.2g}) by the root of the sum of all squared gradients, "
      "which only grows: at the end the effective rate is {:.0f} % of what it was at the first "
      "step. With a moving average of the same squares in the place of the sum it is {:.0f} %: "
      "that "
      "follows the size of the gradients, up as well as down.",
      figures.adagrad.gradients.size(), figures.adagrad_lr, 100 * figures.sum_left,
      100 * figures.average_left));
  draw_adagrad(study, figures);
  section.show(Picture{"adagrad.png", "Adagrad's effective rate over the steps"});
  section.say(fmt::format(
      "It adapts to each parameter: at the end the tenth of the weights with the highest rates has "
      "more than {:.0f} times the rate of the tenth with the lowest.",
      figures.rate_spread));
  section.say(fmt::format(
      "**Adam**'s averages start at 0, so at first they are too small: v more so than m, for β₂ is "
      "closer to 1. Without the correction the effective rate would be {:.1f} times as high at the "
      "first step, and still {:.2f} times after {}; the first step would be {:.2f} η long and not "
      "{:.2f} η.",
      figures.uncorrected.rate.front() / figures.corrected.rate.front(),
      figures.uncorrected.rate.back() / figures.corrected.rate.back(),
      figures.adam.gradients.size(), figures.uncorrected.move.front(),
      figures.corrected.move.front()));
  draw_adam(study, figures);
  section.show(Picture{"adam.png",
                       "Adam's effective rate and step length, with bias correction and "
                       "without"});
  return section;
}

}  // namespace engram::examples::study
