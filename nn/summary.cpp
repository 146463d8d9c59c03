#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/nn/summary.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace engram::nn {

/// Calls of a network that leave no trace: in evaluation mode, not recorded, with a default
/// generator of their own. Remembers what the layers report.
class Trial {
 public:
  explicit Trial(const Module& net) : eval_mode_(net) { Module::reports_ = &reports_; }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  ~Trial() { Module::reports_ = outer_; }

  /// What the module returned when it was last called; null when it was not, or does not report.
  const Shape* output(const Module& module) const {
    const auto last = std::find_if(reports_.rbegin(), reports_.rend(),
                                   [&](const auto& report) { return report.first.is(module); });
    return last == reports_.rend() ? nullptr : &last->second;
  }

 private:
  using Reports = std::vector<std::pair<Module, Shape>>;

  NoGrad no_grad_;
  EvalMode eval_mode_;
  Generator generator_;
  DefaultGenerator default_generator_{generator_};
  Reports reports_;
  Reports* outer_ = Module::reports_;
};

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

}  // namespace

std::string summary(const Module& net, const std::function<Tensor()>& call) {
  const Trial trial(net);
  const Shape result = call().shape();

  std::vector<std::array<std::string, 4>> rows = {{"layer", "type", "output", "parameters"}};
  for (const auto& [name, module] : net.named_modules()) {
    const Shape* shape = module.is(net) ? &result : trial.output(module);
    const Total own(module.own_parameters());
    rows.push_back({name, module.type(), shape ? fmt::format("{}", *shape) : "",
                    own.numbers ? grouped(own.numbers) : ""});
  }
  std::array<std::size_t, 4> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }

  std::string text;
  for (const auto& [name, type, shape, count] : rows) {
    text += fmt::format("{:{}}  {:{}}  {:{}}  {:>{}}", name, widths[0], type, widths[1], shape,
                        widths[2], count, widths[3]);
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
