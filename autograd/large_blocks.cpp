#include <engram/autograd/large_blocks.h>

#include <algorithm>
#include <bit>
#include <new>

namespace engram::memory {
namespace {

constexpr std::size_t smallest_rest = std::size_t{1} << 20;  // smaller ones are not split off

std::size_t rounded(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

/// The header in front of a block's bytes.
struct alignas(64) LargeBlocks::Block {
  std::size_t bytes;  // without this header
  Block* before;      // neighbours in the memory that was added, null at its ends
  Block* after;
  bool is_free;
  Block* previous;  // in the list of its bin
  Block* next;

  std::byte* data() { return reinterpret_cast<std::byte*>(this) + header_bytes; }
};

std::size_t LargeBlocks::bin(std::size_t bytes) {
  const auto doubling = static_cast<std::size_t>(std::bit_width(bytes)) - 1;
  return 4 * doubling + (bytes >> (doubling - 2)) % 4;
}

void LargeBlocks::insert(Block* block) {
  Block*& first = free_[bin(block->bytes)];
  block->is_free = true;
  block->previous = nullptr;
  block->next = first;
  if (first) first->previous = block;
  first = block;
}

void LargeBlocks::remove(Block* block) {
  (block->previous ? block->previous->next : free_[bin(block->bytes)]) = block->next;
  if (block->next) block->next->previous = block->previous;
  block->is_free = false;
}

void* LargeBlocks::take(std::size_t bytes) {
  bytes = rounded(bytes);
  Block* best = nullptr;
  for (std::size_t k = bin(bytes); k < bin_count && !best; ++k) {
    for (Block* block = free_[k]; block; block = block->next) {
      if (block->bytes >= bytes && (!best || block->bytes < best->bytes)) best = block;
    }
  }
  if (!best) return nullptr;
  remove(best);
  if (best->bytes - bytes >= header_bytes + smallest_rest) {
    auto* rest = new (best->data() + bytes)
        Block{best->bytes - bytes - header_bytes, best, best->after, false, nullptr, nullptr};
    if (rest->after) rest->after->before = rest;
    best->after = rest;
    best->bytes = bytes;
    insert(rest);
  }
  return hand_out(best);
}

void* LargeBlocks::add(void* memory, std::size_t bytes) {
  return hand_out(new (memory) Block{bytes, nullptr, nullptr, false, nullptr, nullptr});
}

void* LargeBlocks::hand_out(Block* block) {
  in_use_ += block->bytes;
  peak_ = std::max(peak_, in_use_);
  return block->data();
}

void LargeBlocks::give(void* data) {
  auto* block = reinterpret_cast<Block*>(static_cast<std::byte*>(data) - header_bytes);
  in_use_ -= block->bytes;
  const auto join = [](Block* first, Block* second) {
    first->bytes += header_bytes + second->bytes;
    first->after = second->after;
    if (first->after) first->after->before = first;
  };
  if (Block* after = block->after; after && after->is_free) {
    remove(after);
    join(block, after);
  }
  if (Block* before = block->before; before && before->is_free) {
    remove(before);
    join(before, block);
    block = before;
  }
  insert(block);
}

LargeBlocks::Memory LargeBlocks::remove_unused() {
  for (Block* first : free_) {
    for (Block* block = first; block; block = block->next) {
      if (block->before || block->after) continue;
      remove(block);
      return {block, header_bytes + block->bytes};
    }
  }
  return {nullptr, 0};
}

}  // namespace engram::memory
