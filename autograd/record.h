#pragma once

#include <engram/autograd/saved.h>
#include <engram/autograd/tape.h>
#include <engram/autograd/trace.h>

#include <initializer_list>
#include <span>
#include <utility>

namespace engram {

/// The last call of every differentiable operation: if a tape is alive and a gradient flows into
/// one of the inputs, records `backward`, the closure from the gradient of `out` to those of the
/// inputs. Reports the operation to the listeners, and returns `out`.
///
///     Tensor leaky_relu(const Tensor& x, double slope) {
///       Tensor y = map("leaky_relu", x, …);
///       return record("leaky_relu", y, {x},
///                     [x = Saved(x), slope](const Tensor& dy, Gradients& d) { d[0] = …; },
///                     [&] { return Attributes{{"negative_slope", slope}}; });
///     }
///
/// `out` must be new. An undefined input is one that was left out. The closure keeps its captures
/// until backward has run, tensors as `Saved`; written with operations, it can itself be
/// differentiated. `attributes` is called only if there is a listener.
template <class F, class A = Attributes()>
Tensor record(const char* op, Tensor out, std::span<const TensorRef> inputs, F&& backward,
              A&& attributes = no_attributes) {
  if (Tape* tape = Tape::current()) {
    bool watched = false;
    for (const TensorRef& input : inputs) watched |= tape->watches(op, input.tensor);
    if (watched) tape->push(op, out, inputs, Backward(std::forward<F>(backward)));
  }
  if (Listener::any()) [[unlikely]]
    Listener::tell(op, attributes(), inputs, out);
  return out;
}

template <class F, class A = Attributes()>
Tensor record(const char* op, Tensor out, std::initializer_list<TensorRef> inputs, F&& backward,
              A&& attributes = no_attributes) {
  return record(op, std::move(out), std::span<const TensorRef>(inputs), std::forward<F>(backward),
                attributes);
}

/// While alive, operations are neither recorded nor reported: for those inside a composite one.
class InnerOperations {
 public:
  InnerOperations() : listeners_(std::exchange(Listener::innermost_, nullptr)) {}
  ~InnerOperations() { Listener::innermost_ = listeners_; }
  InnerOperations(const InnerOperations&) = delete;
  InnerOperations& operator=(const InnerOperations&) = delete;

 private:
  NoGrad no_grad_;
  Listener* listeners_;
};

}  // namespace engram
