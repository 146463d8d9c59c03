#pragma once

#include <engram/experiment/tasks/method_record.h>

#include <filesystem>
#include <string>
#include <vector>

namespace engram::experiment {

/// Draws accuracy.png and accuracy.svg into the folder: for each method a panel with the accuracy
/// on every task while the tasks go by, and one panel with the average over the tasks seen so far.
/// The script, accuracy.gp, holds its data and can be changed and run again. Returns whether
/// gnuplot did its work; it warns otherwise, and then there is no picture.
bool plot_tasks(const std::filesystem::path& folder, const std::vector<MethodRecord>& methods);

/// Removes what an earlier run drew into the folder, which says nothing about this one.
void remove_plots(const std::filesystem::path& folder);

/// The gnuplot script of that picture.
std::string task_plot_script(const std::vector<MethodRecord>& methods);

}  // namespace engram::experiment
