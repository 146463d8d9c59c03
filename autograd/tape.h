#pragma once

#include <engram/autograd/gradients.h>
#include <engram/autograd/tensor.h>
#include <engram/autograd/trace.h>

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

namespace engram {

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
  /// The same, delivered to `sink`.
  void backward(const Tensor& y, GradientSink& sink, const BackwardOptions& options = {});

  /// Returns the gradients of `y` with respect to each x, leaves or recorded tensors, and leaves
  /// `.grad()` alone. They may share elements, with one another too: `clone` what is written to.
  /// AutogradError as above, and when y does not depend on an x.
  std::vector<Tensor> gradient(const Tensor& y, const std::vector<Tensor>& x,
                               const GradientOptions& options = {});

  /// What flows into a recorded operation.
  struct Input {
    std::int32_t node = -1;  ///< that made it, or
    Tensor leaf;             ///< a leaf that a gradient flows into, or undefined for a constant
  };

  /// How many operations have been recorded, and of each in order its name, its inputs, and the
  /// shape and dtype of its output.
  std::size_t size() const { return nodes_.size(); }
  const char* op(std::size_t node) const { return nodes_[node].op; }
  std::span<const Input> inputs(std::size_t node) const {
    return std::span(inputs_).subspan(nodes_[node].first_input, nodes_[node].input_count);
  }
  const Shape& shape(std::size_t node) const { return nodes_[node].shape; }
  DType dtype(std::size_t node) const { return nodes_[node].dtype; }

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
  /// A run of the recording backward.
  struct Pass {
    GradientSink& sink;
    bool retain;  // the recording
    bool record;  // the gradients too
  };
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
  Tape* recorder_of(const Tensor& leaf, const Pass& pass) const;
  bool wants(const Input& input, const Pass& pass) const;
  void run(const char* caller, const Tensor& y, const Tensor& gradient, Pass pass);
  void run_nodes(const char* caller, std::int32_t last, Pass& pass);
  void mark_wanted(std::int32_t last, const Pass& pass);
  void run_node(const char* caller, std::int32_t index, Pass& pass);
  void run_told(std::size_t at, Tensor dy, Gradients& gradients);
  bool fill_slots(std::size_t at, const Pass& pass);
  void hand_on(std::size_t at, Pass& pass);
  [[noreturn]] void fail_changed(std::size_t at, const Tensor& value) const;
  void check_fits(std::size_t at, std::size_t k, const Tensor& gradient, const Shape& shape,
                  DType dtype) const;

  std::uint64_t id_;
  Scope* scope_;
  bool reads_outer_ = false;       // some input was recorded on an outer tape
  const Pass* running_ = nullptr;  // the pass that goes through this tape
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

}  // namespace engram
