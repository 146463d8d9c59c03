#pragma once

#include <engram/autograd/error.h>
#include <engram/autograd/memory.h>
#include <engram/autograd/tensor.h>

#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

// How gradients pass through a recorded operation, and where they arrive.
namespace engram {

/// What an operation's backward fills in: for each input somebody wants it for, the gradient of the
/// loss with respect to that input, in the input's shape.
class Gradients {
 public:
  bool wants(int input) const { return slot(input).wanted; }
  /// AutogradError when there is no such input.
  Tensor& operator[](int input) { return slot(input).gradient; }

  /// The sum that the gradient of this input, a parameter, would be added to, if there is one
  /// already: an operation that can add in place, as a product can, does so and leaves the slot
  /// empty. Null otherwise.
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

/// A closure `void(const Tensor& dy, Gradients& d)` in recycled memory: from the gradient of an
/// operation's output to those of its inputs. One that takes `Tensor dy` owns it, and may hand it
/// on to have its memory used again. Moved, never copied.
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

/// Where a backward pass delivers. `Tape::backward` has one that adds into `.grad()`,
/// `Tape::gradient` one that makes a list; another one may send a gradient on as soon as it is
/// there.
class GradientSink {
 public:
  virtual ~GradientSink() = default;

  /// Whether the gradient of this leaf is wanted. The pass computes no gradient in vain.
  virtual bool wants(const Tensor& leaf) const = 0;
  /// One term of the gradient of a wanted leaf, for each recorded operation that used it. Undefined
  /// when the term is 0, or when it was added to `sum` already.
  virtual void add(const Tensor& leaf, Tensor term) = 0;
  /// What the gradient of this leaf has added up to, where an operation may add to it in place;
  /// null otherwise.
  virtual Tensor* sum(const Tensor& /*leaf*/) { return nullptr; }

  /// The places of recorded tensors whose gradients are wanted too, and the whole gradient of one
  /// of them, as soon as it is known.
  virtual std::span<const Place> recorded() const { return {}; }
  virtual void arrived(std::size_t /*number*/, const Tensor& /*gradient*/) {}

  /// Whether every leaf is wanted that requires a gradient, which spares the search for them.
  virtual bool wants_every_leaf() const { return false; }
};

/// Adds up each leaf's gradient in its `.grad()`.
class LeafGradients final : public GradientSink {
 public:
  bool wants(const Tensor& leaf) const override { return leaf.is_leaf() && leaf.requires_grad(); }
  void add(const Tensor& leaf, Tensor term) override;
  Tensor* sum(const Tensor& leaf) override;
  bool wants_every_leaf() const override { return true; }
};

/// Lists the gradients of some tensors, leaves or recorded, and leaves `.grad()` alone.
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

/// sum + term, where there is a sum already. In place when nobody else can see the sum; recorded,
/// as any other operation, when the gradients themselves are to be differentiated.
Tensor accumulated(Tensor sum, Tensor term);

}  // namespace engram
