#include "continual/report.h"

#include "common/table.h"
#include "continual/methods.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace engram::examples::runs {
namespace {

Json to_json(const Estimate& estimate) {
  return {{"mean", estimate.mean}, {"standard_error", estimate.error}};
}

Json to_json(const std::optional<Published>& published) {
  if (!published) return {};
  return {{"acc", published->acc / 100},
          {"standard_error", published->error ? Json(*published->error / 100) : Json()},
          {"bwt", published->bwt ? Json(*published->bwt / 100) : Json()}};
}

MethodRecord record_of(const Result& result) {
  MethodRecord record(result.variant.label, result.variant.options);
  record.baseline = result.outcome.baseline;
  record.matrix = result.outcome.matrix;
  record.seconds = result.outcome.seconds;
  return record;
}

/// sum += values / count
void add_share(std::vector<double>& sum, const std::vector<double>& values, std::size_t count) {
  sum.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum[i] += values[i] / static_cast<double>(count);
  }
}

/// A strength that was searched stands beside the authors', which they have searched too.
Setup published_setup(const Command& command, Variant variant) {
  if (command.grids.contains(variant.method)) {
    const MethodEntry* part = strength_part(variant.method);
    const MethodOption& option = part->options[0];
    const Json own = protocol_option(command.protocol, command.setup, part->name, option.name);
    options_of_part(variant.options, variant.method, part->name)[option.name] =
        own.is_null() ? option.value : own;
  }
  return setup_of(command, variant, 0);
}

/// What the method keeps, in megabytes; "-" where no run came to its end.
std::string memory_text(const Summary& summary) {
  if (summary.variant.method == "joint") return "all data";
  if (!summary.memory_bytes) return "-";
  return fmt::format("{:.1f}", static_cast<double>(*summary.memory_bytes) / 1e6);
}

Summary summary_of(const Command& command, const Variant& variant,
                   const std::vector<const Result*>& results) {
  Summary summary{.variant = variant, .mean = MethodRecord(variant.label, variant.options)};
  std::vector<const Outcome*> good;
  for (const Result* result : results) {
    summary.seeds.push_back(result->seed);
    if (result->outcome.diverged) {
      ++summary.diverged;
    } else {
      good.push_back(&result->outcome);
    }
  }
  const auto over_seeds = [&](auto value) {
    std::vector<double> values;
    for (const Outcome* outcome : good) values.push_back(value(*outcome));
    return estimate(values);
  };
  summary.acc = over_seeds([](const Outcome& o) { return o.metrics().acc; });
  summary.bwt = over_seeds([](const Outcome& o) { return o.metrics().bwt; });
  summary.fwt = over_seeds([](const Outcome& o) { return o.metrics().fwt; });
  summary.forgetting = over_seeds([](const Outcome& o) { return o.metrics().forgetting; });
  summary.learning = over_seeds([](const Outcome& o) { return o.metrics().learning; });
  summary.seconds = over_seeds([](const Outcome& o) { return o.seconds; });
  for (const Outcome* outcome : good) {
    summary.memory_bytes = std::max(summary.memory_bytes, outcome->memory_bytes);
    summary.mean.matrix.resize(outcome->matrix.size());
    add_share(summary.mean.baseline, outcome->baseline, good.size());
    for (std::size_t row = 0; row < outcome->matrix.size(); ++row) {
      add_share(summary.mean.matrix[row], outcome->matrix[row], good.size());
    }
  }
  summary.mean.seconds = summary.seconds.mean;
  summary.published = published(command.protocol, published_setup(command, variant));
  return summary;
}

std::string published_text(const std::optional<Published>& published) {
  if (!published) return "-";
  std::string text = fmt::format("{:.2f}", published->acc);
  if (published->error) text += fmt::format(" ± {:.2f}", *published->error);
  if (published->bwt) text += fmt::format(", BWT {:.2f}", *published->bwt);
  return text;
}

