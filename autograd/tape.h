#pragma once

#include <engram/autograd/error.h>
#include <engram/autograd/memory.h>
#include <engram/autograd/saved.h>
#include <engram/autograd/tensor.h>

#include <atomic>
#include <initializer_list>
#include <new>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace engram {

/// A layer y = x·Wᵀ + b, and the two factors of its weight's gradient: gradientᵀ·input, which is
/// the sum over rows of the outer products of what the layer saw and what is asked of its output.
struct LayerFactors {
  Tensor weight;    ///< (out, in), or of a convolution (out, channels, kh, kw), whose rows are
                    ///< in = channels·kh·kw long
  Tensor bias;      ///< (out,), or undefined where there is none
  Tensor input;     ///< (rows, in): the samples, or every patch of every image
  Tensor gradient;  ///< (rows, out): of the output
};

/// What an operation's backward fills in: for each input somebody wants it for, the gradient of the
/// loss with respect to that input, in the input's shape.
class Gradients {
 public:
  bool wants(int input) const { return slot(input).wants == Wants::sum; }
  /// AutogradError when there is no such input.
  Tensor& operator[](int input) { return slot(input).gradient; }

  /// The sum that the gradient of this input, a parameter, would be added to, if there is one
  /// already: an operation that can add in place, as a product can, does so and leaves the slot
  /// empty. Null otherwise.
  Tensor* sum(int input) { return slot(input).sum; }

  /// Whether `Tape::per_sample_squares` asks: then what goes into `[input]` is the sum over the
  /// samples of the square of each sample's own gradient. `rows` is the size of the axis that the
  /// operation takes for the samples; it must be theirs. An operation that has no formula leaves
  /// the slot empty.
  bool wants_squares(int input, std::int64_t rows) {
    Slot& asked = slot(input);
    if (asked.wants != Wants::squares || rows != squares_.samples) return false;
    return asked.has_formula = true;
  }

  /// For an operation whose sums of squares are linear in dy∘dy: adds that up over the cotangents,
  /// and returns the sum with the last of them, so that the operation works once for all. Undefined
  /// until then; the operation leaves the slots empty.
  Tensor sum_of_squares(const Tensor& dy);

  /// Where `Tape::layer_factors` wants `input` and `gradient` of a layer with these inputs as its
  /// weight and bias; null where it does not. The operation leaves the slots empty.
  LayerFactors* layer(int weight, int bias) {
    if (slot(weight).wants != Wants::layer) return nullptr;
    layer_weight_ = weight;
    layer_bias_ = bias;
    slot(weight).has_formula = slot(bias).has_formula = true;
    return &layer_;
  }

 private:
  friend class Tape;
  enum class Wants : std::uint8_t { nothing, sum, squares, layer };
  struct Slot {
    Tensor gradient;
    Wants wants = Wants::nothing;
    Tensor* sum = nullptr;
    bool has_formula = false;  // for squares or a layer, and does not merely fill the slot
  };
  struct Squares {  // of the node that is running
    std::int64_t samples = 0;
    Tensor* sum = nullptr;  // of dy² over the cotangents so far
    bool last_cotangent = true;
  };
  Gradients(std::span<Slot> slots, const Squares& squares) : slots_(slots), squares_(squares) {}

  Slot& slot(int input) const {
    const auto k = static_cast<std::size_t>(input);
    check_autograd(k < slots_.size(), "Gradients: there is no input {}, only {}", input,
                   slots_.size());
    return slots_[k];
  }

