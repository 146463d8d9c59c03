#pragma once

#include <engram/continual/layers.h>
#include <engram/continual/method.h>

#include <vector>

namespace engram::continual {

/// The quantity that is projected by P. With plain SGD and an idempotent P all three agree.
enum class Projects {
  /// The optimizer's update of the weights: protects earlier tasks with every optimizer.
  update,
  /// The gradient, as in the papers. With Adam, momentum or weight decay the update of a projected
  /// gradient need not be orthogonal to earlier inputs: earlier tasks are not protected.
  gradient,
  /// First the gradient, then the update, at twice the cost. A projection of an adaptive
  /// optimizer's update alone may point uphill; with both it does not.
  both,
};

/// The common part of gradient projection memory and orthogonal weights modification. Each layer
/// with weights [W b] (out, in) has a symmetric P (in, in) that nearly annihilates the layer's
/// inputs a of earlier tasks, P·a ≈ 0: a change ΔW·P hardly changes the outputs for these inputs.
/// The bias is the weight of a constant input 1; the papers' networks have none, or do not project
/// it.
///
/// Outputs that no task has used so far, of new heads or new classes, learn freely: in the layer of
/// the logits, P applies to the rows of used outputs.
///
/// Error for a parameter that is neither of a dense or convolution layer (in one group) that is
/// used once, nor frozen during all tasks.
class Projection : public Method {
 public:
  void begin_task(const Task& task) override;
  void before_update() override;
  void after_update() override;
  void end_task(const Task& task) override;

  StateDict state_dict() const override;
  void read_state(StateReader& state) override;

  /// Tasks ended so far.
  int tasks() const { return tasks_; }
  /// P of each layer (in, in), in the order of the forward pass; empty before the first task.
  std::vector<Tensor> projectors() const;

 protected:
  struct Options {
    const char* name;  ///< of the method, in errors and states
    const char* kept;  ///< name of a layer's state, in states
    bool square;       ///< whether a layer's state is (in, in), not (in, k)
    Projects projects;
    std::int64_t samples;  ///< drawn from a task; 0, or more than there are: all
    std::uint64_t seed;
  };
  Projection(Network network, const Options& options);

  /// P = I + left·rightᵀ; without `right`, P = I + left with a symmetric left.
  struct Projector {
    Tensor left;   // (in, k), or (in, in)
    Tensor right;  // (in, k)
  };

  /// The state of a layer after a task, (in, k) with k at most in, f64: from the state before,
  /// undefined for the first task, and the task's moment (in, in), f64, the mean of a·aᵀ over
  /// samples.
  virtual Tensor learn(const Layer& layer, std::size_t place, const Tensor& kept,
                       const Tensor& moment) const = 0;
  /// P from a layer's state, f64.
  virtual Projector projector(const Tensor& kept) const = 0;

 private:
  struct Protected {  // a layer, and its values during a step
    Layer layer;
    Projector projector;  // undefined before the end of the first task
    Tensor weight, bias;  // before the update
  };

  void find_layers_once(const Task& task);
  std::vector<Layer> layers() const;
  void check_outputs(const Layer& layer, const Outputs& outputs) const;
  void make_projectors(std::vector<Protected>& layers, const std::vector<Tensor>& kept) const;
  template <class T>
  void project(const Protected& part, const Tensor& weight_change, const Tensor& bias_change,
               const Tensor& weight, const Tensor& bias) const;
  void project(const Protected& part, const Tensor& weight_change, const Tensor& bias_change,
               const Tensor& weight, const Tensor& bias) const;

  Network network_;
  Options options_;
  std::vector<Protected> layers_;  // in the order of the forward pass
  std::vector<Tensor> kept_;       // by the index of the weight; undefined for biases
  Outputs outputs_;                // that tasks have used
  int tasks_ = 0;
};

}  // namespace engram::continual
