#include <engram/autograd/error.h>
#include <engram/autograd/trace.h>

namespace engram {

constinit thread_local Listener* Listener::innermost_ = nullptr;

/// Not always the first of the list: a listener on the heap may die before one that it encloses.
Listener::~Listener() {
  for (Listener** at = &innermost_; *at; at = &(*at)->outer_) {
    if (*at != this) continue;
    *at = outer_;
    break;
  }
}

template <class F>
void Listener::tell_all(F tell) {
  struct Silence {
    Listener* listeners = std::exchange(innermost_, nullptr);
    ~Silence() { innermost_ = listeners; }
  } silence;
  for (Listener* each = silence.listeners; each; each = each->outer_) tell(*each);
}

void Listener::tell(const char* name, Attributes attributes, std::span<const TensorRef> inputs,
                    const Tensor& output) {
  Operation operation{name, std::move(attributes), {}, output};
  for (const TensorRef& input : inputs) operation.inputs.push_back(input.tensor);
  tell_all([&](Listener& each) { each.computed(operation); });
}

void Listener::tell_backward_begins(const char* name) {
  tell_all([&](Listener& each) { each.backward_begins(name); });
}

void Listener::tell_backward_ends(const char* name, std::span<const Tensor> gradients) {
  tell_all([&](Listener& each) { each.backward_ends(name, gradients); });
}

void fail_attribute(const Operation& operation, const char* name) {
  fail("{}: it has no attribute {} of the type that is asked for", operation.name, name);
}

}  // namespace engram
