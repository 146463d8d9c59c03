#pragma once

#include <array>
#include <cstddef>

namespace engram::memory {

/// The free lists of large blocks, 64-byte aligned: best fit, split on allocation, coalesced with
/// free neighbours on deallocation. So the tensors of one layer reuse the memory of another,
/// whatever their sizes. Not thread-safe.
class LargeBlocks {
 public:
  /// Bytes of the header in front of a block; `add` needs as much more memory than its block has.
  static constexpr std::size_t header_bytes = 64;

  /// The smallest free block that fits, or null.
  void* take(std::size_t bytes);
  /// Adds memory of header_bytes + bytes, and takes it as one block.
  void* add(void* memory, std::size_t bytes);
  /// Gives back what `take` or `add` returned.
  void give(void* block);
  /// Removes and returns one added memory that is entirely free; null when there is none.
  struct Memory {
    void* start;
    std::size_t bytes;  // with the header

    explicit operator bool() const { return start != nullptr; }
  };
  Memory remove_unused();

  /// The peak of the bytes in use since `reset_peak`.
  std::size_t peak() const { return peak_; }
  void reset_peak() { peak_ = in_use_; }

 private:
  struct Block;
  static constexpr std::size_t bin_count = 256;  // four per doubling

  static std::size_t bin(std::size_t bytes);
  void insert(Block* block);
  void remove(Block* block);
  void* hand_out(Block* block);

  std::array<Block*, bin_count> free_{};  // LIFO: the last freed block may still be in a cache
  std::size_t in_use_ = 0, peak_ = 0;
};

}  // namespace engram::memory
