#pragma once

#include <engram/autograd/state.h>
#include <engram/autograd/tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace engram::optim {

struct AveragedParametersOptions {
  /// d of the exponential moving average (EMA), in [0, 1]: 0.999 looks back over about 1,000
  /// updates. Without, the average counts all updates alike: stochastic weight averaging (SWA).
  std::optional<double> decay{};
};

/// A running average θ̄ of parameters, which often generalises better than the parameters
/// themselves:
///
///     EMA   θ̄ ← d θ̄ + (1−d) θ            a step is a batch
///     SWA   θ̄ ← (n θ̄ + θ) / (n+1)        Izmailov et al., "Averaging weights leads to wider optima
///                                        and better generalization", 2018; a step is an epoch
///
/// Averaging all steps alike goes back to Polyak & Juditsky, "Acceleration of stochastic
/// approximation by averaging", 1992. The first update copies, bitwise. As PyTorch's AveragedModel.
///
///     optim::AveragedParameters ema(net.parameters(), {.decay = 0.999});
///     for (auto [x, y] : loader) {
///       ...
///       adam.step();
///       ema.update();
///     }
///     {
///       const auto averaged = ema.swap_in();  // net has the averages as long as this lives
///       evaluate(net);
///     }
///
/// Buffers are no parameters: the running statistics of batch normalisation are those of θ. To fit
/// them to θ̄, go through the training data after `swap_in`, in training mode and without a tape:
/// `for (auto [x, y] : loader) net(x);`. Each batch moves them by the layer's momentum, so the last
/// batches count most, and of θ's statistics (1 − momentum)^batches is left. PyTorch's update_bn
/// forgets those, and counts all batches alike; so does the loop for layers made with momentum =
/// nullopt, when `num_batches_tracked` of each is set to 0 before it.
class AveragedParameters {
 public:
  /// Starts as a copy of the parameters. Error when there are none, one is not f32 or f64, or one
  /// was given before or shares elements with another.
  explicit AveragedParameters(std::vector<Tensor> parameters,
                              const AveragedParametersOptions& options = {});
  AveragedParameters(const AveragedParameters&) = delete;
  AveragedParameters& operator=(const AveragedParameters&) = delete;

  /// Takes the present parameters into the average. Error while it is swapped in, and when a
  /// parameter has another shape or dtype than before; then nothing has changed.
  void update();

  /// How often `update` was called: n.
  std::int64_t updates() const { return updates_; }

  /// While the average is swapped in, the parameters hold it, and it holds the parameters.
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

  /// Exchanges parameters and average until what is returned is gone: for evaluation, or to save
  /// the averaged network. The AveragedParameters must outlive it, and no parameter may get
  /// another shape meanwhile. Error when it is swapped in already.
  SwappedIn swap_in();

  /// Makes the average the parameters for good.
  void copy_to_parameters() const;

  /// A copy of the average, to be saved. Error while it is swapped in.
  StateDict state_dict() const;
  /// Goes on from a saved state. Error for the state of something else, or of parameters of other
  /// shapes or dtypes; then nothing has changed.
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
