#include "optimizers/deepobs.h"

#include "common/experiment.h"
#include "optimizers/drawing.h"
#include "optimizers/published.h"
#include "optimizers/training.h"

#include <engram/experiment/report/table.h>

#include <fmt/format.h>

namespace engram::examples::study {
namespace {

/// A training here, and the published one.
struct Pair {
  const Published& theirs;
  Setup setup;
  Record ours;  // possibly unfinished; without points if not begun

  bool has_begun() const { return ours.points.size() > 1; }
};

std::vector<Pair> all_pairs(const Study& study) {
  std::vector<Pair> pairs;
  for (const Published& theirs : published()) {
    Pair& pair = pairs.emplace_back(Pair{theirs, deepobs_setup(study.scale, theirs.optimizer), {}});
    if (const Record* record = study.store.find(pair.setup)) {
      pair.ours = *record;
    } else if (const std::optional<Record> part = study.store.unfinished(pair.setup)) {
      pair.ours = *part;
    }
  }
  return pairs;
}

void draw_curves(const Study& study, const std::vector<Pair>& pairs) {
  std::string data, plot;
  for (const Pair& pair : pairs) {
    const Contender& one = contender(pair.theirs.optimizer);
    std::vector<std::vector<double>> ours, theirs;
    for (const Point& point : pair.ours.points) {
      if (point.step > 0) ours.push_back({pair.ours.epoch(point), 100 * point.test_accuracy});
    }
    for (const double accuracy : pair.theirs.curve) {
      theirs.push_back({static_cast<double>(theirs.size() + 1), accuracy});
    }
    data += data_block(fmt::format("ours_{}", one.name), ours) +
            data_block(fmt::format("theirs_{}", one.name), theirs);
    plot += fmt::format(
        "{}$theirs_{} using 1:2 with lines linecolor \"{}\" dashtype (9, 5) title \"{}, "
        "DeepOBS\"",
        plot.empty() ? "plot " : ", ", one.name, one.colour, one.title);
    if (!ours.empty()) {
      plot += fmt::format(
          ", $ours_{} using 1:2 with linespoints {} linewidth 1.4 pointinterval 8 pointsize 0.7 "
          "title \"{}, Engram\"",
          one.name, style(one), one.title);
    }
  }
  draw(study.folder, "deepobs", 830, 460, data,
       "set key bottom right samplen 4; set lmargin 9; set rmargin 2; set bmargin 3.3\n"
       "set grid ytics linetype 1 linecolor \"#e0e0e0\"\n"
       "set xlabel \"epochs\" offset 0, 0.3; set ylabel \"test accuracy, %\" offset 0.8, 0\n"
       "set xrange [0:100]; set yrange [85:94]\n" +
           plot + "\n");
}

}  // namespace

void add_deepobs(Section& section, const Study& study) {
  if (study.scale.deepobs.epochs == 0) {
    section.say(
        "**DeepOBS's fmnist_2c2d**, a network and a protocol with published results, takes hours "
        "and is a part of `--full` alone.");
    return;
  }
  const std::vector<Pair> pairs = all_pairs(study);
  draw_curves(study, pairs);
  section.say(fmt::format(
      "**DeepOBS's fmnist_2c2d** (Schneider, Balles and Hennig, ICLR 2019): Fashion-MNIST, two 5×5 "
      "convolutions of 32 and 64 channels, a dense layer of 1024, batches of 128, 100 epochs there "
      "and {} here, at the rates that were found best there; one seed. The dashed curves are runs "
      "that DeepOBS publishes, the published accuracies in the table are its means over seeds.",
      study.scale.deepobs.epochs));
  section.show(Picture{"deepobs.png", "Test accuracy on fmnist_2c2d, ours and the published"});
  Table table{
      .rows = {{"optimizer", "rate", "epochs", "test accuracy, %", "published run after as many, %",
                "published after 100, %", "difference to it"}}};
  for (const Pair& pair : pairs) {
    const Published& theirs = pair.theirs;
    auto& row = table.rows.emplace_back();
    row = {contender(theirs.optimizer).title, fmt::format("{:.3g}", pair.setup.with.lr)};
    if (!pair.has_begun()) {
      row.insert(row.end(), {"-", "-", "-", fixed(theirs.accuracy, 2), "-"});
      continue;
    }
    const double accuracy = 100 * pair.ours.last().test_accuracy;
    const auto epochs = static_cast<std::size_t>(pair.ours.epoch(pair.ours.last()));
    const bool comparable = epochs >= 1 && epochs <= theirs.curve.size();
    row.insert(row.end(),
               {fmt::format("{}", epochs), fixed(accuracy, 2),
                comparable ? fixed(theirs.curve[epochs - 1], 2) : "-", fixed(theirs.accuracy, 2),
                fmt::format("{:+.2f}", accuracy - theirs.accuracy)});
  }
  section.show(table);
}

}  // namespace engram::examples::study
