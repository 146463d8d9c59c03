#include "continual/report.h"

#include "common/experiment.h"
#include "continual/methods.h"

#include <engram/experiment/report/table.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace engram::examples::runs {
namespace {

Json to_json(const std::optional<Published>& published) {
  if (!published) return {};
  const auto& [acc, bwt, source] = *published;
  return {{"acc", acc.value / 100},
          {"standard_error", acc.error ? Json(*acc.error / 100) : Json()},
          {"bwt", bwt ? Json(bwt->value / 100) : Json()},
          {"source", source}};
}

MethodRecord record_of(const Result& result) {
  MethodRecord record(result.variant.label, result.variant.options);
  record.baseline = result.outcome.baseline;
  record.matrix = result.outcome.matrix;
  record.seconds = result.outcome.seconds;
  return record;
}

/// A strength found by the search is compared with the authors' result, whose strength was searched
/// as well.
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

Summary summary_of(const Command& command, const Variant& variant,
                   const std::vector<Result>& results) {
  std::vector<std::uint64_t> seeds;
  std::vector<Outcome> outcomes;
  for (const Result& result : results) {
    if (result.variant.label != variant.label) continue;
    seeds.push_back(result.seed);
    outcomes.push_back(result.outcome);
  }
  return {.variant = variant,
          .seeds = seeds,
          .figures = over_seeds(variant.label, variant.options, outcomes),
          .published = published(command.protocol, published_setup(command, variant))};
}

std::string published_text(const std::optional<Published>& published) {
  if (!published) return "-";
  std::string text = to_text(published->acc);
  if (published->bwt) text += ", BWT " + to_text(*published->bwt);
  return text;
}

}  // namespace

std::vector<Summary> summaries(const Command& command, const std::vector<Result>& results) {
  std::vector<Summary> list;
  for (const Variant& variant : command.variants) {
    Summary summary = summary_of(command, variant, results);
    if (summary.figures.runs > 0) list.push_back(std::move(summary));
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
      methods[i][metric] = nullptr;  // over fewer tasks, not comparable
    }
  }
  json["methods"] = methods;

  Json list = Json::array();
  for (const Summary& one : summaries(command, results)) {
    const OverSeeds& of = one.figures;
    list.push_back({{"name", one.variant.label},
                    {"method", one.variant.method},
                    {"options", one.variant.options},
                    {"seeds", one.seeds},
                    {"diverged", of.diverged},
                    {"acc", to_json(of.acc)},
                    {"bwt", to_json(of.bwt)},
                    {"fwt", to_json(of.fwt)},
                    {"forgetting", to_json(of.forgetting)},
                    {"learning_accuracy", to_json(of.learning)},
                    {"memory_bytes", of.memory_bytes ? Json(*of.memory_bytes) : Json()},
                    {"seconds", to_json(of.seconds)},
                    {"matrix", of.mean.matrix},
                    {"baseline", of.mean.baseline},
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
  std::vector<OverSeeds> figures;
  for (const Summary& one : summaries) figures.push_back(one.figures);
  std::vector<std::vector<std::string>> lines = table(figures);
  if (std::ranges::none_of(summaries, [](const Summary& one) { return one.published.has_value(); }))
    return lines;
  lines[0].push_back("published ACC %");
  for (std::size_t k = 0; k < summaries.size(); ++k) {
    lines[k + 1].push_back(published_text(summaries[k].published));
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
