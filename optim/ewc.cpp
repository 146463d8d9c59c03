#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/tape.h>
#include <engram/optim/ewc.h>
#include <engram/optim/saved_state.h>

#include <fmt/format.h>

namespace engram::optim {
namespace {

/// Adds the quadratic f(θ − star)² to the running a(θ − m)² + constant, element by element:
///
///     a(θ − m)² + f(θ − s)² = (a + f)(θ − m')² + a·f/(a + f)·(m − s)²
///     m' = m + f/(a + f)(s − m)
///
/// Returns what the constant grows by.
template <class T>
double add_quadratic(std::span<T> a, std::span<T> m, std::span<const T> f,
                     std::span<const T> star) {
  double growth = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double before = static_cast<double>(a[i]), more = static_cast<double>(f[i]);
    const double total = before + more;
    if (total == 0) continue;
    const double away = static_cast<double>(star[i]) - static_cast<double>(m[i]);
    growth += before * more / total * away * away;
    m[i] = static_cast<T>(static_cast<double>(m[i]) + more / total * away);
    a[i] = static_cast<T>(total);
  }
  return growth;
}

/// Tells the one from the other: what they sum differs.
std::string tasks_key(const EWCOptions& options) {
  return options.gamma ? "OnlineEWC.tasks" : "EWC.tasks";
}

}  // namespace

EWC::EWC(std::vector<Tensor> parameters, EWCOptions options)
    : parameters_(std::move(parameters)), options_(options) {
  check(!parameters_.empty(), "EWC: there are no parameters");
  check(options_.lambda >= 0, "EWC: lambda must be at least 0, got {}", options_.lambda);
  check(!options_.gamma || (*options_.gamma >= 0 && *options_.gamma <= 1),
        "EWC: gamma must be in [0, 1], got {}", options_.gamma.value_or(0));
  check(options_.fisher.samples >= 0, "EWC: samples must be at least 0, got {}",
        options_.fisher.samples);
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    check(parameters_[k].is_leaf(), "EWC: parameter {} is the result of a recorded operation", k);
    importance_.push_back(zeros_like(parameters_[k]));
    center_.push_back(zeros_like(parameters_[k]));
  }
}

Tensor EWC::penalty() const {
  if (tasks_ == 0) return scalar(0, parameters_[0].dtype());
  const double fade = options_.gamma.value_or(1);
  const Tensor penalty =
      quadratic_penalty(parameters_, importance_, center_, options_.lambda * fade);
  return constant_ == 0 ? penalty : penalty + 0.5 * options_.lambda * constant_;
}

void EWC::consolidate(const std::vector<Tensor>& importance) {
  check(importance.size() == parameters_.size(), "EWC: {} importances for {} parameters",
        importance.size(), parameters_.size());
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    check_shape(importance[k].shape() == parameters_[k].shape(),
                "EWC: parameter {} is {}, its importance {}", k, parameters_[k].shape(),
                importance[k].shape());
    check_dtype(importance[k].dtype() == parameters_[k].dtype(),
                "EWC: parameter {} is {}, its importance {}", k, parameters_[k].dtype(),
                importance[k].dtype());
    check_importance("EWC", k, importance[k]);
  }
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    dispatch_floating("EWC", parameters_[k].dtype(), [&]<class T>() {
      const auto theta = parameters_[k].data<T>();
      const auto a = importance_[k].mutable_data<T>(), m = center_[k].mutable_data<T>();
      const auto f = importance[k].data<T>();
      if (options_.gamma) {
        for (std::size_t i = 0; i < a.size(); ++i) {
          a[i] = static_cast<T>(static_cast<double>(f[i]) +
                                *options_.gamma * static_cast<double>(a[i]));
          m[i] = theta[i];
        }
      } else {
        constant_ += add_quadratic<T>(a, m, f, theta);
      }
    });
  }
  ++tasks_;
}

StateDict EWC::state_dict() const {
  StateDict state;
  state.add(tasks_key(options_), scalar(tasks_, i64));
  state.add("EWC.constant", scalar(constant_, f64));
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    state.add(fmt::format("{}.importance", k), clone(importance_[k]));
    state.add(fmt::format("{}.center", k), clone(center_[k]));
  }
  return state;
}

void EWC::load_state_dict(const StateDict& state) {
  check_owner(state, options_.gamma ? "online EWC" : "EWC", tasks_key(options_));
  check(state.size() == 2 + 2 * parameters_.size(),
        "load_state_dict: {} entries are not those of an EWC with {} parameters", state.size(),
        parameters_.size());
  const auto read = [&](const std::string& name, const Tensor& like) {
    const Tensor& value = state[name];
    check_shape(value.shape() == like.shape(), "load_state_dict: \"{}\" is {}, not {}", name,
                value.shape(), like.shape());
    check_dtype(value.dtype() == like.dtype(), "load_state_dict: \"{}\" is {}, not {}", name,
                value.dtype(), like.dtype());
    return clone(detach(value));
  };
  const int tasks = read_count(state, tasks_key(options_));
  const Tensor constant = read("EWC.constant", scalar(0, f64));
  std::vector<Tensor> importance, center;
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    importance.push_back(read(fmt::format("{}.importance", k), importance_[k]));
    check_importance("load_state_dict", k, importance.back());
    center.push_back(read(fmt::format("{}.center", k), center_[k]));
  }
  tasks_ = tasks;
  constant_ = constant.item();
  importance_ = std::move(importance);
  center_ = std::move(center);
}

FisherOptions EWC::fisher_options() const {
  FisherOptions options = options_.fisher;
  options.stream = static_cast<std::uint64_t>(tasks_);
  return options;
}

}  // namespace engram::optim
