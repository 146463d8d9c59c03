#include <engram/experiment/report/drawing.h>
#include <engram/experiment/tasks/method_style.h>
#include <engram/experiment/tasks/task_plot.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace engram::experiment {
namespace {

constexpr const char* picture = "accuracy";

/// The average accuracy over the tasks seen, in percent, after each task.
std::vector<double> averages(const continual::AccuracyMatrix& matrix) {
  std::vector<double> result;
  for (std::size_t row = 0; row < matrix.size(); ++row) {
    double sum = 0;
    for (std::size_t task = 0; task <= row; ++task) sum += matrix[row][task];
    result.push_back(100 * sum / static_cast<double>(row + 1));
  }
  return result;
}

/// A data block: for each task, lines of `tasks learned, accuracy in percent, task`, from its own
/// training on, and an empty line.
std::string data_block(std::size_t method, const continual::AccuracyMatrix& matrix) {
  std::string text = fmt::format("$method{} << end\n", method);
  for (std::size_t task = 0; task < matrix.size(); ++task) {
    for (std::size_t row = task; row < matrix.size(); ++row) {
      text += fmt::format("{} {:.4f} {}\n", row + 1, 100 * matrix[row][task], task + 1);
    }
    text += "\n";
  }
  return text + "end\n";
}

std::string average_block(std::size_t method, const std::vector<double>& values) {
  std::string text = fmt::format("$average{} << end\n", method);
  for (std::size_t i = 0; i < values.size(); ++i)
    text += fmt::format("{} {:.4f}\n", i + 1, values[i]);
  return text + "end\n";
}

/// The accuracy axis, from a round number below the lowest value up to 100.
std::string accuracy_axis(double lowest) {
  const double step = lowest < 60 ? 20 : lowest < 85 ? 10 : lowest < 95 ? 5 : 1;
  const double bottom = std::max(0., step * std::floor((lowest - step / 4) / step));
  return fmt::format("set yrange [{}:{}]; set ytics {}", bottom, 100 + (100 - bottom) * .02, step);
}

/// The layout of the panels: rows of two, the averages last. The averages have their own row if the
/// other panels fill theirs, or if the key is too long for half a row.
struct Places {
  std::size_t methods;
  std::size_t key;  // characters

  bool long_key() const { return key > (methods % 2 == 0 ? 100 : 60); }
  bool wide_averages() const { return methods % 2 == 0 || long_key(); }
  std::size_t rows() const { return wide_averages() ? (methods + 1) / 2 + 1 : (methods + 1) / 2; }
  std::string operator()(std::size_t index) const {
    const bool averages = index == methods, wide = averages && wide_averages();
    const std::size_t row = wide ? rows() - 1 : index / 2;
    const double height = 1 / static_cast<double>(rows());
    return fmt::format("set size {}, {}; set origin {}, {}", wide ? 1. : .5, height,
                       wide || index % 2 == 0 ? 0. : .5, 1 - static_cast<double>(row + 1) * height);
  }
};

/// The width in characters of a key in one line, whose columns are as wide as the longest title
/// with its line sample.
std::size_t key_width(const std::vector<MethodStyle>& styles) {
  std::size_t longest = 0;
  for (const MethodStyle& style : styles) longest = std::max(longest, style.title.size());
  return styles.size() * (longest + 5);
}

}  // namespace

std::string task_plot_script(const std::vector<MethodRecord>& methods) {
  std::size_t tasks = 1;
  double lowest = 100, lowest_average = 100;
  std::string data =
      "# Test accuracy while the tasks go by.\n"
      "# A block has a line for each task: tasks learned, accuracy in percent, task.\n";
  for (std::size_t m = 0; m < methods.size(); ++m) {
    const continual::AccuracyMatrix& matrix = methods[m].matrix;
    tasks = std::max(tasks, matrix.size());
    for (std::size_t row = 0; row < matrix.size(); ++row) {
      for (std::size_t task = 0; task <= row; ++task) {
        lowest = std::min(lowest, 100 * matrix[row][task]);
      }
    }
    const std::vector<double> average = averages(matrix);
    for (double value : average) lowest_average = std::min(lowest_average, value);
    data += data_block(m, matrix) + average_block(m, average);
  }

  std::vector<std::string> labels;
  for (const MethodRecord& method : methods) labels.push_back(method.name);
  const std::vector<MethodStyle> styles = method_styles(labels);
  const Places place{methods.size(), key_width(styles)};
  const bool many = tasks > 20;  // points would hide the lines
  std::string commands = fmt::format(
      R"(unset key
set grid ytics linetype 1 linecolor "#e0e0e0"
set xlabel "tasks learned" offset 0, 0.3
set ylabel "test accuracy, %" offset 0.8, 0
set xrange [{}:{}]
set xtics {}
set palette defined (0 "#30123b", 0.25 "#3b528b", 0.5 "#21918c", 0.75 "#5ec962", 1 "#c7e020")
set cbrange [1:{}]
unset colorbox
set lmargin 8; set rmargin 2; set tmargin 2.5; set bmargin 3.3
)",
      tasks == 1 ? 0.5 : 1 - .02 * static_cast<double>(tasks - 1),
      tasks == 1 ? 1.5 : static_cast<double>(tasks) + .02 * static_cast<double>(tasks - 1),
      tasks <= 12   ? 1
      : tasks <= 25 ? 5
                    : 10,
      std::max<std::size_t>(tasks, 2));
  std::string average_plot;
  for (std::size_t m = 0; m < methods.size(); ++m) {
    const auto& [title, line] = styles[m];
    commands +=
        fmt::format(R"(
{}
{}
set title "{{/:Bold {}}}\n{{/*0.9 a line for each task: dark is the first, light the last}}" offset 0, -0.6
plot $method{} using 1:2:3 with {} linecolor palette{}
)",
                    place(m), accuracy_axis(lowest), title, m, many ? "lines" : "linespoints",
                    many ? "" : " pointtype 7 pointsize 0.45");
    average_plot += fmt::format(
        "{}$average{} using 1:2 with linespoints {} pointsize 0.8 pointinterval {} title \"{}\"",
        m == 0 ? "plot " : ", \\\n     ", m, to_gnuplot(line), many ? tasks / 10 : 1, title);
  }
  commands += fmt::format(
      R"(
{}
{}
set title "{{/:Bold Average over the tasks seen so far}}\n " offset 0, -0.6
{}
set key {} Left reverse samplen 2
{}
)",
      place(methods.size()), accuracy_axis(lowest_average), place.long_key() ? "unset rmargin" : "",
      place.long_key() ? "outside right center"
                       : "horizontal center bottom at graph 0.5, 1.01 width -3",
      average_plot);

  return drawing_script(picture, 900, 300 * place.rows(), data, commands);
}

bool plot_tasks(const std::filesystem::path& folder, const std::vector<MethodRecord>& methods) {
  return draw(folder, picture, task_plot_script(methods));
}

void remove_plots(const std::filesystem::path& folder) { remove_drawing(folder, picture); }

}  // namespace engram::experiment
