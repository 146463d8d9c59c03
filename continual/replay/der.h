#pragma once

#include <engram/autograd/random.h>
#include <engram/continual/method.h>
#include <engram/continual/replay/reservoir.h>

#include <cstdint>

namespace engram::continual {

struct DEROptions {
  std::int64_t capacity = 1000;  ///< samples in memory, of all tasks together
  std::int64_t batch = 128;      ///< samples of each of the two draws of a step
  double alpha = 1;              ///< weight of the squared distance to the stored logits
  double beta = 0.5;             ///< weight of the loss of stored samples; 0 is DER
  std::uint64_t seed = 0;
};

/// Dark experience replay, DER++: the memory stores the network's logits with each sample, and a
/// step pulls the present logits toward them,
///
///     loss = L(batch) + α·‖z' − f(x')‖² + β·L(f(x''), y'')
///
/// with two draws from the memory, x' with its logits z' and x'' with its labels y'', and L the
/// mean cross entropy. Buzzega et al., "Dark experience for general continual learning: a strong,
/// simple baseline", 2020 (arXiv 2004.07211). As in the authors' code the squared distance is the
/// mean over samples and outputs; α and β are theirs for permuted MNIST with a memory of 500, the
/// nearest to ours.
///
/// As there, each batch is offered to the memory after the draws of its step, with the logits from
/// before the update. So replay begins within the first task, samples of the present task are
/// replayed too, and each epoch offers its samples again. (ExperienceReplay fills its memory at the
/// end of a task, by one offer of each sample.)
///
/// The distance is over the logits of all outputs, future classes included, as in the authors'
/// code, but in task-incremental learning over those of the sample's own task. Cross entropies are
/// over the active classes (continual::active_outputs), where the authors take all.
class DER : public Method {
 public:
  /// Error for options out of range.
  explicit DER(Network network, const DEROptions& options = {});

  void begin_task(const Task& task) override;
  Tensor loss(const Step& step, const Tensor& loss) override;
  StateDict state_dict() const override { return memory_.state_dict(); }
  void read_state(StateReader& state) override { memory_.read_state(state); }

  const Reservoir& memory() const { return memory_; }

 private:
  Network network_;
  DEROptions options_;
  Reservoir memory_;
  Generator draws_;   // of replayed samples
  Generator offers_;  // of stored samples
};

}  // namespace engram::continual
