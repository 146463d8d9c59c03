#include <engram/autograd/create.h>
#include <engram/autograd/saved.h>
#include <engram/autograd/tape.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace engram {

constinit thread_local Tape::Scope* Tape::innermost_ = nullptr;

namespace {

std::atomic<std::uint64_t> last_id{0};

// Trivially destructible, so that it can be read after spare_ is destroyed: by a tape in the
// destructor of an older object.
thread_local bool spare_alive = true;

}  // namespace

// The emptied vectors of a thread's last tape: the next tape reuses their capacity.
struct Tape::Spare {
  std::vector<Node> nodes;
  std::vector<Input> inputs;
  std::vector<Gradients::Slot> slots;

  ~Spare() { spare_alive = false; }
};
thread_local Tape::Spare Tape::spare_;

/// The tapes of a pass: the one asked, and the outer ones that do not run a pass of their own.
class Tape::Running {
 public:
  Running(Tape& asked, const Pass& pass) : pass_(&pass) {
    asked.running_ = pass_;
    if (!asked.reads_outer_) return;
    for (Scope* scope = asked.scope_->outer; scope; scope = scope->outer) {
      if (scope->paused < lost && !scope->tape->running_) scope->tape->running_ = pass_;
    }
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    for_each([&](Tape& tape) {
      tape.running_ = nullptr;
      if (ended_) return;
      for (Node& node : tape.nodes_) node.gradient = Tensor();  // left by an exception
    });
  }

  void end() { ended_ = true; }

  /// Innermost first.
  template <class F>
  void for_each(F f) const {
    for (Scope* scope = innermost_; scope; scope = scope->outer) {
      if (scope->paused < lost && scope->tape->running_ == pass_) f(*scope->tape);
    }
  }

 private:
  const Pass* pass_;
  bool ended_ = false;
};

Tape::Tape()
    : id_(++last_id),
      scope_(new (memory::allocate(sizeof(Scope))) Scope{this, innermost_, id_, &innermost_}) {
  innermost_ = scope_;
  exchange_lists();
}

Tape::~Tape() {
  nodes_.clear();
  inputs_.clear();
  slots_.clear();
  exchange_lists();
  if (scope_->list == &innermost_)
    unlink(scope_);
  else
    scope_->paused += lost;
}

void Tape::exchange_lists() noexcept {
  if (!spare_alive) return;
  nodes_.swap(spare_.nodes);
  inputs_.swap(spare_.inputs);
  slots_.swap(spare_.slots);
}

/// Not always the first of the list: a tape on the heap may die before one that it encloses.
void Tape::unlink(Scope* scope) {
  for (Scope** at = &innermost_; *at; at = &(*at)->outer) {
    if (*at != scope) continue;
    *at = scope->outer;
    break;
  }
  scope->~Scope();
  memory::deallocate(scope, sizeof(Scope));
}

void Tape::fail_lost() {
  unlink(innermost_);
  fail<AutogradError>(
      "a tape of this thread was destroyed by another thread: a tape must die on the "
      "thread that made it");
}

Tape::Scope* Tape::find(std::uint64_t id) {
  Scope* scope = innermost_;
  while (scope && (scope->id != id || scope->paused >= lost)) scope = scope->outer;
  return scope;
}

NoGrad::NoGrad() {
  if (!Tape::innermost_) return;
  paused_ = Tape::innermost_->id;
  ++Tape::innermost_->paused;
}

NoGrad::~NoGrad() {
  if (Tape::Scope* scope = paused_ ? Tape::find(paused_) : nullptr) --scope->paused;
}

bool Tape::watches(const char* op, const Tensor& input) const {
  if (!input.defined()) return false;
  const Tensor::Impl& impl = *input.impl_;
  if (impl.tape == id_) return true;
  if (impl.tape == 0) return impl.requires_grad;
  check_autograd(find(impl.tape) != nullptr,
                 "{}: an input was recorded on a tape that no longer lives; "
                 "detach() makes a constant of it",
                 op);
  return true;
}

void Tape::push(const char* op, const Tensor& output, std::span<const TensorRef> inputs,
                Backward backward) {
  check_autograd(nodes_.size() < std::numeric_limits<std::int32_t>::max(), "{}: the tape is full",
                 op);
  check_autograd(!output.requires_grad(),
                 "{}: what is recorded must be new, not a parameter or a recorded tensor", op);
  nodes_.push_back({.op = op,
                    .first_input = inputs_.size(),
                    .input_count = inputs.size(),
                    .shape = output.shape(),
                    .dtype = output.dtype(),
                    .backward = std::move(backward)});
  for (const auto& [input] : inputs) {
    if (!input.defined()) {
      inputs_.push_back({});
    } else if (const Tensor::Impl& impl = *input.impl_; impl.tape == id_) {
      inputs_.push_back({impl.node, Tensor()});
    } else {
      reads_outer_ |= impl.tape != 0;
      inputs_.push_back({-1, input.requires_grad() ? input : Tensor()});
    }
  }
  output.impl_->tape = id_;
  output.impl_->node = static_cast<std::int32_t>(nodes_.size() - 1);
}

