#include <engram/autograd/create.h>
#include <engram/autograd/kernels/elementwise.h>
#include <engram/autograd/tape.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <string>

namespace engram {

constinit thread_local Tape::Scope* Tape::innermost_ = nullptr;

namespace {

std::atomic<std::uint64_t> last_id{0};

// A plain flag, because it can still be read after the thread's spare lists are gone: by a tape in
// the destructor of an object that is older than they are.
thread_local bool spare_alive = true;

bool recording() { return Tape::current() != nullptr; }

/// sum + part, where there is a sum already. In place when nobody else can see it; recorded, as any
/// other operation, when the gradients themselves are to be differentiated.
Tensor accumulated(Tensor sum, Tensor part) {
  if (!sum.defined()) return part;
  const bool in_place = !recording() && sum.unshared();
  Tensor out = in_place ? sum : Tensor(sum.shape(), sum.dtype());
  dispatch_floating("backward", sum.dtype(), [&]<class T>() {
    kernels::map(sum.numel(), sum.data<T>().data(), part.data<T>().data(), out.data<T>().data(),
                 [](T a, T b) { return a + b; });
  });
  if (in_place) return out;
  return record("add", out, {sum, part}, [](const Tensor& dy, Gradients& d) { d[0] = d[1] = dy; });
}

/// sum + part², where there is a sum already; in place.
void add_square(Tensor& sum, const Tensor& part) {
  const bool first = !sum.defined();
  if (first) sum = Tensor(part.shape(), part.dtype());
  dispatch_floating("backward", part.dtype(), [&]<class T>() {
    const T* x = part.data<T>().data();
    T* y = sum.data<T>().data();
    if (first) {
      kernels::map(part.numel(), x, y, [](T v) { return v * v; });
    } else {
      kernels::map(part.numel(), y, x, y, [](T before, T v) { return before + v * v; });
    }
  });
}

Tensor copy(const Tensor& x) {
  Tensor y(x.shape(), x.dtype());
  std::ranges::copy(x.bytes(), y.bytes().begin());
  return y;
}

}  // namespace

Tensor Gradients::sum_of_squares(const Tensor& dy) {
  check_autograd(squares_.sum != nullptr, "Gradients: nobody asks for squares");
  add_square(*squares_.sum, dy);
  return squares_.last_cotangent ? std::move(*squares_.sum) : Tensor();
}

// The lists of a thread's last tape, empty but with their memory, for its next one.
struct Tape::Spare {
  std::vector<Node> nodes;
  std::vector<Input> inputs;
  std::vector<Gradients::Slot> slots;

  ~Spare() { spare_alive = false; }
};
thread_local Tape::Spare Tape::spare_;

/// `backward` wants the gradient of every leaf, added into its `.grad()`; `gradient` that of each
/// x; `per_sample_squares` the sums of squares for each x; `layer_factors` the layers of each x.
struct Tape::Request {
  enum class Kind { every_leaf, gradients, squares, layers };

  Kind kind = Kind::every_leaf;
  bool retain = false;  // the recording
  bool record = false;
  std::span<const Tensor> x{};
  std::vector<Tensor> results{};  // one for each x

  std::vector<std::size_t> met{};  // how often each x was, for squares and layers

  // Squares only.
  std::int64_t samples = 0;    // the rows of y
  std::size_t cotangents = 0;  // how many come in all
  std::size_t cotangent = 0;   // the number of the running one, from 1
  std::vector<Tensor> sums{};  // of dy² so far, one for each node
  bool unsupported = false;    // an operation had no formula, or x was met twice

  std::vector<LayerFactors> layers{};  // layers only: the last one first

  /// Whether the gradients flow on through outer tapes.
  bool flows_outward() const { return kind == Kind::every_leaf || kind == Kind::gradients; }

  bool wants(const Tensor& leaf) const {
    if (!leaf.defined()) return false;
    if (kind == Kind::every_leaf) return leaf.impl_->tape == 0 && leaf.impl_->requires_grad;
    return std::ranges::any_of(x, [&](const Tensor& each) { return each.is(leaf); });
  }

  Gradients::Wants wants_of_parameters() const {
    if (kind == Kind::squares) return Gradients::Wants::squares;
    if (kind == Kind::layers) return Gradients::Wants::layer;
    return Gradients::Wants::sum;
  }

