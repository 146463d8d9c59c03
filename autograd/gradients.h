#pragma once

#include <engram/autograd/error.h>
#include <engram/autograd/memory.h>
#include <engram/autograd/tensor.h>

#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

// The gradients of one recorded operation, and the sink of a backward pass.
namespace engram {

/// The output of an operation's backward: for each input whose gradient is wanted, the gradient of
/// the loss with respect to that input, in the input's shape.
class Gradients {
 public:
  bool wants(int input) const { return slot(input).wanted; }
  /// AutogradError when there is no such input.
  Tensor& operator[](int input) { return slot(input).gradient; }

  /// The accumulated gradient of this input, a leaf; null when there is none to be added to in
  /// place. An operation that can accumulate in place, such as a matrix product, does so and
  /// leaves the slot empty.
  Tensor* sum(int input) { return slot(input).sum; }

 private:
  friend class Tape;
  struct Slot {
    Tensor gradient;
    bool wanted = false;
    Tensor* sum = nullptr;
  };
  explicit Gradients(std::span<Slot> slots) : slots_(slots) {}

  Slot& slot(int input) const {
    const auto k = static_cast<std::size_t>(input);
    check_autograd(k < slots_.size(), "Gradients: there is no input {}, only {}", input,
                   slots_.size());
    return slots_[k];
  }

  std::span<Slot> slots_;
};

/// A closure `void(const Tensor& dy, Gradients& d)`, stored in the memory pool: computes the
/// gradients of an operation's inputs from dy, that of its output. One that takes `Tensor dy` by
/// value owns it, and may reuse its memory. Move-only.
class Backward {
 public:
  Backward() = default;
  template <class F>
  requires std::is_invocable_v<const F&, Tensor, Gradients&>
  explicit Backward(F closure)
      : closure_(new (memory::allocate(sizeof(F))) F(std::move(closure))),
        call_([](void* f, Tensor&& dy, Gradients& d) {
          (*static_cast<const F*>(f))(std::move(dy), d);
        }),
        destroy_([](void* f) noexcept {
          static_cast<F*>(f)->~F();
          memory::deallocate(f, sizeof(F));
        }) {}
  Backward(Backward&& other) noexcept
      : closure_(std::exchange(other.closure_, nullptr)),
        call_(other.call_),
        destroy_(other.destroy_) {}
  Backward& operator=(Backward&& other) noexcept {
    std::swap(closure_, other.closure_);
    std::swap(call_, other.call_);
    std::swap(destroy_, other.destroy_);
    return *this;
  }
  ~Backward() {
    if (closure_) destroy_(closure_);
  }

  explicit operator bool() const { return closure_ != nullptr; }
  void operator()(Tensor&& dy, Gradients& d) const { call_(closure_, std::move(dy), d); }

 private:
  void* closure_ = nullptr;
  void (*call_)(void*, Tensor&&, Gradients&) = nullptr;
  void (*destroy_)(void*) noexcept = nullptr;
};

/// The receiver of a backward pass's gradients. `Tape::backward` has one that accumulates into
/// `.grad()`, `Tape::gradient` one that makes a list; another one may use each gradient as soon as
/// it is known.
class GradientSink {
 public:
  virtual ~GradientSink() = default;

  /// Whether the gradient of this leaf is wanted. No other gradients are computed.
  virtual bool wants(const Tensor& leaf) const = 0;
  /// One term of the gradient of a wanted leaf, for each recorded operation that used it. Undefined
  /// when the term is 0, or when it was added to `sum` already.
  virtual void add(const Tensor& leaf, Tensor term) = 0;
  /// The accumulated gradient of this leaf, if an operation may add to it in place; otherwise null.
  virtual Tensor* sum(const Tensor& /*leaf*/) { return nullptr; }

  /// The places of recorded tensors whose gradients are wanted too; `arrived` is called with the
  /// complete gradient of each, `number` being the index of its place.
  virtual std::span<const Place> recorded() const { return {}; }
  virtual void arrived(std::size_t /*number*/, const Tensor& /*gradient*/) {}

  /// Whether every leaf that requires a gradient is wanted; true spares a search of the tape.
  virtual bool wants_every_leaf() const { return false; }
};

/// Accumulates each leaf's gradient in its `.grad()`.
class LeafGradients final : public GradientSink {
 public:
  bool wants(const Tensor& leaf) const override { return leaf.is_leaf() && leaf.requires_grad(); }
  void add(const Tensor& leaf, Tensor term) override;
  Tensor* sum(const Tensor& leaf) override;
  bool wants_every_leaf() const override { return true; }
};

/// Collects the gradients of given tensors, leaves or recorded, and leaves `.grad()` alone.
class GradientList final : public GradientSink {
 public:
  /// `x` must outlive it.
  explicit GradientList(std::span<const Tensor> x);

  bool wants(const Tensor& leaf) const override;
  void add(const Tensor& leaf, Tensor term) override;
  std::span<const Place> recorded() const override { return places_; }
  void arrived(std::size_t number, const Tensor& gradient) override;

  /// One for each x; undefined where none arrived.
  std::vector<Tensor>& gradients() { return gradients_; }

 private:
  std::span<const Tensor> x_;
  std::vector<Place> places_;
  std::vector<Tensor> gradients_;
};

/// sum + term, or term when the sum is undefined. In place when the sum is unshared and no tape
/// records; otherwise recorded, so that gradients can be differentiated.
Tensor accumulated(Tensor sum, Tensor term);

}  // namespace engram
