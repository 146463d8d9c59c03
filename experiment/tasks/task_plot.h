#pragma once

#include <engram/experiment/tasks/method_record.h>

#include <filesystem>
#include <string>
#include <vector>

namespace engram::experiment {

/// Draws accuracy.png and accuracy.svg into the folder: for each method a panel with the accuracy
/// on every task over the number of tasks learned, and one panel with the average over the tasks
/// seen. The script, accuracy.gp, includes its data and can be edited and run again. Returns false,
/// with a warning, if gnuplot failed; then there is no picture.
bool plot_tasks(const std::filesystem::path& folder, const std::vector<MethodRecord>& methods);

/// Removes the pictures of an earlier run from the folder.
void remove_plots(const std::filesystem::path& folder);

/// The gnuplot script of that picture.
std::string task_plot_script(const std::vector<MethodRecord>& methods);

}  // namespace engram::experiment
