#pragma once

#include <engram/autograd/state_reader.h>
#include <engram/optim/curvature/fisher.h>
#include <engram/optim/quadratic_penalty.h>

#include <optional>

namespace engram::optim {

struct EWCOptions {
  double lambda = 60;  ///< strength of the penalty; does not carry over between codebases

  /// If set, this is online EWC: importances decay by γ per task, F ← F_t + γF, and the penalty is
  /// γF around the parameters of the latest task alone. (Schwarz et al. 2018)
  std::optional<double> gamma{};

  FisherOptions fisher{};
};

/// Elastic weight consolidation (Kirkpatrick et al. 2017): a quadratic penalty on changes of the
/// parameters, weighted by their importance for earlier tasks,
///
///     ½·λ·Σ_t Σ_i F_t,i (θ_i − θ*_t,i)²
///
/// with the diagonal Fisher information F_t at the parameters θ*_t at the end of task t. The sum of
/// quadratics is stored as one quadratic and a constant, so memory does not grow with the tasks:
/// two tensors for each parameter.
class EWC {
 public:
  /// Error when there are no parameters, or one is not a leaf. A frozen parameter gets no
  /// importance for the tasks that end while it is frozen.
  explicit EWC(std::vector<Tensor> parameters, EWCOptions options = {});

  /// The penalty at the present parameters, a scalar to add to the loss; 0 before the first task.
  Tensor penalty() const;

  /// Ends a task: measures the importance of the parameters on its data, without the penalty, and
  /// stores their values. A model with `eval_mode`, such as every nn::Module, is evaluated in that
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

  /// The same with given importances, one for each parameter in its shape. Error, without any
  /// change, for one that is not finite or below 0; above too, for a network whose training has
  /// diverged.
  void consolidate(const std::vector<Tensor>& importance);

  const EWCOptions& options() const { return options_; }
  /// Tasks consolidated so far.
  int tasks() const { return tasks_; }
  /// The importances and the center of the running quadratic, one tensor for each parameter.
  const std::vector<Tensor>& importance() const { return importance_; }
  const std::vector<Tensor>& center() const { return center_; }

  /// Copies of importances, centers and constant, and the number of tasks.
  StateDict state_dict() const;
  /// Restores a saved state. Error (ShapeError, DTypeError) for a state that does not fit these
  /// parameters, or whose values are not finite; nothing is then changed.
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
  double constant_ = 0;  // Σ_t F_t(θ − θ*_t)² at the center of the running quadratic
  int tasks_ = 0;
};

}  // namespace engram::optim