std::string seconds_text(const Estimate& seconds) {
  if (std::isnan(seconds.mean)) return "-";
  if (std::isnan(seconds.error)) return fmt::format("{:.1f}", seconds.mean);
  return fmt::format("{:.1f} ± {:.1f}", seconds.mean, seconds.error);
}

}  // namespace

std::vector<Summary> summaries(const Command& command, const std::vector<Result>& results) {
  std::vector<Summary> list;
  for (const Variant& variant : command.variants) {
    std::vector<const Result*> own;
    for (const Result& result : results) {
      if (result.variant.label == variant.label) own.push_back(&result);
    }
    if (!own.empty()) list.push_back(summary_of(command, variant, own));
  }
  return list;
}

void write_results(Results& json, const Command& command, const std::vector<Result>& results,
                   const std::vector<Candidate>& candidates) {
  std::vector<MethodRecord> records;
  for (const Result& result : results) records.push_back(record_of(result));
  Json methods = to_json(records);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Json outcome = to_json(results[i].outcome);
    methods[i]["seed"] = results[i].seed;
    methods[i]["memory_bytes"] = outcome["memory_bytes"];
    methods[i]["diverged"] = outcome["diverged"];
    if (!results[i].outcome.diverged) continue;
    for (const char* metric : {"acc", "bwt", "fwt", "forgetting", "learning_accuracy"}) {
      methods[i][metric] = nullptr;  // of the tasks before would be compared with the others'
    }
  }
  json["methods"] = methods;

  Json list = Json::array();
  for (const Summary& one : summaries(command, results)) {
    list.push_back({{"name", one.variant.label},
                    {"method", one.variant.method},
                    {"options", one.variant.options},
                    {"seeds", one.seeds},
                    {"diverged", one.diverged},
                    {"acc", to_json(one.acc)},
                    {"bwt", to_json(one.bwt)},
                    {"fwt", to_json(one.fwt)},
                    {"forgetting", to_json(one.forgetting)},
                    {"learning_accuracy", to_json(one.learning)},
                    {"memory_bytes", one.memory_bytes ? Json(*one.memory_bytes) : Json()},
                    {"seconds", to_json(one.seconds)},
                    {"matrix", one.mean.matrix},
                    {"baseline", one.mean.baseline},
                    {"published", to_json(one.published)}});
  }
  json["summary"] = list;

  Json tried = Json::array();
  for (const Candidate& one : candidates) {
    tried.push_back({{"method", one.method},
                     {"option", one.option},
                     {"value", one.value},
                     {"validation_acc", to_json(one.acc)},
                     {"validation_learning_accuracy", to_json(one.learning)},
                     {"chosen", one.chosen}});
  }
  json["search"] = tried;
  json.write();
}

std::vector<std::vector<std::string>> table(const std::vector<Summary>& summaries) {
  std::vector<std::vector<std::string>> lines{{"method", "ACC %", "BWT %", "FWT %", "forgetting %",
                                               "learning %", "memory MB", "seconds",
                                               "published ACC %"}};
  const bool any_published =
      std::ranges::any_of(summaries, [](const Summary& one) { return one.published.has_value(); });
  if (!any_published) lines[0].pop_back();
  for (const Summary& one : summaries) {
    lines.push_back({one.variant.label, percent(one.acc), percent(one.bwt), percent(one.fwt),
                     percent(one.forgetting), percent(one.learning), memory_text(one),
                     seconds_text(one.seconds)});
    if (any_published) lines.back().push_back(published_text(one.published));
    if (one.diverged > 0) {
      lines.back()[0] += fmt::format(" ({} of {} diverged)", one.diverged, one.seeds.size());
    }
  }
  return lines;
}

std::vector<std::vector<std::string>> table(const std::vector<Candidate>& candidates) {
  std::vector<std::vector<std::string>> lines{
      {"method", "option", "value", "validation ACC %", "learning %", ""}};
  for (const Candidate& one : candidates) {
    lines.push_back({one.method, one.option, fmt::format("{}", one.value), percent(one.acc),
                     percent(one.learning), one.chosen ? "chosen" : ""});
  }
  return lines;
}

}  // namespace engram::examples::runs
