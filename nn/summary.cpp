#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/autograd/trace.h>
#include <engram/nn/summary.h>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace engram::nn {
namespace {

/// 1234567 as 1,234,567.
std::string grouped(std::int64_t n) {
  return n < 1000 ? fmt::format("{}", n) : fmt::format("{},{:03}", grouped(n / 1000), n % 1000);
}

std::string in_bytes(std::int64_t bytes) {
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  const auto kib = static_cast<double>(bytes) / 1024;
  return kib < 1024 ? fmt::format("{:.1f} KiB", kib) : fmt::format("{:.1f} MiB", kib / 1024);
}

struct Total {
  std::int64_t numbers = 0;
  std::int64_t bytes = 0;
  std::int64_t trainable = 0;

  explicit Total(const StateDict& tensors) {
    for (const auto& [name, value] : tensors) {
      numbers += value.numel();
      bytes += static_cast<std::int64_t>(value.bytes().size());
      if (value.requires_grad()) trainable += value.numel();
    }
  }
};

struct Row {
  std::string name;
  std::string type;
  std::string output;
  std::string parameters;
};

/// The modules that own tensors: their parameters and buffers, and results of operations on one
/// module's tensors alone.
class Owners {
 public:
  using NamedModules = std::vector<std::pair<std::string, Module>>;

  explicit Owners(const NamedModules& modules) : called_(modules.size()) {
    for (std::size_t m = 0; m < modules.size(); ++m) {
      for (const auto& [name, value] : modules[m].second.own_parameters()) own(value, m);
      for (const auto& [name, value] : modules[m].second.own_buffers()) own(value, m);
    }
  }

  /// The module of an operation: the owner of one of its inputs, if any. `merely_prepares` when all
  /// inputs have owners: the output is the module's too.
  struct Verdict {
    std::optional<std::size_t> module;
    bool merely_prepares = false;
  };
  Verdict judge(const Operation& operation) {
    std::optional<std::size_t> module;
    bool has_foreign_input = false;
    for (const Tensor& input : operation.inputs) {
      if (!input.defined()) continue;
      const auto owner =
          std::ranges::find_if(tensors_, [&](const auto& each) { return each.first.is(input); });
      if (owner != tensors_.end()) {
        module = owner->second;
      } else if (input.rank() > 0) {  // scalars do not count
        has_foreign_input = true;
      }
    }
    if (!module) return {};
    called_[*module] = true;
    if (!has_foreign_input) own(operation.output, *module);
    return {module, !has_foreign_input};
  }

  bool called(std::size_t module) const { return called_[module]; }

 private:
  void own(const Tensor& tensor, std::size_t module) { tensors_.emplace_back(tensor, module); }

  std::vector<std::pair<Tensor, std::size_t>> tensors_;
  std::vector<bool> called_;
};

std::vector<Row> rows_of(const Module& net, const Trace& trace) {
  const auto modules = net.named_modules();
  const auto row = [&](std::size_t m, std::string output) {
    const Total own(modules[m].second.own_parameters());
    return Row{modules[m].first, modules[m].second.type(), std::move(output),
               own.numbers ? grouped(own.numbers) : ""};
  };
  std::vector<Row> rows = {{"layer", "type", "output", "parameters"}};
  Owners owners(modules);
  std::optional<std::size_t> last;  // the module of the last row, which its operations update
  for (const Operation& operation : trace.operations()) {
    const auto [module, merely_prepares] = owners.judge(operation);
    if (merely_prepares) continue;
    const std::string output = fmt::format("{}", operation.output.shape());
    if (!module) {
      rows.push_back({"", operation.name, output, ""});
    } else if (module == last) {
      rows.back().output = output;
    } else {
      rows.push_back(row(*module, output));
    }
    last = module;
  }
  for (std::size_t m = 0; m < modules.size(); ++m) {
    const Module& module = modules[m].second;
    const bool owns = !module.own_parameters().empty() || !module.own_buffers().empty();
    if (owns && !owners.called(m)) rows.push_back(row(m, "not called"));
  }
  return rows;
}

}  // namespace

std::string summary(const Module& net, const std::function<Tensor()>& call) {
  const Trace trace;
  {
    const NoGrad no_grad;
    const EvalMode eval_mode(net);
    Generator generator;
    const DefaultGenerator default_generator(generator);
    call();
  }
  const std::vector<Row> rows = rows_of(net, trace);
  std::size_t name_width = 0, type_width = 0, output_width = 0, parameters_width = 0;
  for (const Row& row : rows) {
    name_width = std::max(name_width, row.name.size());
    type_width = std::max(type_width, row.type.size());
    output_width = std::max(output_width, row.output.size());
    parameters_width = std::max(parameters_width, row.parameters.size());
  }
  std::string text;
  for (const auto& [name, type, output, numbers] : rows) {
    text += fmt::format("{:{}}  {:{}}  {:{}}  {:>{}}", name, name_width, type, type_width, output,
                        output_width, numbers, parameters_width);
    text.resize(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  const Total parameters(net.named_parameters()), buffers(net.named_buffers());
  text += fmt::format("parameters: {}, {} of them trainable, {}\n", grouped(parameters.numbers),
                      grouped(parameters.trainable), in_bytes(parameters.bytes));
  if (buffers.numbers > 0) {
    text += fmt::format("buffers: {}, {}\n", grouped(buffers.numbers), in_bytes(buffers.bytes));
  }
  return text;
}

}  // namespace engram::nn
