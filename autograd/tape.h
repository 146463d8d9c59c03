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
/// A tape is a scope: operations outside of it are not recorded, those inside by the innermost tape
/// of the thread. The order of execution is a topological order of the nodes, so backward is one
/// loop from the end. Tensors do not point at their parents; the tape alone owns the saved tensors,
/// and releases each node after its backward.
///
/// A tensor recorded on a tape that has died must not enter a recorded operation (AutogradError);
/// `detach` makes a constant of it. Tapes nest: the gradients of an inner tape flow on through the
/// recordings of the living outer ones, and these recordings are kept. Only while an outer tape
/// itself runs backward are its tensors leaves to an inner one: a closure may use a tape of its
/// own, and must, as a tape runs one pass at a time (AutogradError). A tape runs backward, and must
/// die, on the thread that made it (AutogradError); where another thread destroys it, the next
/// operation on the first one throws an AutogradError.
class Tape {
 public:
  Tape();
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// Adds the gradient of `y` to `.grad()` of every leaf with `requires_grad` that y depends on.
  /// AutogradError when y was not recorded here, has more than one element and no gradient is
  /// given, or when a node was released by an earlier backward.
  void backward(const Tensor& y, const BackwardOptions& options = {});
  /// The same, delivered to `sink`.
  void backward(const Tensor& y, GradientSink& sink, const BackwardOptions& options = {});

  /// Returns the gradients of `y` with respect to each x, leaves or recorded tensors, and leaves
  /// `.grad()` alone. They may share elements, with one another too: `clone` before writing.
  /// AutogradError as above, and when y does not depend on an x. A moved y is released at once.
  std::vector<Tensor> gradient(Tensor y, const std::vector<Tensor>& x,
                               GradientOptions options = {});

  /// An input of a recorded operation.
  struct Input {
    std::int32_t node = -1;  ///< of this tape; -1 for a tensor from elsewhere:
    Tensor leaf;             ///< a leaf or an outer tape's tensor; undefined for a constant
  };

  /// The recorded operations in order: their number, names, inputs, output shapes and dtypes.
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

  /// Whether an operation on this input must be recorded. AutogradError if its tape is dead.
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
    Tensor gradient{};    // of the output, accumulated so far in the running pass
    bool wanted = false;  // the running pass needs the gradient of the output
  };
  /// One backward pass.
  struct Pass {
    GradientSink& sink;
    bool retain;  // the recording
    bool record;  // the gradients too
  };
  class Running;
  struct Spare;

  /// An entry of the thread's list of tapes, innermost first. The thread owns it, so that the list
  /// stays valid when another thread destroys a tape.
  struct Scope {
    Tape* tape;
    Scope* outer;
    std::uint64_t id;            // of the tape
    Scope* const* list;          // &innermost_ of its thread
    std::atomic<int> paused{0};  // number of NoGrad alive; plus `lost` once the tape is destroyed
  };
  static constexpr int lost = 1 << 30;
  [[noreturn]] static void fail_lost();
  static void unlink(Scope* scope);

  /// The living tape of this thread with this id, or null.
  static Scope* find(std::uint64_t id);
  Node& node_of(const char* caller, const Tensor& y);
  void exchange_lists() noexcept;
  Tape* recorder_of(const Tensor& leaf, const Pass& pass) const;
  bool wants(const Input& input, const Pass& pass) const;
  void run(const char* caller, Tensor y, Tensor gradient, Pass pass);
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
  const Pass* running_ = nullptr;  // the pass that this tape takes part in
  std::vector<Node> nodes_;
  std::vector<Input> inputs_;           // of all nodes, concatenated
  std::vector<Gradients::Slot> slots_;  // of the node that is running

  static constinit thread_local Scope* innermost_;
  static thread_local Spare spare_;
};

/// Pauses the innermost tape of this thread, if there is one, while alive: for evaluation inside a
/// tape's scope. A tape made meanwhile records.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  std::uint64_t paused_ = 0;  // the tape's id: the tape may die first
};

}  // namespace engram
