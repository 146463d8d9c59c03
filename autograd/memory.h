#pragma once

#include <cstddef>

/// The recycling pool that tensors, tapes and closures take their memory from. A freed block is
/// kept and handed out again, so a training step in the steady state asks the system for nothing.
/// All functions may be called from any thread.
namespace engram::memory {

/// At least `bytes` bytes, 64-byte aligned. Throws std::bad_alloc.
void* allocate(std::size_t bytes);

/// Gives a block back; `bytes` as passed to `allocate`.
void deallocate(void* block, std::size_t bytes) noexcept;

/// For containers that live as long as a step: std::vector<Tensor, memory::Allocator<Tensor>>.
template <class T>
struct Allocator {
  using value_type = T;
  Allocator() = default;
  template <class U>
  Allocator(const Allocator<U>&) noexcept {}
  T* allocate(std::size_t n) { return static_cast<T*>(memory::allocate(n * sizeof(T))); }
  void deallocate(T* block, std::size_t n) noexcept { memory::deallocate(block, n * sizeof(T)); }
  bool operator==(const Allocator&) const = default;
};

struct Stats {
  std::size_t reserved;     ///< bytes taken from the system and not returned: in use or kept
  std::size_t allocations;  ///< requests to the system since the program started
  /// The peak of the bytes in use by blocks of 1 MiB and more, since `reset_peak`: the memory that
  /// a step needs, without the fragmentation that `reserved` includes. 0 under a sanitizer.
  std::size_t peak;
};
Stats stats();
void reset_peak();

/// Returns the kept blocks to the system, except small ones in the caches of other threads.
void release_cached();

}  // namespace engram::memory
