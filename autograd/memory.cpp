#include <engram/autograd/hold_over_forks.h>
#include <engram/autograd/large_blocks.h>
#include <engram/autograd/memory.h>
#include <engram/autograd/sanitized.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <mutex>
#include <new>

#if defined(ENGRAM_SANITIZED)
constexpr bool recycle = false;
#else
constexpr bool recycle = true;
#endif

namespace engram::memory {
namespace {

constexpr std::size_t alignment = 64;  // a cache line, and an AVX-512 register

// Sizes are rounded up to a class: multiples of 64 bytes up to 1 KiB, then four steps per doubling,
// so that at most a fifth of a block is waste. Large blocks are split instead.
constexpr std::size_t small_classes = 16;
constexpr std::size_t largest_small = small_classes * alignment;
constexpr std::size_t smallest_large = std::size_t{1} << 20;
constexpr std::size_t class_count = small_classes + 4 * 10;

struct SizeClass {
  std::size_t index;
  std::size_t bytes;
};

/// Bytes of the blocks of a class.
constexpr std::size_t class_bytes(std::size_t index) {
  if (index < small_classes) return (index + 1) * alignment;
  const std::size_t step = index - small_classes;
  return (largest_small << step / 4) / 4 * (5 + step % 4);
}

constexpr SizeClass size_class(std::size_t bytes) {
  if (bytes <= largest_small) {
    const std::size_t index = std::max<std::size_t>((bytes + alignment - 1) / alignment, 1) - 1;
    return {index, class_bytes(index)};
  }
  // 2^doubling < bytes <= 2^(doubling + 1)
  const auto doubling = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1;
  const std::size_t base = std::size_t{1} << doubling;
  const std::size_t quarter = (bytes - 1 - base) / (base / 4);
  const std::size_t index = small_classes + 4 * (doubling - 10) + quarter;
  return {index, class_bytes(index)};
}

struct FreeBlock {
  FreeBlock* next;
};

struct Pool {
  std::mutex mutex;
  std::array<FreeBlock*, class_count> free{};
  LargeBlocks large;
};

// Never destroyed: static tensors may outlive any static object.
Pool& pool() {
  static Pool* const instance = [] {
    static Pool* const made = new Pool;
    hold_over_forks([]() -> std::mutex& { return made->mutex; });
    return made;
  }();
  return *instance;
}

// Made before main: in a child forked while another thread constructs it, pool() would never
// return.
[[maybe_unused]] const bool pool_is_ready = (pool(), true);

std::atomic<std::size_t> reserved{0};
std::atomic<std::size_t> allocations{0};

void return_to_system(void* block, std::size_t bytes) noexcept {
  ::operator delete (block, std::align_val_t{alignment});
  reserved.fetch_sub(bytes, std::memory_order_relaxed);
}

void* take_from_system(std::size_t bytes) {
  void* block;
  try {
    block = ::operator new (bytes, std::align_val_t{alignment});
  } catch (const std::bad_alloc&) {
    release_cached();
    block = ::operator new (bytes, std::align_val_t{alignment});
  }
  reserved.fetch_add(bytes, std::memory_order_relaxed);
  allocations.fetch_add(1, std::memory_order_relaxed);
  return block;
}

// Small blocks cached by each thread, so that the handles and closures of small operations take no
// lock.
struct ThreadCache {
  static constexpr int limit = 256;  // blocks of a class
  std::array<FreeBlock*, small_classes> free{};
  std::array<int, small_classes> count{};

  void flush();  // to the pool that all threads share
  ~ThreadCache();
};

// Trivially destructible, so that it can be read after the thread's cache is destroyed.
thread_local bool cache_alive = true;
thread_local ThreadCache cache;

void ThreadCache::flush() {
  const std::lock_guard lock(pool().mutex);
  count = {};
  for (std::size_t index = 0; index < small_classes; ++index) {
    while (FreeBlock* block = free[index]) {
      free[index] = block->next;
      block->next = pool().free[index];
      pool().free[index] = block;
    }
  }
}

ThreadCache::~ThreadCache() {
  cache_alive = false;
  flush();
}

/// A block of this class, or null.
void* take_from_pool(std::size_t index) {
  const std::lock_guard lock(pool().mutex);
  FreeBlock* block = pool().free[index];
  if (block) pool().free[index] = block->next;
  return block;
}

void give_to_pool(void* block, std::size_t index) noexcept {
  const std::lock_guard lock(pool().mutex);
  pool().free[index] = new (block) FreeBlock{pool().free[index]};
}

void* allocate_large(std::size_t bytes) {
  {
    const std::lock_guard lock(pool().mutex);
    if (void* block = pool().large.take(bytes)) return block;
  }
  // So that a block of 2ᵏ elements can be split into blocks of 2ᵏ⁻¹ and their headers.
  constexpr std::size_t for_headers = 4096;
  const std::size_t whole = (bytes + alignment - 1) / alignment * alignment + for_headers;
  void* memory = take_from_system(LargeBlocks::header_bytes + whole);
  const std::lock_guard lock(pool().mutex);
  return pool().large.add(memory, whole);
}

}  // namespace

void* allocate(std::size_t bytes) {
  if constexpr (!recycle) return take_from_system(bytes);
  // No memory is so large: such a size is a negative number converted to unsigned.
  if (bytes > (std::size_t{1} << 62)) throw std::bad_alloc();
  if (bytes >= smallest_large) return allocate_large(bytes);
  const SizeClass size = size_class(bytes);
  if (size.index < small_classes && cache_alive) {
    if (FreeBlock* block = cache.free[size.index]) {
      cache.free[size.index] = block->next;
      --cache.count[size.index];
      return block;
    }
  }
  void* block = take_from_pool(size.index);
  return block ? block : take_from_system(size.bytes);
}

void deallocate(void* block, std::size_t bytes) noexcept {
  if constexpr (!recycle) return return_to_system(block, bytes);
  if (bytes >= smallest_large) {
    const std::lock_guard lock(pool().mutex);
    return pool().large.give(block);
  }
  const SizeClass size = size_class(bytes);
  if (size.index < small_classes && cache_alive && cache.count[size.index] < ThreadCache::limit) {
    auto* freed = static_cast<FreeBlock*>(block);
    freed->next = cache.free[size.index];
    cache.free[size.index] = freed;
    ++cache.count[size.index];
    return;
  }
  give_to_pool(block, size.index);
}

Stats stats() {
  const std::lock_guard lock(pool().mutex);
  return {reserved.load(std::memory_order_relaxed), allocations.load(std::memory_order_relaxed),
          pool().large.peak()};
}

void reset_peak() {
  const std::lock_guard lock(pool().mutex);
  pool().large.reset_peak();
}

void release_cached() {
  // The caches of other threads are not touched.
  if (cache_alive) cache.flush();
  const std::lock_guard lock(pool().mutex);
  for (std::size_t index = 0; index < class_count; ++index) {
    while (FreeBlock* block = pool().free[index]) {
      pool().free[index] = block->next;
      return_to_system(block, class_bytes(index));
    }
  }
  while (const LargeBlocks::Memory unused = pool().large.remove_unused()) {
    return_to_system(unused.start, unused.bytes);
  }
}

}  // namespace engram::memory
