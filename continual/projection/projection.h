#pragma once

#include <engram/continual/layers.h>
#include <engram/continual/method.h>

#include <vector>

namespace engram::continual {

/// What is projected away from what earlier tasks see. With plain SGD, and projections that do the
/// same when done twice, all three are one.
enum class Projects {
  /// What the optimizer has done to the weights: holds for every optimizer.
  update,
  /// The gradient, as the papers have it. What Adam or momentum make of it, or weight decay adds,
  /// need not be orthogonal to anything: earlier tasks are not protected.
  gradient,
  /// First the gradient, then the update, at twice the price: an update that is projected alone
  /// may point uphill when an adaptive optimizer scaled it, this one does not.
  both,
};

/// What gradient projection memory and orthogonal weights modification have in common. For each
/// layer with weights [W b] (out, in) there is a symmetric P (in, in) that makes little of the
/// inputs a of earlier tasks: P·a ≈ 0. A change ΔW·P leaves what the layer makes of them as it was.
/// The bias counts as the weight of an input of 1; the papers' networks have none, or leave it
/// alone.
///
/// The outputs that no task has used so far, of new heads or new classes, are free to learn: in
/// the layer that gives the logits, P is for the rows of those that earlier tasks used.
///
/// Every parameter must be of a dense or convolution layer (in one group) that is used once, or
/// frozen, for all tasks: Error.
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
  /// P of each layer (in, in), in the order in which they work; empty before the first task.
  std::vector<Tensor> projectors() const;

 protected:
  struct Options {
    const char* name;  ///< of the method, in errors and states
    const char* kept;  ///< of what it keeps of a layer, in states
    bool square;       ///< whether that is (in, in), or at most
    Projects projects;
    std::int64_t samples;  ///< of a task, that layers' inputs are taken from
    std::uint64_t seed;
  };
  Projection(Network network, const Options& options);

  /// P = I + left·rightᵀ, or I + left, which is symmetric then, where there is no right.
  struct Projector {
    Tensor left;   // (in, k), or (in, in)
    Tensor right;  // (in, k)
  };

  /// What is kept of a layer (in, at most in) after a task, from what was kept before, undefined
  /// after the first, and the task's moment (in, in) f64, the mean of a·aᵀ. f64.
  virtual Tensor learn(const Layer& layer, std::size_t place, const Tensor& kept,
                       const Tensor& moment) const = 0;
  /// From what is kept, f64.
  virtual Projector projector(const Tensor& kept) const = 0;

 private:
  struct Protected {  // a layer under way
    Layer layer;
    Projector projector;  // none before the first task's end
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
  std::vector<Protected> layers_;  // in the order in which they work
  std::vector<Tensor> kept_;       // of the weight of each number; undefined for biases
  Outputs outputs_;                // that tasks have used
  int tasks_ = 0;
};

}  // namespace engram::continual
