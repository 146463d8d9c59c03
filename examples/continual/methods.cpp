#include "continual/methods.h"

#include "common/failure.h"

#include <fmt/format.h>

#include <algorithm>

namespace engram::examples::runs {
namespace {

/// The method with whose name the text begins, up to a `+` or the end; null for none. The longest,
/// if several fit, such as der and der++.
const MethodEntry* first_part(const std::string& text) {
  const MethodEntry* first = nullptr;
  for (const MethodEntry& entry : method_table()) {
    const std::size_t length = entry.name.size();
    if (text.starts_with(entry.name) && (text.size() == length || text[length] == '+') &&
        (!first || length > first->name.size())) {
      first = &entry;
    }
  }
  return first;
}

}  // namespace

std::string method_names() {
  std::string names;
  for (const MethodEntry& entry : method_table()) names += (names.empty() ? "" : ",") + entry.name;
  return names;
}

std::vector<const MethodEntry*> parts_of(const std::string& method) {
  std::vector<const MethodEntry*> parts;
  for (std::size_t begin = 0; begin <= method.size();) {
    const std::string rest = method.substr(begin);
    const MethodEntry* entry = first_part(rest);
    if (!entry) {
      throw UsageError(fmt::format("--method: {} not in {{{}}} (see --help)",
                                   rest.substr(0, rest.find('+')), method_names()));
    }
    if (std::ranges::count(parts, entry) > 0) {
      throw UsageError(fmt::format("--method: {} has {} twice (see --help)", method, entry->name));
    }
    if (entry->name != method && (entry->name == "naive" || entry->name == "joint")) {
      throw UsageError(fmt::format("--method: {} cannot be combined (see --help)", entry->name));
    }
    parts.push_back(entry);
    begin += entry->name.size() + 1;
  }
  return parts;
}

Json& options_of_part(Json& options, const std::string& method, const std::string& part) {
  return method == part ? options : options[part];
}

const MethodEntry* strength_part(const std::string& method) {
  for (const MethodEntry* part : parts_of(method)) {
    if (!part->grid.empty()) return part;
  }
  return nullptr;
}

double strength(const std::string& method, const Json& options) {
  const MethodEntry* part = strength_part(method);
  const Json& own = part->name == method ? options : options.at(part->name);
  return own.at(part->options[0].name);
}

std::unique_ptr<continual::Method> make_method(const std::string& method,
                                               const continual::Network& network,
                                               const Json& options, std::uint64_t seed) {
  const auto parts = parts_of(method);
  if (parts.size() == 1) return parts[0]->make(network, options, seed);
  std::vector<std::unique_ptr<continual::Method>> all;
  for (const MethodEntry* part : parts) {
    all.push_back(part->make(network, options.at(part->name), seed));
  }
  return std::make_unique<continual::Combination>(std::move(all));
}

}  // namespace engram::examples::runs
