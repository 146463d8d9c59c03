#include "optimizers/price.h"

#include "common/experiment.h"
#include "optimizers/drawing.h"

#include <engram/experiment/report/table.h>

#include <fmt/format.h>

#include <algorithm>

namespace engram::examples::study {
namespace {

/// Bars of one quantity with their standard errors, a column each.
std::string bars(const std::vector<std::string>& optimizers, int column, const char* title,
                 const char* label) {
  std::string text =
      fmt::format("set title \"{{/:Bold {}}}\" offset 0, -0.6; set ylabel \"{}\" offset 0.8, 0\n",
                  title, label);
  std::string plot;
  for (std::size_t i = 0; i < optimizers.size(); ++i) {
    const Contender& one = contender(optimizers[i]);
    plot += fmt::format(
        "{0}$prices every ::{1}::{1} using ({1}):{2}:{3}:(0.7) with boxerrorbars linecolor \"{4}\"",
        i == 0 ? "plot " : ", ", i, column, column + 1, one.colour);
  }
  return text + plot + "\n";
}

void draw_prices(const Study& study, const std::vector<Price>& prices) {
  std::vector<std::vector<double>> rows;
  std::vector<std::string> optimizers;
  std::string tics, missing;
  for (const Price& price : prices) {
    const bool reached = price.reached == price.runs;
    if (price.optimizer == "gd") continue;  // its steps are passes over all images
    tics += fmt::format("{}\"{}\" {}", tics.empty() ? "" : ", ", contender(price.optimizer).title,
                        rows.size());
    if (!reached) {
      missing += fmt::format(
          "set label \"{} of {} runs\" at {}, graph 0.03 rotate left font \",9\" textcolor "
          "\"#606060\"\n",
          price.reached, price.runs, rows.size());
    }
    optimizers.push_back(price.optimizer);
    rows.push_back({1000 * price.step_seconds.mean, 1000 * shown(price.step_seconds.error),
                    reached ? price.steps.mean : 0, reached ? shown(price.steps.error) : 0,
                    reached ? price.seconds.mean : 0, reached ? shown(price.seconds.error) : 0});
  }
  std::string commands = fmt::format(
      "set errorbars linecolor \"#202020\" linewidth 1.2; set style fill solid 0.5\n"
      "unset key; set lmargin 9; set rmargin 1; set tmargin 2; set bmargin 4.6\n"
      "set xtics ({}) rotate by 45 right; set xrange [-0.6:{}]; set yrange [0:*]\n"
      "set grid ytics linetype 1 linecolor \"#e0e0e0\"\n",
      tics, static_cast<double>(rows.size()) - 0.4);
  commands += panel(0, 0, 1, 3) + bars(optimizers, 1, "A step", "time, ms");
  commands += missing + panel(0, 1, 1, 3) + bars(optimizers, 3, "Steps to 97 %", "steps");
  commands += panel(0, 2, 1, 3) + bars(optimizers, 5, "Time to 97 %", "training time, s");
  draw(study.folder, "price", 830, 340, data_block("prices", rows), commands);
}

}  // namespace

Price price_of(const std::string& optimizer, const std::vector<const Record*>& records) {
  Price price{.optimizer = optimizer, .runs = static_cast<int>(records.size())};
  std::vector<double> step_seconds, update_seconds, steps, seconds;
  for (const Record* record : records) {
    step_seconds.push_back(record->step_seconds());
    update_seconds.push_back(record->update_seconds);
    price.bytes_per_parameter =
        static_cast<double>(record->state_bytes) / static_cast<double>(record->parameters);
    const auto arrival = std::ranges::find_if(
        record->points, [](const Point& point) { return point.test_accuracy >= race_goal; });
    if (arrival == record->points.end()) continue;
    ++price.reached;
    steps.push_back(static_cast<double>(arrival->step));
    seconds.push_back(arrival->seconds);
  }
  price.step_seconds = estimate(step_seconds);
  price.update_seconds = estimate(update_seconds);
  price.steps = estimate(steps);
  price.seconds = estimate(seconds);
  return price;
}

std::vector<Price> measure_prices(const Study& study) {
  std::vector<Price> prices;
  for (const Contender& one : contenders()) {
    const Setup setup = price_setup(study.scale, study.store, one.name);
    const auto records = study.store.seeds(setup, study.scale.price_seeds);
    if (!records.empty()) prices.push_back(price_of(one.name, records));
  }
  return prices;
}

Section price_section(const Study& study, const std::vector<Price>& prices) {
  Section section{"4. The price", {}};
  section.say(fmt::format(
      "The MLP learns all of MNIST, each optimizer at its best rate of part 3, for at most {} "
      "epochs with {} seeds, and stops when it has classified 97 % of {} correctly; it is asked "
      "every {} steps. GD takes one step on all images at once, at SGD's rate, and stands in the "
      "table alone. Bars are means with "
      "their standard errors; where not all runs came to 97 % there is no bar.",
      study.scale.price.epochs, study.scale.price_seeds,
      study.scale.price.test ? fmt::format("{} test images", study.scale.price.test)
                             : "the test images",
      study.scale.price_measure_every));
  if (study.scale.mlp_rates.train < study.scale.price.train || study.scale.price.train == 0) {
    section.say(fmt::format(
        "The rates were found on {} images in {} epochs; here they serve all 60,000, for which "
        "others may be better.",
        study.scale.mlp_rates.train, study.scale.mlp_rates.epochs));
  }
  if (prices.empty()) {
    section.say("Not trained yet.");
    return section;
  }
  draw_prices(study, prices);
  section.show(Picture{"price.png", "Milliseconds per step, steps and seconds to 97 %"});
  Table table{.rows = {{"optimizer", "ms per step", "of it the update", "bytes kept per parameter",
                        "runs at 97 %", "steps to there", "seconds to there"}}};
  for (const Price& price : prices) {
    table.rows.push_back(
        {contender(price.optimizer).title, fixed(1000 * price.step_seconds.mean, 3),
         fixed(1000 * price.update_seconds.mean, 3), fmt::format("{:g}", price.bytes_per_parameter),
         fmt::format("{} of {}", price.reached, price.runs),
         price.reached ? fmt::format("{:.0f}", price.steps.mean) : "-",
         price.reached ? fixed(price.seconds.mean, 2) : "-"});
  }
  section.show(table);
  section.say(
      "What is kept was read off the optimizers' saved state; a parameter itself has four bytes, "
      "and its gradient four more.");
  return section;
}

}  // namespace engram::examples::study
