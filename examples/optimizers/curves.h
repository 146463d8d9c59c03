#pragma once

#include "optimizers/statistics.h"
#include "optimizers/study.h"

#include <string>
#include <vector>

namespace engram::examples::study {

/// The course of a training, over its seeds.
struct Curve {
  std::string optimizer;
  double rate = 0;
  std::vector<double> epochs, seconds;
  std::vector<Estimate> loss, accuracy;  ///< training loss, test accuracy
  Estimate final_loss, final_accuracy;
};
/// The curve of the seeds' records; a point not reached by all of them is a mean of the others.
Curve curve_of(const std::vector<const Record*>& records);

/// The epochs until the mean training loss reaches `loss`; NaN if never.
double epochs_to(const Curve& curve, double loss);

struct CurveFigures {
  struct Of {
    Task task;
    std::vector<Curve> best, standard;  ///< of the batch contenders; without points if not trained
  };
  std::vector<Of> tasks;
};
CurveFigures measure_curves(const Study& study);

/// Part 2: loss and accuracy over epochs and seconds.
Section curves_section(const Study& study, const CurveFigures& figures);

}  // namespace engram::examples::study
