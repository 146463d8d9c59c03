#pragma once

#include <engram/autograd/size2d.h>
#include <engram/autograd/tensor.h>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

// Observation of operations: every call is reported to the listeners of its thread, whether a tape
// records it or not.
namespace engram {

/// A setting of an operation, such as the stride of a convolution.
using Attribute = std::variant<bool, std::int64_t, double, Shape, Size2d, std::string>;
using Attributes = std::vector<std::pair<std::string, Attribute>>;

/// An input of an operation: a list `{a, b}` of these touches no reference counts.
struct TensorRef {
  TensorRef(const Tensor& input) : tensor(input) {}
  const Tensor& tensor;
};

/// One call of an operation.
struct Operation {
  const char* name;
  Attributes attributes;       ///< in the order of the declaration
  std::vector<Tensor> inputs;  ///< in the order of the declaration; undefined where left out
  Tensor output;

  /// The attribute of this name. Error when there is none, or it has another type.
  template <class T>
  const T& attribute(const char* of_name) const;
};

/// Receives every operation of its thread while it lives, and must die on that thread. All living
/// listeners are called, the innermost first. Not reported are the inner operations of a composite
/// one, and operations that a listener calls.
///
/// Listening alone does not keep a temporary from being overwritten, by relu for example; a handle
/// kept by the listener does.
class Listener {
 public:
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Called after an operation was computed, and recorded if a tape is alive. Operations within a
  /// backward pass are reported too.
  virtual void computed(const Operation&) {}
  /// Called before and after the backward of a recorded operation; `gradients` are those of its
  /// inputs, undefined where not wanted, and an empty list when it threw.
  virtual void backward_begins(const char* /*name*/) {}
  virtual void backward_ends(const char* /*name*/, std::span<const Tensor> /*gradients*/) {}

  /// Whether there is a listener on this thread.
  static bool any() { return innermost_ != nullptr; }
  static void tell(const char* name, Attributes attributes, std::span<const TensorRef> inputs,
                   const Tensor& output);
  static void tell_backward_begins(const char* name);
  static void tell_backward_ends(const char* name, std::span<const Tensor> gradients);

 protected:
  Listener() : outer_(std::exchange(innermost_, this)) {}
  virtual ~Listener();

 private:
  friend class InnerOperations;
  template <class F>
  static void tell_all(F tell);

  Listener* outer_;
  static constinit thread_local Listener* innermost_;
};

/// Lists the operations of this thread while it lives, recorded by a tape or not.
///
///     Trace trace;
///     net(x);
///     for (const Operation& operation : trace.operations()) …
class Trace : public Listener {
 public:
  std::span<const Operation> operations() const { return operations_; }

 private:
  void computed(const Operation& operation) override { operations_.push_back(operation); }

  std::vector<Operation> operations_;
};

inline Attributes no_attributes() { return {}; }

/// The last call of every operation without a gradient: reports it to the listeners, and returns
/// `out`. `attributes` makes the Attributes; it is called only if there is a listener.
template <class A>
Tensor traced(const char* name, Tensor out, std::span<const TensorRef> inputs, A&& attributes) {
  if (Listener::any()) [[unlikely]]
    Listener::tell(name, attributes(), inputs, out);
  return out;
}

template <class A = Attributes()>
Tensor traced(const char* name, Tensor out, std::initializer_list<TensorRef> inputs,
              A&& attributes = no_attributes) {
  return traced(name, std::move(out), std::span<const TensorRef>(inputs), attributes);
}

[[noreturn]] void fail_attribute(const Operation& operation, const char* name);

template <class T>
const T& Operation::attribute(const char* of_name) const {
  for (const auto& [each, value] : attributes) {
    if (each != of_name) continue;
    if (const T* found = std::get_if<T>(&value)) return *found;
  }
  fail_attribute(*this, of_name);
}

}  // namespace engram
