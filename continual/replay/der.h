#pragma once

#include <engram/autograd/random.h>
#include <engram/continual/method.h>
#include <engram/continual/replay/reservoir.h>

#include <cstdint>

namespace engram::continual {

struct DEROptions {
  std::int64_t capacity = 1000;  ///< samples in memory, of all tasks together
  std::int64_t batch = 128;      ///< samples of each of the two draws of a step
  double alpha = 1;              ///< of the distance to the remembered logits
  double beta = 0.5;             ///< of the loss of remembered samples; 0 is DER
  std::uint64_t seed = 0;
};

/// Dark experience replay, DER++: the memory keeps beside a sample what the network said about it,
/// and a step holds it to that,
///
///     loss = L(batch) + α·‖z' − f(x')‖² + β·L(f(x''), y'')
///
/// with two draws from the memory, x' with its logits z' and x'' with its labels y'', and L the
/// mean cross entropy. Buzzega et al., "Dark experience for general continual learning: a strong,
/// simple baseline", 2020 (arXiv 2004.07211). As in the authors' code the squared distance is the
/// mean over samples and outputs; α and β are theirs for permuted MNIST and the memory, of 500,
/// that is nearest to ours.
///
/// As there, samples are offered to the memory as they pass, each batch after the draws of its
/// step, with the logits from before the update. So replay begins within the first task, samples of
/// the running task are replayed too, and an image that passes again in a later epoch is offered
/// again. (ExperienceReplay fills its memory at the end of a task, by one offer of each image.)
///
/// Which logits: of all outputs of the network, those of classes to come among them, as the authors
/// do, but in the scenario of tasks those of the sample's own task. Cross entropies are taken over
/// the outputs that compete (continual::active_outputs), where the authors take all.
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
  Generator draws_;   // of what is replayed
  Generator offers_;  // of what is kept
};

}  // namespace engram::continual