  Gradients::Squares squares(std::size_t node) {
    if (kind != Kind::squares) return {};
    return {samples, &sums[node], cotangent == cotangents};
  }

  void meet(const Tensor& leaf, bool has_formula) {
    for (std::size_t k = 0; k < x.size(); ++k) {
      if (x[k].is(leaf)) met[k] += has_formula ? 1 : 2;
    }
  }
  /// Whether a parameter of a layer is used there alone, or there is none.
  bool met_once(const Tensor& leaf) const {
    for (std::size_t k = 0; k < x.size(); ++k) {
      if (x[k].is(leaf)) return met[k] == 1;
    }
    return true;
  }

  void deliver(const Tensor& leaf, Tensor gradient) {
    if (kind == Kind::every_leaf) {
      if (!gradient.defined()) return;
      // What a parameter keeps must be its own: clipping writes into it.
      Tensor& sum = leaf.impl_->gradient;
      if (!sum.defined() && !gradient.unshared()) gradient = copy(gradient);
      sum = accumulated(std::move(sum), std::move(gradient));
      return;
    }
    for (std::size_t k = 0; k < x.size(); ++k) {
      if (!x[k].is(leaf)) continue;
      if (kind == Kind::squares) unsupported |= ++met[k] > cotangent;
      if (gradient.defined()) results[k] = accumulated(std::move(results[k]), gradient);
    }
  }
};

/// The tapes that a pass goes through: the one that is asked, and the outer ones that are not at
/// work on a pass of their own.
class Tape::Running {
 public:
  Running(Tape& asked, const Request& request) : request_(&request) {
    asked.running_ = request_;
    if (!asked.reads_outer_ || !request.flows_outward()) return;
    for (Scope* scope = asked.scope_->outer; scope; scope = scope->outer) {
      if (scope->paused < lost && !scope->tape->running_) scope->tape->running_ = request_;
    }
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    for_each([&](Tape& tape) {
      tape.running_ = nullptr;
      if (ended_) return;
      for (Node& node : tape.nodes_) node.gradient = Tensor();  // what an exception left
    });
  }

  void end() { ended_ = true; }

  /// From the inside outwards.
  template <class F>
  void for_each(F f) const {
    for (Scope* scope = innermost_; scope; scope = scope->outer) {
      if (scope->paused < lost && scope->tape->running_ == request_) f(*scope->tape);
    }
  }

 private:
  const Request* request_;
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
  if (scope_->list == &innermost_) {
    unlink(scope_);
  } else {
    scope_->paused += lost;
  }
}

void Tape::exchange_lists() noexcept {
  if (!spare_alive) return;
  nodes_.swap(spare_.nodes);
  inputs_.swap(spare_.inputs);
  slots_.swap(spare_.slots);
}

/// From wherever it stands: a tape on the heap may be outlived by one that it encloses.
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
  Request request{.retain = options.retain_graph};
  run("backward", y, options.gradient, request);
}

std::vector<Tensor> Tape::gradient(const Tensor& y, const std::vector<Tensor>& x,
                                   const GradientOptions& options) {
  Request request{.kind = Request::Kind::gradients,
                  .retain = options.retain_graph || options.create_graph,
                  .record = options.create_graph,
                  .x = x,
                  .results = std::vector<Tensor>(x.size())};
  run("gradient", y, options.gradient, request);
  for (std::size_t k = 0; k < x.size() && !options.allow_unused; ++k) {
    check_autograd(request.results[k].defined(), "gradient: y does not depend on x[{}]", k);
  }
  return std::move(request.results);
}

std::optional<std::vector<Tensor>> Tape::per_sample_squares(const Tensor& y,
                                                            const std::vector<Tensor>& x,
                                                            const std::vector<Tensor>& cotangents) {
  Request request{.kind = Request::Kind::squares,
                  .retain = true,
                  .x = x,
                  .results = std::vector<Tensor>(x.size()),
                  .met = std::vector<std::size_t>(x.size()),
                  .samples = y.rank() == 0 ? 1 : y.size(0),
                  .cotangents = cotangents.size(),
                  .sums = std::vector<Tensor>(nodes_.size())};
  for (const Tensor& cotangent : cotangents) {
    ++request.cotangent;
    run("per_sample_squares", y, cotangent, request);
    if (request.unsupported) return std::nullopt;
  }
  return std::move(request.results);
}

