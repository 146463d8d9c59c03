#include <engram/autograd/tape.h>
#include <engram/data/dataset.h>

#include <algorithm>
#include <mutex>
#include <utility>

// Functions of samples: `transform`, once for all samples, and `map`, for every batch.
namespace engram::data {
namespace {

constexpr const char* no_default_generator =
    "Dataset: a function of samples draws from the default generator, and who else draws would "
    "decide what it gets; map gives a generator to a function of (x, generator)";

/// Stacks part(0), part(1), …, each (1, ...), into (rows, ...).
template <class Part>
Tensor stacked(const char* function, std::int64_t rows, Part part) {
  Tensor all;
  for (std::int64_t i = 0; i < rows; ++i) {
    const Tensor row = part(i);
    check_shape(row.rank() > 0 && row.size(0) == 1,
                "Dataset::{}: a sample became {}; it must be (1, ...)", function, row.shape());
    if (i == 0) all = Tensor(row.shape().with(0, rows), row.dtype());
    check_shape(row.shape() == all.shape().with(0, 1),
                "Dataset::{}: a sample became {}, the one before it {}", function, row.shape(),
                all.shape().with(0, 1));
    check_dtype(row.dtype() == all.dtype(), "Dataset::{}: a sample became {}, the one before it {}",
                function, row.dtype(), all.dtype());
    const auto bytes = row.bytes();
    std::ranges::copy(bytes, all.bytes().begin() + i * std::ssize(bytes));
  }
  return all;
}

}  // namespace

/// Applies the functions to the samples x of a batch. The substreams `ids` give each sample its
/// random numbers.
Tensor Dataset::mapped(const char* caller, const std::vector<Function>& functions, Tensor x,
                       std::span<const std::int64_t> ids, const Generator& epoch) const {
  const NoGrad no_grad;  // as on the thread of a prefetching Loader, which has no tape
  const DefaultGenerator none(no_default_generator);
  const std::int64_t rows = std::ssize(ids);
  for (std::size_t place = 0; place < functions.size(); ++place) {
    if (const auto* of_batch = std::get_if<OfBatch>(&functions[place])) {
      x = (*of_batch)(x);
    } else if (rows > 0) {
      const std::int64_t size = x.numel() / rows;
      x = stacked(caller, rows, [&](std::int64_t i) {
        const auto id = static_cast<std::uint64_t>(ids[static_cast<std::size_t>(i)]);
        Generator random = epoch.substream(id).substream(place);
        return std::get<OfSample>(functions[place])(view(x, x.shape().with(0, 1), i * size),
                                                    random);
      });
    }
    check_shape(x.rank() > 0 && x.size(0) == rows,
                "Dataset::{}: {} samples became {}; there must still be {}", caller, rows,
                x.shape(), rows);
  }
  return x;
}

Dataset Dataset::map(OfBatch function) const {
  Dataset result = *this;
  result.functions_.push_back(std::move(function));
  return result;
}

Dataset Dataset::map(OfSample function) const {
  Dataset result = *this;
  result.functions_.push_back(std::move(function));
  result.random_ = true;
  return result;
}

Dataset Dataset::map_targets(OfBatch function) const {
  Dataset result = *this;
  result.target_functions_.push_back(std::move(function));
  return result;
}

Dataset Dataset::map_targets(OfSample function) const {
  Dataset result = *this;
  result.target_functions_.push_back(std::move(function));
  result.random_ = true;
  return result;
}

/// Samples that are made when first read, by whichever thread is first. Their source may have a
/// Later too, and so on: such chains may have any length, so they are traversed in loops, not
/// recursively.
class Dataset::Later {
 public:
  Later(const Dataset& source, std::function<Tensor(const Tensor&)> function)
      : source_(source), function_(std::move(function)) {}
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;
  ~Later() {
    std::shared_ptr<Later> before = let_go();
    while (before && before.use_count() == 1) before = before->let_go();
  }

  static const Tensor& get(const std::shared_ptr<Later>& last) {
    std::vector<std::shared_ptr<Later>> chain;
    for (std::shared_ptr<Later> each = last; each; each = each->before()) chain.push_back(each);
    for (; !chain.empty(); chain.pop_back()) chain.back()->make();
    return last->x_;
  }

 private:
  /// The Later of the source, to be made first; null if there is none.
  std::shared_ptr<Later> before() {
    const std::lock_guard lock(mutex_);
    return source_ ? source_->later_ : nullptr;
  }

  /// The same, and releases it.
  std::shared_ptr<Later> let_go() {
    const std::lock_guard lock(mutex_);
    return source_ ? std::exchange(source_->later_, nullptr) : nullptr;
  }

  void make() {
    const std::lock_guard lock(mutex_);
    if (!source_) return;
    const NoGrad no_grad;
    const DefaultGenerator none(no_default_generator);
    const Tensor before = source_->stored_samples();
    const Tensor after = function_(before);
    check_shape(after.shape() == before.shape(),
                "Dataset::transform: samples of shape {} became {}", before.shape(), after.shape());
    check_dtype(after.dtype() == before.dtype(), "Dataset::transform: {} samples became {}",
                before.dtype(), after.dtype());
    x_ = view(after, after.shape());
    source_.reset();  // frees the source's samples
    function_ = nullptr;
  }

  std::mutex mutex_;
  std::optional<Dataset> source_;  // empty once x_ is made
  std::function<Tensor(const Tensor&)> function_;
  Tensor x_;
};

const Tensor& Dataset::samples() const { return later_ ? Later::get(later_) : x_; }

Dataset Dataset::transform(std::function<Tensor(const Tensor&)> function) const {
  check_before_map("Dataset::transform");
  Dataset result = *this;
  result.later_ = std::make_shared<Later>(*this, std::move(function));
  result.x_ = Tensor();
  if (rows_.defined()) {
    result.y_ = stored_targets();
    result.rows_ = Tensor();
  }
  result.pixels_ = Tensor();
  return result;
}

}  // namespace engram::data
