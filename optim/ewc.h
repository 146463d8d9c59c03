#pragma once

#include <engram/autograd/state_reader.h>
#include <engram/optim/curvature/fisher.h>
#include <engram/optim/quadratic_penalty.h>

#include <optional>

namespace engram::optim {

struct EWCOptions {
  double lambda = 60;  ///< strength of the penalty; does not carry over between codebases

  /// Set, it makes this online EWC: importances fade by γ per task, F ← F_t + γF, and the penalty
  /// is γF around the parameters of the latest task alone. (Schwarz et al. 2018)
  std::optional<double> gamma{};

  FisherOptions fisher{};
};

/// Elastic weight consolidation (Kirkpatrick et al. 2017): what a task has learned is kept by a
/// quadratic penalty on moving the parameters that mattered to it,
///
///     ½·λ·Σ_t Σ_i F_t,i (θ_i − θ*_t,i)²
///
/// with the diagonal Fisher information F_t at the parameters θ*_t where task t ended. The sum of
/// quadratics is kept as one quadratic and a constant, so memory does not grow with the tasks:
/// two tensors for each parameter.
class EWC {
 public:
  /// Error when there are no parameters, or one of them is not a leaf. A parameter that does not
  /// require a gradient has no importance for the tasks that end meanwhile.
  explicit EWC(std::vector<Tensor> parameters, EWCOptions options = {});

  /// The penalty at the present parameters, a scalar to add to the loss; 0 before the first task.
  Tensor penalty() const;

  /// Ends a task: measures the importance of the parameters on its data, without the penalty, and
  /// remembers where they are. A model that has `eval_mode`, as every nn::Module, is asked in that
  /// mode. `data` is a data::Dataset or reads like one.
  template <class Model, LabelledData Data>
  void consolidate(const Model& model, const Data& data) {
    [[maybe_unused]] const auto eval = eval_mode(model);
    consolidate(diagonal_fisher([&](const Tensor& x) { return model(x); }, parameters_, data.size(),
                                [&](std::span<const std::int64_t> rows) {
                                  auto batch = data.batch(rows);
                                  return std::pair(batch.x, batch.y);
                                },
                                fisher_options()));
  }

  /// The same with importances, one for each parameter in its shape, that were measured elsewhere.
  /// Error, and nothing has changed, when one is not finite or below 0; so it is above, where a
  /// network whose training has diverged is measured.
  void consolidate(const std::vector<Tensor>& importance);

  const EWCOptions& options() const { return options_; }
  /// Tasks consolidated so far.
  int tasks() const { return tasks_; }
  /// The importances and the center of the running quadratic, one tensor for each parameter.
  const std::vector<Tensor>& importance() const { return importance_; }
  const std::vector<Tensor>& center() const { return center_; }

  /// A copy of all that has been consolidated, to be saved.
  StateDict state_dict() const;
  /// Goes on from a saved state. One that does not fit these parameters is an Error (ShapeError,
  /// DTypeError), and changes nothing.
  void load_state_dict(const StateDict& state);
  /// The same as part of a larger state.
  void read_state(StateReader& state);

 private:
  template <class Model>
  static auto eval_mode(const Model& model) {
    if constexpr (requires { model.eval_mode(); }) {
      return model.eval_mode();
    } else {
      return 0;
    }
  }

  FisherOptions fisher_options() const;  // with a stream of its own for each task

  std::vector<Tensor> parameters_;
  EWCOptions options_;
  std::vector<Tensor> importance_;
  std::vector<Tensor> center_;
  double constant_ = 0;  // what the sum of quadratics is above the running one at its center
  int tasks_ = 0;
};

}  // namespace engram::optim
