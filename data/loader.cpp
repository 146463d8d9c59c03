#include <engram/autograd/create.h>
#include <engram/autograd/random.h>
#include <engram/autograd/threads.h>
#include <engram/data/loader.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace engram::data {

/// The batches of one epoch after the other, without end.
class Loader::Epochs {
 public:
  /// Begins at `epoch`, and skips `skipped` batches.
  Epochs(const Loader& loader, std::uint64_t epoch, std::int64_t skipped)
      : dataset_(loader.dataset_),
        options_(loader.options_),
        seed_(loader.seed_),
        next_epoch_(epoch) {
    if (skipped == 0) return;
    const std::int64_t batches = loader.batches_per_epoch();
    next_epoch_ += static_cast<std::uint64_t>(skipped / batches);
    if (skipped % batches == 0) return;
    start_epoch();
    position_ = skipped % batches * options_.batch;
  }

  Batch next() {
    const std::int64_t left = order_.defined() ? order_.numel() - position_ : 0;
    if (left == 0 || (options_.drop_last && left < options_.batch)) start_epoch();
    const std::int64_t count = std::min(options_.batch, order_.numel() - position_);
    const auto rows = order_.data<std::int64_t>().subspan(static_cast<std::size_t>(position_),
                                                          static_cast<std::size_t>(count));
    position_ += count;
    return dataset_.batch(rows, {.seed = seed_, .number = next_epoch_ - 1});
  }

 private:
  void start_epoch() {
    Generator generator = Generator(seed_, "Loader").substream(next_epoch_++);
    order_ = options_.shuffle ? randperm(dataset_.size(), generator) : arange(dataset_.size());
    position_ = 0;
  }

  Dataset dataset_;
  LoaderOptions options_;
  std::uint64_t seed_;
  std::uint64_t next_epoch_;
  Tensor order_;               // of the samples of this epoch
  std::int64_t position_ = 0;  // in order_
};

/// The batches of one pass. With prefetch, a thread prepares the next batch while the consumer uses
/// the present one.
class Loader::Pass {
 public:
  Pass(const Loader& loader, std::uint64_t epoch, std::int64_t skipped)
      : epochs_(loader, epoch, skipped), left_(loader.size() - skipped) {
    if (loader.options_.prefetch && left_ > 1) {
      thread_ = std::jthread([this, count = left_](std::stop_token stop) { prepare(count, stop); });
    }
  }

  std::optional<Batch> next() {
    if (left_ == 0) return {};
    --left_;
    if (!thread_.joinable()) return epochs_.next();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ready_ || error_; });
    if (!ready_) std::rethrow_exception(error_);
    std::optional<Batch> batch = std::move(ready_);
    ready_.reset();
    changed_.notify_one();
    return batch;
  }

 private:
  void prepare(std::int64_t count, const std::stop_token& stop) {
    // Of this thread alone: its parallel loops would take threads from the consumer's.
    set_num_threads(1);
    try {
      for (std::int64_t i = 0; i < count; ++i) {
        Batch batch = epochs_.next();
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, stop, [&] { return !ready_; })) return;
        ready_ = std::move(batch);
        changed_.notify_one();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      error_ = std::current_exception();
      changed_.notify_one();
    }
  }

  Epochs epochs_;      // used by the thread, if there is one
  std::int64_t left_;  // batches not yet returned
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Batch> ready_;
  std::exception_ptr error_;
  std::jthread thread_;  // last: joined before the other members are destroyed
};

Loader::Loader(Dataset dataset, const LoaderOptions& options)
    : dataset_(std::move(dataset)), options_(options) {
  check(options.batch >= 1, "Loader: batch must be at least 1, got {}", options.batch);
  check(options.iterations.value_or(0) >= 0, "Loader: iterations must be at least 0, got {}",
        options.iterations.value_or(0));
  if (options.seed) {
    seed_ = *options.seed;
  } else if (options.shuffle || dataset_.is_random()) {
    const Generator::Block bits = default_generator().take(1)[0];
    seed_ = std::uint64_t{bits[0]} << 32 | bits[1];
  }
}

std::int64_t Loader::batches_per_epoch() const {
  const std::int64_t full = dataset_.size() / options_.batch;
  return full + (!options_.drop_last && dataset_.size() % options_.batch != 0);
}

std::int64_t Loader::size() const {
  return batches_per_epoch() == 0 ? 0 : options_.iterations.value_or(batches_per_epoch());
}

void Loader::resume_after(std::int64_t batches) {
  check(batches >= 0, "Loader: cannot resume after {} batches", batches);
  const std::int64_t of_pass = size();
  check(batches == 0 || of_pass > 0, "Loader: cannot resume after {} batches, a pass has none",
        batches);
  passes_ = resumed_pass_ = of_pass == 0 ? 0 : static_cast<std::uint64_t>(batches / of_pass);
  resumed_batches_ = of_pass == 0 ? 0 : batches % of_pass;
}

Loader::Iterator Loader::begin() {
  const std::uint64_t pass = std::atomic_ref(passes_).fetch_add(1);
  const std::int64_t batches = batches_per_epoch();
  const std::int64_t epochs = batches == 0 ? 0 : size() / batches + (size() % batches != 0);
  const std::int64_t skipped = pass == resumed_pass_ ? resumed_batches_ : 0;
  return Iterator(
      std::make_unique<Pass>(*this, pass * static_cast<std::uint64_t>(epochs), skipped));
}

Loader::Iterator::Iterator(std::unique_ptr<Pass> pass) : pass_(std::move(pass)) { ++*this; }
Loader::Iterator::Iterator(Iterator&&) noexcept = default;
Loader::Iterator& Loader::Iterator::operator=(Iterator&&) noexcept = default;
Loader::Iterator::~Iterator() = default;

Loader::Iterator& Loader::Iterator::operator++() {
  check(pass_ != nullptr, "Loader: the iterator is at the end already");
  std::unique_ptr<Pass> pass = std::move(pass_);
  batch_ = {};
  if (std::optional<Batch> batch = pass->next()) {
    batch_ = std::move(*batch);
    pass_ = std::move(pass);
  }
  return *this;
}

}  // namespace engram::data
