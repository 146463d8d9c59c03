#include <engram/autograd/random.h>
#include <engram/autograd/record.h>
#include <engram/nn/checkpoint.h>
#include <engram/nn/training_modes.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace engram::nn {
namespace {

thread_local bool recomputing = false;

class Recomputing {
 public:
  Recomputing() : outer_(std::exchange(recomputing, true)) {}
  ~Recomputing() { recomputing = outer_; }
  Recomputing(const Recomputing&) = delete;
  Recomputing& operator=(const Recomputing&) = delete;

 private:
  bool outer_;
};

/// The tensors that require a gradient among the inputs of the operations it hears of. Where no
/// tape records, these are none of the operations' own results.
class UsedTensors final : public Listener {
 public:
  explicit UsedTensors(const Tensor& x) : tensors_{x} {}
  std::vector<Tensor> tensors() && { return std::move(tensors_); }

 private:
  void computed(const Operation& operation) override {
    for (const Tensor& input : operation.inputs) {
      if (!input.defined() || !input.requires_grad()) continue;
      const bool known =
          std::ranges::any_of(tensors_, [&](const Tensor& each) { return each.is(input); });
      if (!known) tensors_.push_back(input);
    }
  }

  std::vector<Tensor> tensors_;
};

/// f(x) as the result of an operation of its own: f may return its argument, or a parameter.
Tensor result_of(const std::function<Tensor(const Tensor&)>& f, const Tensor& x) {
  const Tensor y = f(x);
  return record("identity", view(y, y.shape()), {y},
                [](Tensor dy, Gradients& d) { d[0] = std::move(dy); });
}

}  // namespace

bool is_recomputing() { return recomputing; }

Tensor checkpoint(const std::function<Tensor(const Tensor&)>& f, const Tensor& x) {
  const Tensor random = default_generator().state();
  Tensor y;
  std::vector<Tensor> used;
  std::vector<bool> modes;
  {
    const NoGrad no_grad;
    UsedTensors listener(x);
    const TrainingModes listed;
    y = result_of(f, x);
    used = std::move(listener).tensors();
    modes = listed.answers();
  }
  if (!is_floating(y.dtype())) return y;
  const std::vector<TensorRef> inputs(used.begin(), used.end());
  std::vector<Saved> saved(used.begin(), used.end());
  return record(
      "checkpoint", y, inputs,
      [f, saved = std::move(saved), random, modes = std::move(modes)](Tensor dy, Gradients& d) {
        check_autograd(!Tape::current(),
                       "checkpoint: its gradients cannot be differentiated again");
        std::vector<int> wanted;
        std::vector<Tensor> with_respect_to;
        for (int k = 0; k < std::ssize(saved); ++k) {
          const Tensor& input = saved[static_cast<std::size_t>(k)];
          if (!d.wants(k)) continue;
          wanted.push_back(k);
          with_respect_to.push_back(input);
        }
        Generator generator;
        generator.set_state(random);
        const DefaultGenerator same_numbers(generator);
        const Recomputing again;
        Tape tape;
        Tensor again_y = [&] {
          const TrainingModes same_modes(modes);
          return result_of(f, saved[0]);
        }();
        if (!again_y.requires_grad()) return;  // a constant
        std::vector<Tensor> gradients = tape.gradient(
            std::move(again_y), with_respect_to, {.gradient = std::move(dy), .allow_unused = true});
        for (std::size_t i = 0; i < wanted.size(); ++i) {
          d[wanted[i]] = std::move(gradients[i]);
        }
      });
}

}  // namespace engram::nn