  std::span<Slot> slots_;
  Squares squares_;
  LayerFactors layer_;
  int layer_weight_ = -1;  // none
  int layer_bias_ = -1;
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

/// An input of an operation, as `record` takes it: `{a, b}` without touching reference counts.
struct TensorRef {
  TensorRef(const Tensor& input) : tensor(input) {}
  const Tensor& tensor;
};

struct BackwardOptions {
  Tensor gradient{};          ///< of y, in y's shape; by default 1 for a y of one element
  bool retain_graph = false;  ///< keep the recording, so that it can be run backward again
};

struct GradientOptions {
  Tensor gradient{};          ///< of y, in y's shape; by default 1 for a y of one element
  bool retain_graph = false;  ///< keep the recording, so that it can be run backward again
  bool create_graph = false;  ///< record the gradients too, so as to differentiate them again
  bool allow_unused = false;  ///< an undefined gradient, not an error, where y does not depend on x
};

/// Records operations while it is alive, and runs them backward.
///
/// A tape is a scope: where none is alive nothing is recorded. The innermost tape of the thread
/// records. It is one list in the order in which things happened, which is a topological order, so
/// backward is one loop from the end. Tensors do not point at their parents; the tape alone owns
/// what backward needs, and a node that was run is released at once.
///
/// A tensor that was recorded on a tape which has died must not enter a recorded operation:
/// AutogradError; `detach` makes a constant of it. Tapes nest: a gradient that an inner tape
/// computes flows on through what the living outer ones have recorded, whose recordings it keeps.
/// Only while an outer tape itself runs backward are its tensors leaves to an inner one: a closure
/// may use a tape of its own, and must, as a tape runs one pass at a time (AutogradError). A tape
/// runs backward, and must die, on the thread that made it (AutogradError); where another thread
/// destroys it, the next operation on the first one throws an AutogradError.
class Tape {
 public:
  Tape();
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// Adds the gradient of `y` into `.grad()` of every leaf with `requires_grad` it depends on.
  /// AutogradError when y was not recorded here, has more than one element and no gradient is
  /// given, or when a node was released by an earlier backward.
  void backward(const Tensor& y, const BackwardOptions& options = {});

  /// Returns the gradients of `y` with respect to each x, leaves or recorded tensors, and leaves
  /// `.grad()` alone. They may share elements, with one another too: `clone` what is written to.
  /// AutogradError as above, and when y does not depend on an x.
  std::vector<Tensor> gradient(const Tensor& y, const std::vector<Tensor>& x,
                               const GradientOptions& options = {});

  /// For each x, the sum over the cotangents g and the samples n of (∂(g_n·y_n)/∂x)², element by
  /// element, where g_n and y_n are the rows n of g and `y`, and the recording treats the samples
  /// (the rows of the leading axis) independently. Each cotangent has y's shape. Keeps the
  /// recording. Undefined for an x that y does not depend on. Returns nothing when some x is used
  /// more than once, or by an operation without a formula for it; `linear` and `conv2d` have one.
  std::optional<std::vector<Tensor>> per_sample_squares(const Tensor& y,
                                                        const std::vector<Tensor>& x,
                                                        const std::vector<Tensor>& cotangents);

  /// The layers of `linear`, and of `conv2d` in one group, whose weights are among the parameters,
  /// in the order in which they were recorded, for a cotangent of y's shape. Keeps the recording.
  /// Left out is a layer whose weight or bias is used elsewhere too: its gradient is not the
  /// product of the factors.
  std::vector<LayerFactors> layer_factors(const Tensor& y, const std::vector<Tensor>& parameters,
                                          const Tensor& cotangent);

  /// How many operations have been recorded, and their names in order.
  std::size_t size() const { return nodes_.size(); }
  const char* op(std::size_t node) const { return nodes_[node].op; }

  /// The tape that records on this thread, or null.
  static Tape* current() {
    const Scope* scope = innermost_;
    if (!scope) return nullptr;
    const int paused = scope->paused.load(std::memory_order_relaxed);
    if (paused == 0) return scope->tape;
    if (paused >= lost) [[unlikely]]
      fail_lost();
    return nullptr;
  }

  /// Whether there is a tape on this thread at all, recording or paused.
  static bool any() { return innermost_ != nullptr; }

  /// Whether an operation on this input must be recorded here. AutogradError if it comes from a
  /// dead tape.
  bool watches(const char* op, const Tensor& input) const;

  /// Appends an operation; `record` calls it.
  void push(const char* op, const Tensor& output, std::span<const TensorRef> inputs,
            Backward backward);

 private:
  friend class NoGrad;

