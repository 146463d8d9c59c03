#include "optimizers/deepobs.h"

#include "common/table.h"
#include "optimizers/drawing.h"
#include "optimizers/training.h"

#include <fmt/format.h>

namespace engram::examples::study {
namespace {

/// Of the training with this setup, finished or not; without points when there is none.
Record record_of(const Study& study, const Setup& setup) {
  if (const Record* record = study.store.find(setup)) return *record;
  const std::optional<Record> part = unfinished(study.folder / "checkpoint");
  return part && part->setup == setup ? *part : Record{};
}

void draw_curves(const Study& study, const std::vector<Record>& records) {
  std::string data, plot;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Published& theirs = published()[i];
    const Contender& one = contender(theirs.optimizer);
    std::vector<std::vector<double>> ours_rows, their_rows;
    for (const Point& point : records[i].points) {
      if (point.step > 0) ours_rows.push_back({records[i].epoch(point), 100 * point.test_accuracy});
    }
    for (std::size_t epoch = 0; epoch < theirs.curve.size(); ++epoch) {
      their_rows.push_back({static_cast<double>(epoch + 1), theirs.curve[epoch]});
    }
    data += data_block(fmt::format("ours{}", i), ours_rows) +
            data_block(fmt::format("theirs{}", i), their_rows);
    plot += fmt::format(
        "{}$theirs{} using 1:2 with lines linecolor \"{}\" dashtype 3 title \"{}, DeepOBS\"",
        i == 0 ? "plot " : ", ", i, one.colour, one.title);
    if (!ours_rows.empty()) {
      plot += fmt::format(
          ", $ours{} using 1:2 with linespoints {} pointinterval 8 pointsize 0.6 title \"{}, "
          "Engram\"",
          i, style(one), one.title);
    }
  }
  draw(study.folder, "deepobs", 830, 460, data,
       "set key bottom right samplen 3; set lmargin 9; set rmargin 2; set bmargin 3.3\n"
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
  std::vector<Record> records;
  for (const Published& theirs : published()) {
    records.push_back(record_of(study, deepobs_setup(study.scale, theirs.optimizer)));
  }
  draw_curves(study, records);
  section.say(fmt::format(
      "**DeepOBS's fmnist_2c2d** (Schneider, Balles and Hennig, ICLR 2019): Fashion-MNIST, two 5×5 "
      "convolutions of 32 and 64 channels, a dense layer of 1024, batches of 128, 100 epochs there "
      "and {} here, at the rates that were found best there; one seed. The dotted curves are runs "
      "that DeepOBS publishes, the published accuracies in the table are its means over seeds.",
      study.scale.deepobs.epochs));
  section.show(Picture{"deepobs.png", "Test accuracy on fmnist_2c2d, ours and the published"});
  Table table{
      .rows = {{"optimizer", "rate", "epochs", "test accuracy, %", "published run after as many, %",
                "published after 100, %", "difference to it"}}};
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Published& theirs = published()[i];
    const Setup setup = deepobs_setup(study.scale, theirs.optimizer);
    auto& row = table.rows.emplace_back();
    row = {contender(theirs.optimizer).title, fmt::format("{:.3g}", setup.with.lr)};
    if (records[i].points.size() < 2) {
      for (const char* cell : {"-", "-", "-"}) row.push_back(cell);
    } else {
      const double accuracy = 100 * records[i].last().test_accuracy;
      const auto epochs = static_cast<std::size_t>(records[i].epoch(records[i].last()));
      row.push_back(fmt::format("{}", epochs));
      row.push_back(fixed(accuracy, 2));
      row.push_back(epochs <= theirs.curve.size() ? fixed(theirs.curve[epochs - 1], 2) : "-");
    }
    row.push_back(fixed(theirs.accuracy, 2));
    row.push_back(
        records[i].points.size() < 2
            ? "-"
            : fmt::format("{:+.2f}", 100 * records[i].last().test_accuracy - theirs.accuracy));
  }
  section.show(table);
}

}  // namespace engram::examples::study
