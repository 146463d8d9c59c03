#include <engram/autograd/create.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/indexing.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/tape.h>
#include <engram/continual/replay/reservoir.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace engram::continual {
namespace {

/// The samples at these indices.
Replay pick(const Replay& samples, const Tensor& rows) {
  Replay picked{index_select(samples.x, 0, rows), index_select(samples.y, 0, rows), {}, {}};
  for (std::int64_t row : rows.data<std::int64_t>()) {
    picked.outputs.push_back(samples.outputs[static_cast<std::size_t>(row)]);
  }
  if (samples.logits.defined()) picked.logits = index_select(samples.logits, 0, rows);
  return picked;
}

/// `count` distinct numbers of 0 to n - 1 in random order (Fisher–Yates shuffle).
Tensor draw_rows(std::int64_t n, std::int64_t count, Generator& generator) {
  const Tensor rows = arange(n);
  std::int64_t* row = rows.data<std::int64_t>().data();
  for (std::int64_t k = 0; k < count; ++k) std::swap(row[k], row[k + generator.below(n - k)]);
  return slice(rows, 0, 0, count);
}

void copy_row(const Tensor& from, std::int64_t row, const Tensor& to, std::int64_t place) {
  const std::size_t bytes = to.bytes().size() / static_cast<std::size_t>(to.size(0));
  std::ranges::copy(from.bytes().subspan(static_cast<std::size_t>(row) * bytes, bytes),
                    to.bytes().begin() + place * static_cast<std::ptrdiff_t>(bytes));
}

/// Whether all sizes but the first agree.
bool same_rows(const Tensor& a, const Tensor& b) {
  return a.rank() == b.rank() && a.shape().with(0, 0) == b.shape().with(0, 0);
}

/// Error unless the fields of the samples match.
void check_samples(const char* caller, const Replay& samples) {
  const auto& [x, y, outputs, logits] = samples;
  const auto count = std::ssize(outputs);
  check_dtype(y.dtype() == i64, "{}: labels must be i64, got {}", caller, y.dtype());
  check_shape(y.shape() == Shape{count} && x.rank() >= 1 && x.size(0) == count,
              "{}: {} samples cannot be x {} with y {}", caller, count, x.shape(), y.shape());
  check_shape(!logits.defined() || (logits.rank() == 2 && logits.size(0) == count),
              "{}: {} samples cannot have logits {}", caller, count,
              logits.defined() ? logits.shape() : Shape{});
  const auto labels = y.data<std::int64_t>();
  const std::int64_t all = logits.defined() ? logits.size(1) : Reservoir::unlimited;
  for (std::size_t k = 0; k < labels.size(); ++k) {
    const auto& [begin, end] = outputs[k];
    check_data(begin <= labels[k] && labels[k] < end,
               "{}: label {} is none of the outputs {} to {}", caller, labels[k], begin, end);
    check_data(begin >= 0, "{}: there are no outputs {} to {}", caller, begin, end);
    check_data(end <= all, "{}: there are no outputs {} to {} in {} logits", caller, begin, end,
               all);
  }
}

}  // namespace

Reservoir::Reservoir(const ReservoirOptions& options) : options_(options) {
  check(options_.capacity >= 0, "Reservoir: the capacity must be at least 0, got {}",
        options_.capacity);
}

Reservoir::Placement Reservoir::place(std::int64_t count, Generator& generator) const {
  std::map<std::int64_t, std::int64_t> placed;  // place -> the last sample that it received
  std::int64_t seen = seen_;
  for (std::int64_t row = 0; row < count; ++row, ++seen) {
    const std::int64_t where = seen < options_.capacity ? seen : generator.below(seen + 1);
    if (where < options_.capacity) placed[where] = row;
  }
  Placement placement{.rows = {}, .places = {}, .seen = seen};
  for (const auto& [where, row] : placed) {
    placement.places.push_back(where);
    placement.rows.push_back(row);
  }
  return placement;
}

void Reservoir::offer(const data::Batch& batch, const Outputs& outputs, Generator& generator,
                      const Tensor& logits) {
  const NoGrad no_grad;
  check_shape(batch.y.rank() == 1, "Reservoir: labels must be (B,), got {}", batch.y.shape());
  const Replay offered{detach(batch.x), detach(batch.y),
                       std::vector<Outputs>(static_cast<std::size_t>(batch.y.size(0)), outputs),
                       logits.defined() ? detach(logits) : Tensor()};
  check_samples("Reservoir", offered);
  check_fits(offered);
  const Placement placement = place(batch.y.size(0), generator);
  put(pick(offered, tensor(placement.rows)), placement);
}

void Reservoir::offer(const data::Dataset& dataset, const Outputs& outputs, Generator& generator) {
  const NoGrad no_grad;
  // The samples to be read, and checked, are known only when their places have been drawn.
  const std::uint64_t before = generator.position();
  try {
    const Placement placement = place(dataset.size(), generator);
    const auto [x, y] = dataset.batch(placement.rows);
    const Replay chosen{x, y, std::vector<Outputs>(placement.rows.size(), outputs), {}};
    check_samples("Reservoir", chosen);
    check_fits(chosen);
    put(chosen, placement);
  } catch (...) {
    generator.set_position(before);
    throw;
  }
}

