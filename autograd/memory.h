#pragma once

#include <cstddef>

/// The recycling pool that tensors, tapes and closures take their memory from. A freed block is
/// kept and handed out again, so a training step in the steady state asks the system for nothing.
/// All functions may be called from any thread.
namespace engram::memory {

/// At least `bytes` bytes, 64-byte aligned. Throws std::bad_alloc.
void* allocate(std::size_t bytes);

/// Gives a block back; `bytes` as it was asked for.
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
  std::size_t allocations;  ///< how often the system was asked since the program started
};
Stats stats();

/// Returns the kept blocks to the system, but for a few small ones that other threads keep.
void release_cached();

}  // namespace engram::memory