void Tape::backward(const Tensor& y, const BackwardOptions& options) {
  LeafGradients sink;
  backward(y, sink, options);
}

void Tape::backward(const Tensor& y, GradientSink& sink, const BackwardOptions& options) {
  run("backward", y, options.gradient, {sink, options.retain_graph, false});
}

std::vector<Tensor> Tape::gradient(Tensor y, const std::vector<Tensor>& x,
                                   GradientOptions options) {
  GradientList list(x);
  run("gradient", std::move(y), std::move(options.gradient),
      {list, options.retain_graph || options.create_graph, options.create_graph});
  for (std::size_t k = 0; k < x.size() && !options.allow_unused; ++k) {
    check_autograd(list.gradients()[k].defined(), "gradient: y does not depend on x[{}]", k);
  }
  return std::move(list.gradients());
}

Tape::Node& Tape::node_of(const char* caller, const Tensor& y) {
  const Tensor::Impl& impl = y.impl();
  if (impl.tape == id_) return nodes_[static_cast<std::size_t>(impl.node)];
  if (impl.tape != 0) {
    fail<AutogradError>("{}: y was recorded on {}", caller,
                        find(impl.tape) ? "another tape" : "a tape that no longer lives");
  }
  fail<AutogradError>(
      "{}: y was not recorded on this tape: it was computed outside its scope, or depends on "
      "nothing that requires a gradient",
      caller);
}

void Tape::run(const char* caller, Tensor y, Tensor gradient, Pass pass) {
  check_autograd(scope_->list == &innermost_, "{}: a tape runs backward on the thread that made it",
                 caller);
  const bool is_leaf = y.is_leaf() && y.requires_grad();
  if (!is_leaf) node_of(caller, y);
  if (gradient.defined()) {
    check_shape(gradient.shape() == y.shape(), "{}: the gradient is {}, y is {}", caller,
                gradient.shape(), y.shape());
    check_dtype(gradient.dtype() == y.dtype(), "{}: the gradient is {}, y is {}", caller,
                gradient.dtype(), y.dtype());
  } else {
    check_autograd(y.numel() == 1,
                   "{}: y has shape {}; a gradient must be given unless it has one element", caller,
                   y.shape());
  }
  if (!gradient.defined()) gradient = ones_like(y);
  if (is_leaf) {
    const NoGrad no_grad;  // the accumulated gradient is a constant
    if (pass.sink.wants(y)) pass.sink.add(y, gradient);
    return;
  }
  check_autograd(
      !running_,
      "{}: this tape is at work on a backward pass; a closure that differentiates makes a "
      "tape of its own",
      caller);
  Running running(*this, pass);
  const std::int32_t node = std::exchange(y, Tensor()).impl_->node;
  mark_wanted(node, pass);
  // The closures call operations, which are recorded only for {.create_graph = true}.
  std::optional<NoGrad> no_grad;
  if (!pass.record) no_grad.emplace();
  nodes_[static_cast<std::size_t>(node)].gradient = std::move(gradient);
  run_nodes(caller, node, pass);
  pass.retain = true;  // outer tapes keep their recordings
  running.for_each([&](Tape& tape) {
    if (&tape != this) tape.run_nodes(caller, static_cast<std::int32_t>(tape.size()) - 1, pass);
  });
  running.end();
}

void Tape::run_nodes(const char* caller, std::int32_t last, Pass& pass) {
  for (std::int32_t index = last; index >= 0; --index) {
    if (nodes_[static_cast<std::size_t>(index)].gradient.defined()) {
      run_node(caller, index, pass);
    }
  }
}

/// The outer tape of the pass that recorded this input, or null.
Tape* Tape::recorder_of(const Tensor& leaf, const Pass& pass) const {
  if (!reads_outer_ || !leaf.defined() || leaf.impl_->tape == 0) return nullptr;
  const Scope* scope = find(leaf.impl_->tape);
  return scope && scope->tape->running_ == &pass ? scope->tape : nullptr;
}

/// Whether the gradient of this input is wanted, by the sink or by the node that made it.
bool Tape::wants(const Input& input, const Pass& pass) const {
  if (input.node >= 0) return nodes_[static_cast<std::size_t>(input.node)].wanted;
  if (input.leaf.defined() && pass.sink.wants(input.leaf)) return true;
  const Tape* recorder = recorder_of(input.leaf, pass);
  return recorder && recorder->nodes_[static_cast<std::size_t>(input.leaf.impl_->node)].wanted;
}

/// Marks the nodes on the paths from y to the tensors that the sink wants; others are skipped.
void Tape::mark_wanted(std::int32_t last, const Pass& pass) {
  for (Scope* scope = scope_->outer; scope; scope = scope->outer) {
    if (scope->paused >= lost || scope->tape->running_ != &pass) continue;
    scope->tape->mark_wanted(static_cast<std::int32_t>(scope->tape->size()) - 1, pass);
    break;  // the recursion has marked the tapes further out
  }
  const bool every_leaf = pass.sink.wants_every_leaf();
  const auto nodes = std::span(nodes_).first(static_cast<std::size_t>(last + 1));
  for (Node& node : nodes) node.wanted = every_leaf;
  for (const auto& [tape, node] : pass.sink.recorded()) {
    if (tape == id_) nodes_.at(static_cast<std::size_t>(node)).wanted = true;
  }
  for (std::int32_t index = 0; index <= last && !every_leaf; ++index) {
    Node& node = nodes[static_cast<std::size_t>(index)];
    node.wanted |= std::ranges::any_of(inputs(static_cast<std::size_t>(index)),
                                       [&](const Input& input) { return wants(input, pass); });
  }
}