void Reservoir::check_fits(const Replay& samples) const {
  check(samples.logits.defined() == options_.logits, "Reservoir: {}",
        options_.logits ? "keeps logits, but is offered none"
                        : "keeps no logits, but is offered some");
  if (empty()) return;
  const auto check_like = [](const char* what, const Tensor& offered, const Tensor& kept) {
    check_shape(same_rows(offered, kept), "Reservoir: keeps {} {}, but is offered {}", what,
                kept.shape(), offered.shape());
    check_dtype(offered.dtype() == kept.dtype(), "Reservoir: keeps {} of {}, but is offered {}",
                what, kept.dtype(), offered.dtype());
  };
  check_like("x", samples.x, samples_.x);
  if (options_.logits) check_like("logits", samples.logits, samples_.logits);
}

/// Places ascend: first occupied ones, then new ones without a gap.
void Reservoir::put(const Replay& chosen, const Placement& placement) {
  seen_ = placement.seen;
  if (chosen.outputs.empty()) return;
  const auto count = std::ssize(chosen.outputs), before = size();
  const auto replaced =
      std::ranges::lower_bound(placement.places, before) - placement.places.begin();
  for (std::ptrdiff_t k = 0; k < replaced; ++k) {
    const auto at = static_cast<std::size_t>(k);
    const std::int64_t where = placement.places[at];
    copy_row(chosen.x, k, samples_.x, where);
    copy_row(chosen.y, k, samples_.y, where);
    samples_.outputs[static_cast<std::size_t>(where)] = chosen.outputs[at];
    if (chosen.logits.defined()) copy_row(chosen.logits, k, samples_.logits, where);
  }
  if (replaced == count) return;
  const auto append = [&](Tensor& kept, const Tensor& from) {
    const Tensor added = slice(from, 0, replaced, count);
    kept = kept.defined() ? cat({kept, added}) : clone(added);
  };
  append(samples_.x, chosen.x);
  append(samples_.y, chosen.y);
  if (chosen.logits.defined()) append(samples_.logits, chosen.logits);
  samples_.outputs.insert(samples_.outputs.end(), chosen.outputs.begin() + replaced,
                          chosen.outputs.end());
}

Replay Reservoir::draw(std::int64_t count, Generator& generator) const {
  check(!empty(), "Reservoir: there are no samples to draw from");
  check(count >= 1, "Reservoir: to draw needs at least 1, got {}", count);
  const NoGrad no_grad;
  return pick(samples_, draw_rows(size(), std::min(count, size()), generator));
}

std::string Reservoir::seen_key() const { return fmt::format("{}.seen", options_.owner); }

StateDict Reservoir::state_dict() const {
  StateDict state;
  state.add_number(seen_key(), seen_);
  if (empty()) return state;
  std::vector<std::int64_t> outputs;
  for (const auto& [begin, end] : samples_.outputs) outputs.insert(outputs.end(), {begin, end});
  state.add("x", clone(samples_.x));
  state.add("y", clone(samples_.y));
  state.add("outputs", tensor(outputs, {size(), 2}));
  if (samples_.logits.defined()) state.add("logits", clone(samples_.logits));
  return state;
}

void Reservoir::read_state(StateReader& state) {
  const auto seen = state.count(seen_key(), (std::int64_t{1} << 62) - 1);
  Replay samples;
  if (const std::int64_t size = std::min(seen, options_.capacity); size > 0) {
    const Tensor outputs = state.tensor("outputs", i64, {size, 2});
    const auto bounds = outputs.data<std::int64_t>();
    for (std::size_t k = 0; k < bounds.size(); k += 2) {
      samples.outputs.push_back({bounds[k], bounds[k + 1]});
    }
    samples.y = state.tensor("y", i64, {size});
    const auto rows = [&](const char* name) {
      const Tensor value = state.tensor(name);
      state.check<ShapeError>(value.rank() > 0 && value.size(0) == size, name,
                              "is {}, expected {} samples", value.shape(), size);
      return value;
    };
    samples.x = rows("x");
    if (options_.logits) samples.logits = rows("logits");
    check_samples("load_state_dict", samples);
  }
  state.set(seen_, seen);
  state.set(samples_, std::move(samples));
}

void Reservoir::load_state_dict(const StateDict& saved) {
  StateReader state(saved);
  read_state(state);
  state.commit();
}

data::Dataset draw_per_class(const data::Dataset& dataset, std::int64_t count,
                             Generator& generator) {
  check(count >= 0, "draw_per_class: the number must be at least 0, got {}", count);
  const std::int64_t classes = class_count(dataset);
  std::vector<std::vector<std::int64_t>> of_class(static_cast<std::size_t>(classes));
  const Tensor targets = dataset.targets();
  std::int64_t row = 0;
  for (std::int64_t y : targets.data<std::int64_t>()) {
    of_class[static_cast<std::size_t>(y)].push_back(row++);
  }
  std::vector<std::int64_t> chosen;
  for (const auto& rows : of_class) {
    const auto n = std::ssize(rows);
    const Tensor drawn = draw_rows(n, std::min(n, count), generator);
    for (std::int64_t k : drawn.data<std::int64_t>()) {
      chosen.push_back(rows[static_cast<std::size_t>(k)]);
    }
  }
  return dataset.subset(chosen);
}

void offer_task(Reservoir& memory, const Task& task, std::optional<std::int64_t> per_class,
                std::uint64_t seed) {
  Generator generator(random_stream(seed, "reservoir", task.number));
  const data::Dataset offered =
      per_class ? draw_per_class(task.train, *per_class, generator) : task.train;
  memory.offer(offered, task.outputs, generator);
}

Tensor replay_loss(const Tensor& logits, const Replay& samples, Scenario scenario,
                   const Outputs& latest) {
  std::vector<Outputs> active;
  for (const Outputs& own : samples.outputs) {
    active.push_back(active_outputs(scenario, own, latest));
  }
  return classification_loss(logits, samples.y, active);
}

}  // namespace engram::continual
