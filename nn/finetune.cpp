#include <engram/autograd/error.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/tape.h>
#include <engram/nn/finetune.h>
#include <engram/nn/init.h>

#include <fmt/format.h>
#include <fnmatch.h>
#include <algorithm>

namespace engram::nn {
namespace {

std::int64_t set_requires_grad(const char* caller, const Module& net, const std::string& pattern,
                               bool on) {
  std::int64_t count = 0;
  for (const auto& [name, parameter] : net.named_parameters()) {
    if (fnmatch(pattern.c_str(), name.c_str(), 0) != 0) continue;
    parameter.set_requires_grad(on);
    ++count;
  }
  check(count > 0, "{}: no parameter of the {} matches \"{}\"", caller, net.type(), pattern);
  return count;
}

bool is_list(const Module& module) {
  return module.type() == "Sequential" || module.type() == "ModuleList";
}

/// (out, c, kh, kw) in the place of (out, 1, kh, kw).
bool has_more_channels(const Tensor& value, const Tensor& target) {
  return value.rank() == 4 && value.dtype() == target.dtype() && value.size(1) > 1 &&
         target.shape() == value.shape().with(1, 1);
}

}  // namespace

void replace_head(const Linear& head, std::int64_t out) {
  check(out >= 1, "replace_head: needs at least 1 output, got {}", out);
  const std::int64_t in = head.weight.size(1);
  const DType dtype = head.weight.dtype();
  head.weight.set_data(init::fan_in_uniform(Tensor({out, in}, dtype), in));
  if (head.bias.defined()) head.bias.set_data(init::fan_in_uniform(Tensor({out}, dtype), in));
}

std::int64_t freeze(const Module& net, const std::string& pattern) {
  return set_requires_grad("freeze", net, pattern, false);
}
std::int64_t unfreeze(const Module& net, const std::string& pattern) {
  return set_requires_grad("unfreeze", net, pattern, true);
}

std::vector<std::vector<Tensor>> parameter_groups(const Module& net) {
  // The first dotted parts of a name say which group it is in: one, or two below a list.
  std::vector<std::string> lists;
  for (const auto& [path, module] : net.named_modules()) {
    if (is_list(module)) lists.push_back(path);
  }
  const auto group_of = [&](const std::string& name) {
    std::size_t end = name.find('.');
    if (end != std::string::npos && std::ranges::count(lists, name.substr(0, end))) {
      end = name.find('.', end + 1);
    }
    return name.substr(0, end);
  };
  std::vector<std::vector<Tensor>> groups;
  std::string last;
  for (const auto& [name, parameter] : net.named_parameters()) {
    if (groups.empty() || group_of(name) != last) groups.emplace_back();
    last = group_of(name);
    groups.back().push_back(parameter);
  }
  return groups;
}

EvalMode hold_batch_norm(const Module& net) {
  std::vector<Module> normalizations;
  for (const auto& [path, module] : net.named_modules()) {
    if (module.type().starts_with("BatchNorm")) normalizations.push_back(module);
  }
  return EvalMode(std::move(normalizations));
}

LoadedInPart load_fitting(const Module& net, const StateDict& state) {
  const NoGrad no_grad;
  LoadedInPart result;
  StateDict fitting;
  const StateDict own = net.state_dict();
  for (const auto& [name, value] : state) {
    const Tensor* target = own.find(name);
    if (!target) {
      result.unexpected.push_back(name);
    } else if (value.shape() == target->shape() && value.dtype() == target->dtype()) {
      fitting.add(name, value);
      result.loaded.push_back(name);
    } else if (has_more_channels(value, *target)) {
      fitting.add(name, sum(value, {1}, {.keepdim = true}));
      result.loaded.push_back(name);
      result.summed.push_back(name);
    } else {
      result.misfits.push_back(name);
    }
  }
  for (const auto& [name, target] : own) {
    if (!state.contains(name)) result.missing.push_back(name);
  }
  net.load_state_dict(fitting, {.strict = false});
  return result;
}

std::string to_string(const LoadedInPart& result) {
  std::string text = fmt::format("loaded {}", result.loaded.size());
  if (!result.summed.empty()) {
    text += fmt::format(", among them summed over channels: {}", fmt::join(result.summed, ", "));
  }
  text += "\n";
  const auto line = [&](const char* kind, const std::vector<std::string>& names) {
    if (!names.empty()) text += fmt::format("{}: {}\n", kind, fmt::join(names, ", "));
  };
  line("not loaded, of another shape or dtype", result.misfits);
  line("not loaded, unknown to the network", result.unexpected);
  line("not in the state", result.missing);
  return text;
}

}  // namespace engram::nn