void Tape::run_node(const char* caller, std::int32_t index, Pass& pass) {
  // No reference to a node is held: recording gradients appends to nodes_ while the closure runs.
  const auto at = static_cast<std::size_t>(index);
  Tensor dy = std::exchange(nodes_[at].gradient, Tensor());

  const std::span<const Place> places = pass.sink.recorded();
  for (std::size_t k = 0; k < places.size(); ++k) {
    if (places[k] == Place{id_, index}) pass.sink.arrived(k, dy);
  }
  if (!fill_slots(at, pass)) return;
  check_autograd(static_cast<bool>(nodes_[at].backward),
                 "{}: the recording of {} was released by an earlier backward; "
                 "{{.retain_graph = true}} keeps it",
                 caller, nodes_[at].op);
  Gradients gradients(slots_);
  try {
    if (Listener::any()) [[unlikely]] {
      run_told(at, std::move(dy), gradients);
    } else {
      nodes_[at].backward(std::move(dy), gradients);
    }
  } catch (const Saved::Changed& changed) {
    fail_changed(at, changed.value);
  }
  // Released first, so that gradients that share memory with the closure's tensors are unshared.
  if (!pass.retain) nodes_[at].backward = Backward();
  dy = Tensor();
  hand_on(at, pass);
}

void Tape::run_told(std::size_t at, Tensor dy, Gradients& gradients) {
  const char* name = nodes_[at].op;
  std::vector<Tensor> told;
  Listener::tell_backward_begins(name);
  try {
    nodes_[at].backward(std::move(dy), gradients);
  } catch (...) {
    Listener::tell_backward_ends(name, told);
    throw;
  }
  for (const Gradients::Slot& slot : slots_) told.push_back(slot.gradient);
  Listener::tell_backward_ends(name, told);
}

/// Marks in slots_ the inputs of the node whose gradients are wanted; false when there are none.
bool Tape::fill_slots(std::size_t at, const Pass& pass) {
  slots_.assign(nodes_[at].input_count, {});
  bool any = false;
  for (std::size_t k = 0; k < slots_.size(); ++k) {
    const Input& input = inputs_[nodes_[at].first_input + k];
    if (!wants(input, pass)) continue;
    any = slots_[k].wanted = true;
    if (input.node >= 0 || recorder_of(input.leaf, pass)) continue;
    slots_[k].sum = pass.sink.sum(input.leaf);
  }
  return any;
}

/// Adds the gradients in slots_ to those of the node's inputs.
void Tape::hand_on(std::size_t at, Pass& pass) {
  for (std::size_t k = 0; k < slots_.size(); ++k) {
    if (!slots_[k].wanted) continue;
    // A copy: a recorded sum appends to inputs_.
    const Input input = inputs_[nodes_[at].first_input + k];
    Tensor gradient = std::move(slots_[k].gradient);
    Tape* recorder = input.node >= 0 ? this : recorder_of(input.leaf, pass);
    if (!recorder) {
      check_fits(at, k, gradient, input.leaf.shape(), input.leaf.dtype());
      pass.sink.add(input.leaf, std::move(gradient));
    } else if (gradient.defined()) {
      const auto node =
          static_cast<std::size_t>(recorder == this ? input.node : input.leaf.impl_->node);
      std::vector<Node>& nodes = recorder->nodes_;
      check_fits(at, k, gradient, nodes[node].shape, nodes[node].dtype);
      nodes[node].gradient = accumulated(std::move(nodes[node].gradient), std::move(gradient));
    }
  }
}

void Tape::fail_changed(std::size_t at, const Tensor& value) const {
  const auto given = inputs(at);
  const auto input = std::ranges::find_if(given, [&](const Input& each) {
    return each.leaf.is(value) ||
           (each.node >= 0 && value.impl_->tape == id_ && value.impl_->node == each.node);
  });
  const std::string name = input == given.end()
                               ? "a value that it kept"
                               : fmt::format("its input {}", input - given.begin());
  fail<AutogradError>(
      "{}: {}, {} {}, was overwritten after the operation was recorded, and the gradient needs the "
      "elements as they were; run backward first, or give the operation a clone()",
      nodes_[at].op, name, value.dtype(), value.shape());
}

void Tape::check_fits(std::size_t at, std::size_t k, const Tensor& gradient, const Shape& shape,
                      DType dtype) const {
  if (!gradient.defined()) return;
  check_autograd(gradient.shape() == shape && gradient.dtype() == dtype,
                 "{}: the gradient of input {} is {} {}, the input {} {}", nodes_[at].op, k,
                 gradient.dtype(), gradient.shape(), dtype, shape);
}

}  // namespace engram
