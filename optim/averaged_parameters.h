#pragma once

#include <engram/autograd/state.h>
#include <engram/autograd/tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace engram::optim {

struct AveragedParametersOptions {
  /// d of the exponential moving average (EMA), in [0, 1]: 0.999 averages about the last 1,000
  /// updates. If not set, the average weights all updates equally: stochastic weight averaging
  /// (SWA).
  std::optional<double> decay{};
};

/// A running average θ̄ of parameters, which often generalises better than the parameters
/// themselves:
///
///     EMA   θ̄ ← d θ̄ + (1−d) θ            a step is a batch
///     SWA   θ̄ ← (n θ̄ + θ) / (n+1)        Izmailov et al., "Averaging weights leads to wider optima
///                                        and better generalization", 2018; a step is an epoch
///
/// Equal weights go back to Polyak & Juditsky, "Acceleration of stochastic approximation by
/// averaging", 1992. The first update copies the parameters, bitwise. As PyTorch's AveragedModel.
///
///     optim::AveragedParameters ema(net.parameters(), {.decay = 0.999});
///     for (auto [x, y] : loader) {
///       ...
///       adam.step();
///       ema.update();
///     }
///     {
///       const auto averaged = ema.swap_in();  // net has the averages until the end of the scope
///       evaluate(net);
///     }
///
/// Buffers are not averaged: the running statistics of batch normalisation are those of θ. To adapt
/// them to θ̄, run the training data through the network after `swap_in`, in training mode and
/// without a tape: `for (auto [x, y] : loader) net(x);`. Each batch updates the statistics with the
/// layer's momentum, so the last batches weigh most, and (1 − momentum)^batches of θ's statistics
/// remains. PyTorch's update_bn resets the statistics and weights all batches equally; so does the
/// loop for layers made with momentum = nullopt, when `num_batches_tracked` of each is set to 0
/// before.
class AveragedParameters {
 public:
  /// Starts as a copy of the parameters. Error when there are none, one is not f32 or f64, or one
  /// was given before or shares elements with another.
  explicit AveragedParameters(std::vector<Tensor> parameters,
                              const AveragedParametersOptions& options = {});
  AveragedParameters(const AveragedParameters&) = delete;
  AveragedParameters& operator=(const AveragedParameters&) = delete;

  /// Adds the present parameters to the average. Error while the average is swapped in, and when a
  /// parameter's shape or dtype has changed; the average is then unchanged.
  void update();

  /// Calls of `update`: n.
  std::int64_t updates() const { return updates_; }

  /// Swaps the elements of parameters and average; the destructor swaps them back.
  class [[nodiscard]] SwappedIn {
   public:
    ~SwappedIn() { average_.swap(); }
    SwappedIn(const SwappedIn&) = delete;
    SwappedIn& operator=(const SwappedIn&) = delete;

   private:
    friend class AveragedParameters;
    explicit SwappedIn(AveragedParameters& average) : average_(average) { average_.swap(); }
    AveragedParameters& average_;
  };

  /// Swaps parameters and average until the returned object is destroyed: for evaluation, or to
  /// save the averaged network. The AveragedParameters must outlive the object, and no parameter
  /// may change its shape meanwhile. Error when they are swapped already.
  SwappedIn swap_in();

  /// Overwrites the parameters with the average.
  void copy_to_parameters() const;

  /// A copy of the average and n. Error while the average is swapped in.
  StateDict state_dict() const;
  /// Restores a saved state. Error for the state of another class, or of parameters of other shapes
  /// or dtypes; nothing is then changed.
  void load_state_dict(const StateDict& state);

 private:
  void check_ready(const char* caller) const;
  void swap() noexcept;

  std::vector<Tensor> parameters_;
  AveragedParametersOptions options_;
  std::vector<Tensor> average_;
  std::int64_t updates_ = 0;
  bool swapped_in_ = false;
};

}  // namespace engram::optim
