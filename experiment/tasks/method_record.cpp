#include <engram/experiment/report/table.h>
#include <engram/experiment/tasks/method_record.h>

#include <fmt/format.h>

#include <limits>

namespace engram::experiment {

continual::Metrics MethodRecord::metrics() const {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (matrix.empty()) return {nan, nan, nan, nan, nan};
  return continual::metrics_of(matrix, baseline);
}

Json to_json(const std::vector<MethodRecord>& methods) {
  Json list = Json::array();
  for (const MethodRecord& method : methods) {
    const auto [acc, bwt, fwt, forgetting, learning] = method.metrics();
    list.push_back({{"name", method.name},
                    {"acc", acc},
                    {"bwt", bwt},
                    {"fwt", fwt},
                    {"forgetting", forgetting},
                    {"learning_accuracy", learning},
                    {"matrix", method.matrix},
                    {"baseline", method.baseline},
                    {"seconds", method.seconds},
                    {"options", method.options}});
  }
  return list;
}

void print_table(const std::vector<MethodRecord>& methods) {
  std::vector<std::vector<std::string>> rows{
      {"method", "ACC %", "BWT %", "FWT %", "forgetting %", "learning %", "seconds"}};
  for (const MethodRecord& method : methods) {
    const auto [acc, bwt, fwt, forgetting, learning] = method.metrics();
    rows.push_back({method.name, percent(acc), percent(bwt), percent(fwt), percent(forgetting),
                    percent(learning), fmt::format("{:.1f}", method.seconds)});
  }
  print_table(rows);
}

}  // namespace engram::experiment
