#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/state_reader.h>
#include <engram/autograd/tape.h>
#include <engram/optim/ewc.h>

#include <fmt/format.h>

namespace engram::optim {
namespace {

/// Adds the quadratic f(θ − star)² to the running a(θ − m)² + constant, element by element:
///
///     a(θ − m)² + f(θ − s)² = (a + f)(θ − m')² + a·f/(a + f)·(m − s)²
///     m' = m + f/(a + f)(s − m)
///
/// Returns the growth of the constant.
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

/// Distinguishes EWC from online EWC, whose importances are other sums.
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
  check(options_.fisher.batch >= 1, "EWC: batch must be at least 1, got {}", options_.fisher.batch);
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
  state.add_number(tasks_key(options_), std::int64_t{tasks_});
  state.add_number("EWC.constant", constant_);
  state.add_list("importance", importance_);
  state.add_list("center", center_);
  return state;
}

void EWC::read_state(StateReader& state) {
  const std::string key = tasks_key(options_);
  state.check(state.contains(key) || !options_.gamma || !state.contains("EWC.tasks"), key,
              "is missing, \"EWC.tasks\" is there: the state is of an EWC without gamma, or of an "
              "online one that version 0.1.0 saved; that one loads with the entry renamed");
  state.set(tasks_, state.count<int>(key));
  const Tensor constant = state.tensor("EWC.constant", f64, {});
  state.check_finite("EWC.constant", constant, 0);
  state.set(constant_, constant.item());
  state.set(importance_, state.finite_list("importance", importance_, 0));
  state.set(center_, state.finite_list("center", center_));
}

void EWC::load_state_dict(const StateDict& saved) {
  StateReader state(saved);
  read_state(state);
  state.commit();
}

FisherOptions EWC::fisher_options() const {
  FisherOptions options = options_.fisher;
  options.stream = static_cast<std::uint64_t>(tasks_);
  return options;
}

}  // namespace engram::optim
