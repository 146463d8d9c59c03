#include <engram/experiment/run/training_record.h>

#include <engram/experiment/report/table.h>

#include <fmt/format.h>

namespace engram::experiment {

TrainingRecord::TrainingRecord(Results& results, const Evaluation& untrained)
    : results_(results),
      rows_{{"epoch", "train loss", "train acc. %", "test loss", "test acc. %", "seconds"}} {
  results_["test_accuracy"] = untrained.accuracy;
  results_["test_loss"] = untrained.loss;
  results_["epochs"] = 0;
  results_["history"] = Json::array();
  results_.write();
}

void TrainingRecord::add_epoch(double train_loss, double train_accuracy, const Evaluation& test) {
  const std::size_t epoch = rows_.size();
  const double seconds = results_.seconds();
  results_["test_accuracy"] = test.accuracy;
  results_["test_loss"] = test.loss;
  results_["epochs"] = epoch;
  results_["history"].push_back({{"epoch", epoch},
                                 {"train_loss", train_loss},
                                 {"train_accuracy", train_accuracy},
                                 {"test_loss", test.loss},
                                 {"test_accuracy", test.accuracy},
                                 {"seconds", seconds}});
  results_.write();
  rows_.push_back({fmt::format("{}", epoch), fixed(train_loss, 4), percent(train_accuracy),
                   fixed(test.loss, 4), percent(test.accuracy), fmt::format("{:.1f}", seconds)});
}

void TrainingRecord::print_table() const { experiment::print_table(rows_); }

}  // namespace engram::experiment