std::vector<LayerFactors> Tape::layer_factors(const Tensor& y,
                                              const std::vector<Tensor>& parameters,
                                              const Tensor& cotangent) {
  Request request{.kind = Request::Kind::layers,
                  .retain = true,
                  .x = parameters,
                  .results = std::vector<Tensor>(parameters.size()),
                  .met = std::vector<std::size_t>(parameters.size())};
  run("layer_factors", y, cotangent, request);
  std::erase_if(request.layers, [&](const LayerFactors& layer) {
    return !request.met_once(layer.weight) || !request.met_once(layer.bias);
  });
  std::ranges::reverse(request.layers);
  return std::move(request.layers);
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

void Tape::run(const char* caller, const Tensor& y, const Tensor& gradient, Request& request) {
  check_autograd(scope_->list == &innermost_, "{}: a tape runs backward on the thread that made it",
                 caller);
  const bool is_leaf = request.flows_outward() && y.is_leaf() && y.requires_grad();
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
  const Tensor cotangent = gradient.defined() ? gradient : ones_like(y);
  if (is_leaf) {
    const NoGrad no_grad;  // what is added up stays a constant
    request.deliver(y, cotangent);
    return;
  }
  check_autograd(
      !running_,
      "{}: this tape is at work on a backward pass; a closure that differentiates makes a "
      "tape of its own",
      caller);
  Running running(*this, request);
  mark_wanted(y.impl_->node, request);
  // The closures are made of operations: nothing of them is recorded unless that was asked for.
  std::optional<NoGrad> no_grad;
  if (!request.record) no_grad.emplace();
  node_of(caller, y).gradient = cotangent;
  run_nodes(caller, y.impl_->node, request);
  request.retain = true;  // what the outer tapes have recorded is theirs
  running.for_each([&](Tape& tape) {
    if (&tape != this) tape.run_nodes(caller, static_cast<std::int32_t>(tape.size()) - 1, request);
  });
  running.end();
}

void Tape::run_nodes(const char* caller, std::int32_t last, Request& request) {
  for (std::int32_t index = last; index >= 0; --index) {
    if (nodes_[static_cast<std::size_t>(index)].gradient.defined()) {
      run_node(caller, index, request);
    }
  }
}

/// The outer tape that gradients of this input flow on to, or null.
Tape* Tape::recorder_of(const Tensor& leaf, const Request& request) const {
  if (!reads_outer_ || !leaf.defined() || leaf.impl_->tape == 0) return nullptr;
  const Scope* scope = find(leaf.impl_->tape);
  return scope && scope->tape->running_ == &request ? scope->tape : nullptr;
}

/// Whether a gradient of this input is wanted, by the request or by a node on the way.
bool Tape::wants(const Input& input, const Request& request) const {
  if (input.node >= 0) return nodes_[static_cast<std::size_t>(input.node)].wanted;
  if (request.wants(input.leaf)) return true;
  const Tape* recorder = recorder_of(input.leaf, request);
  return recorder && recorder->nodes_[static_cast<std::size_t>(input.leaf.impl_->node)].wanted;
}

/// Marks the nodes on a way from y to something that the request wants, so that no gradient is
/// computed in vain.
void Tape::mark_wanted(std::int32_t last, const Request& request) {
  for (Scope* scope = scope_->outer; scope; scope = scope->outer) {
    if (scope->paused >= lost || scope->tape->running_ != &request) continue;
    scope->tape->mark_wanted(static_cast<std::int32_t>(scope->tape->size()) - 1, request);
    break;  // it has marked those outside of it
  }
  const bool every_leaf = request.kind == Request::Kind::every_leaf;
  for (std::int32_t index = 0; index <= last; ++index) {
    nodes_[static_cast<std::size_t>(index)].wanted = every_leaf;
  }
  for (const Tensor& x : request.x) {
    const Tensor::Impl& impl = x.impl();
    if (impl.tape == id_) nodes_[static_cast<std::size_t>(impl.node)].wanted = true;
  }
  for (std::int32_t index = 0; index <= last && !every_leaf; ++index) {
    Node& node = nodes_[static_cast<std::size_t>(index)];
    const auto inputs = std::span(inputs_).subspan(node.first_input, node.input_count);
    node.wanted |=
        std::ranges::any_of(inputs, [&](const Input& input) { return wants(input, request); });
  }
}

void Tape::run_node(const char* caller, std::int32_t index, Request& request) {
  // No reference to a node is held: recording gradients appends to nodes_ while the closure runs.
  const auto at = static_cast<std::size_t>(index);
  Tensor dy = std::exchange(nodes_[at].gradient, Tensor());

  for (std::size_t k = 0; k < request.x.size(); ++k) {
    const Tensor::Impl& impl = *request.x[k].impl_;
    if (impl.tape == id_ && impl.node == index) request.results[k] = dy;
  }

  if (!fill_slots(at, request)) return;
  check_autograd(static_cast<bool>(nodes_[at].backward),
                 "{}: the recording of {} was released by an earlier backward; "
                 "{{.retain_graph = true}} keeps it",
                 caller, nodes_[at].op);
  Gradients gradients(slots_, request.squares(at));
  try {
    nodes_[at].backward(std::move(dy), gradients);
  } catch (const Saved::Changed& changed) {
    fail_changed(at, changed.value);
  }
  if (gradients.layer_weight_ >= 0) add_layer(at, gradients, request);
  // Released before the gradients are handed on: what the closure alone still held is theirs now.
  if (!request.retain) nodes_[at].backward = Backward();
  dy = Tensor();
  hand_on(at, request);
}

/// Marks in slots_ what is wanted of the node's inputs; false when nothing is.
bool Tape::fill_slots(std::size_t at, const Request& request) {
  using Wants = Gradients::Wants;
  slots_.assign(nodes_[at].input_count, {});
  bool any = false;
  for (std::size_t k = 0; k < slots_.size(); ++k) {
    const Input& input = inputs_[nodes_[at].first_input + k];
    if (!wants(input, request)) continue;
    any = true;
    if (input.node >= 0 || recorder_of(input.leaf, request)) {
      slots_[k].wants = Wants::sum;
    } else {
      slots_[k].wants = request.wants_of_parameters();
      if (request.kind == Request::Kind::every_leaf) {
        Tensor& sum = input.leaf.impl_->gradient;
        if (sum.defined() && sum.unshared()) slots_[k].sum = &sum;
      }
    }
  }
  return any;
}

/// Adds the gradients in slots_ to those of the node's inputs.
void Tape::hand_on(std::size_t at, Request& request) {
  using Wants = Gradients::Wants;
  for (std::size_t k = 0; k < slots_.size(); ++k) {
    if (slots_[k].wants == Wants::nothing) continue;
    // By value: to add may record, which appends to the lists.
    const Input input = inputs_[nodes_[at].first_input + k];
    Tensor gradient = std::move(slots_[k].gradient);
    if (slots_[k].wants == Wants::layer) {
      request.meet(input.leaf, slots_[k].has_formula);
      continue;
    }
    if (slots_[k].wants == Wants::squares && !slots_[k].has_formula) {
      request.unsupported = true;
      return;
    }
    Tape* recorder = input.node >= 0 ? this : recorder_of(input.leaf, request);
    if (!recorder) {
      check_fits(at, k, gradient, input.leaf.shape(), input.leaf.dtype());
      request.deliver(input.leaf, std::move(gradient));
    } else if (gradient.defined()) {
      const auto node =
          static_cast<std::size_t>(recorder == this ? input.node : input.leaf.impl_->node);
      std::vector<Node>& nodes = recorder->nodes_;
      check_fits(at, k, gradient, nodes[node].shape, nodes[node].dtype);
      nodes[node].gradient = accumulated(std::move(nodes[node].gradient), std::move(gradient));
    }
  }
}

/// What an operation told of its layer, with the parameters that it told it of.
void Tape::add_layer(std::size_t at, const Gradients& gradients, Request& request) const {
  const auto leaf = [&](int input) {
    return inputs_[nodes_[at].first_input + static_cast<std::size_t>(input)].leaf;
  };
  request.layers.push_back(gradients.layer_);
  request.layers.back().weight = leaf(gradients.layer_weight_);
  request.layers.back().bias = leaf(gradients.layer_bias_);
}

void Tape::fail_changed(std::size_t at, const Tensor& value) const {
  const auto inputs = std::span(inputs_).subspan(nodes_[at].first_input, nodes_[at].input_count);
  const auto input = std::ranges::find_if(inputs, [&](const Input& each) {
    return each.leaf.is(value) ||
           (each.node >= 0 && value.impl_->tape == id_ && value.impl_->node == each.node);
  });
  const std::string name = input == inputs.end()
                               ? "a value that it kept"
                               : fmt::format("its input {}", input - inputs.begin());
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