  struct Input {
    std::int32_t node = -1;  // that made it, or
    Tensor leaf;             // a leaf that a gradient flows into, or undefined for a constant
  };
  struct Node {
    const char* op;
    std::size_t first_input;
    std::size_t input_count;
    Shape shape;  // of the output, and so of its gradient
    DType dtype;
    Backward backward;    // empty once released
    Tensor gradient{};    // of the output, as far as it has arrived in the running backward
    bool wanted = false;  // a gradient of the running backward passes here
  };
  struct Request;  // what the running backward is for
  class Running;
  struct Spare;

  /// A thread's list of its tapes, innermost first. It is the thread's own, so that it stays whole
  /// where another thread destroys a tape.
  struct Scope {
    Tape* tape;
    Scope* outer;
    std::uint64_t id;            // the tape's
    Scope* const* list;          // of which thread
    std::atomic<int> paused{0};  // by how many NoGrad; `lost` more when the tape is gone
  };
  static constexpr int lost = 1 << 30;
  [[noreturn]] static void fail_lost();
  static void unlink(Scope* scope);

  /// Among those alive on this thread; null when there is none.
  static Scope* find(std::uint64_t id);
  Node& node_of(const char* caller, const Tensor& y);
  void exchange_lists() noexcept;
  Tape* recorder_of(const Tensor& leaf, const Request& request) const;
  bool wants(const Input& input, const Request& request) const;
  void run(const char* caller, const Tensor& y, const Tensor& gradient, Request& request);
  void run_nodes(const char* caller, std::int32_t last, Request& request);
  void mark_wanted(std::int32_t last, const Request& request);
  void run_node(const char* caller, std::int32_t index, Request& request);
  bool fill_slots(std::size_t at, const Request& request);
  void hand_on(std::size_t at, Request& request);
  void add_layer(std::size_t at, const Gradients& gradients, Request& request) const;
  [[noreturn]] void fail_changed(std::size_t at, const Tensor& value) const;
  void check_fits(std::size_t at, std::size_t k, const Tensor& gradient, const Shape& shape,
                  DType dtype) const;

  std::uint64_t id_;
  Scope* scope_;
  bool reads_outer_ = false;          // some input was recorded on an outer tape
  const Request* running_ = nullptr;  // the pass that goes through this tape
  std::vector<Node> nodes_;
  std::vector<Input> inputs_;           // of all nodes, one after the other
  std::vector<Gradients::Slot> slots_;  // of the node that is running

  static constinit thread_local Scope* innermost_;
  static thread_local Spare spare_;
};

/// Pauses the innermost tape of this thread, if there is one, while it is alive: for measuring
/// inside a tape's scope. A tape that is made meanwhile records.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  std::uint64_t paused_ = 0;  // the tape, by its number: it may die first
};

/// Ends every differentiable operation: if a tape is alive and a gradient flows into one of the
/// inputs, records how to get from the gradient of `out` to theirs. Returns `out`.
///
///     Tensor exp(const Tensor& x) {
///       Tensor y = map("exp", x, [](auto v) { return std::exp(v); });
///       return record("exp", y, {x},
///                     [y = Saved(y)](const Tensor& dy, Gradients& d) { d[0] = dy * y; });
///     }
///
/// `out` must be new. An undefined input is one that was left out. The closure keeps what it
/// captures until backward has run, tensors as `Saved`; written with operations, it can itself be
/// differentiated.
template <class F>
Tensor record(const char* op, Tensor out, std::span<const TensorRef> inputs, F&& backward) {
  if (Tape* tape = Tape::current()) {
    bool watched = false;
    for (const TensorRef& input : inputs) watched |= tape->watches(op, input.tensor);
    if (watched) tape->push(op, out, inputs, Backward(std::forward<F>(backward)));
  }
  return out;
}

template <class F>
Tensor record(const char* op, Tensor out, std::initializer_list<TensorRef> inputs, F&& backward) {
  return record(op, std::move(out), std::span<const TensorRef>(inputs), std::forward<F>(backward));
}

}  // namespace engram
