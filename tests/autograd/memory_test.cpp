#include <engram/autograd/create.h>
#include <engram/autograd/memory.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/random.h>
#include <engram/autograd/sanitized.h>
#include <engram/autograd/tape.h>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <new>
#include <thread>
#include <vector>

using namespace engram;

#if defined(ENGRAM_SANITIZED)
constexpr bool recycles = false;
#else
constexpr bool recycles = true;
#endif

// Defined by the address sanitizer at run time, independent of its macro.
extern "C" int __asan_address_is_poisoned(const volatile void* address) __attribute__((weak));

TEST_CASE("the address sanitizer sees a freed block") {
  if (!__asan_address_is_poisoned) return;
  for (std::size_t bytes : {64, 5000}) {
    void* block = memory::allocate(bytes);
    CHECK_FALSE(__asan_address_is_poisoned(block));
    memory::deallocate(block, bytes);
    CHECK(__asan_address_is_poisoned(block));
  }
}

TEST_CASE("blocks are aligned to 64 bytes and do not overlap") {
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (std::size_t bytes :
       {0, 1, 63, 64, 65, 1000, 1024, 1025, 1280, 1281, 4096, 100'000, 1 << 20}) {
    auto* block = static_cast<unsigned char*>(memory::allocate(bytes));
    CHECK(reinterpret_cast<std::uintptr_t>(block) % 64 == 0);
    if (bytes > 0) std::memset(block, static_cast<int>(blocks.size()), bytes);
    blocks.emplace_back(block, bytes);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto [block, bytes] = blocks[i];
    bool intact = true;
    for (std::size_t k = 0; k < bytes; ++k) intact &= block[k] == i;
    CHECK(intact);
    memory::deallocate(block, bytes);
  }
}

TEST_CASE("a freed block is handed out again") {
  if (!recycles) return;
  for (std::size_t bytes : {64, 1000, 5000, 3'000'000}) {
    void* block = memory::allocate(bytes);
    memory::deallocate(block, bytes);
    const auto before = memory::stats().allocations;
    void* again = memory::allocate(bytes);
    CHECK(again == block);
    CHECK(memory::stats().allocations == before);
    memory::deallocate(again, bytes);
  }
}

TEST_CASE("a large block is split for smaller requests, and joined again") {
  if (!recycles) return;
  memory::release_cached();
  constexpr std::size_t large = std::size_t{1} << 23, half = large / 2 + 64, rest = 2'000'000;
  void* block = memory::allocate(large + 64);
  memory::deallocate(block, large + 64);
  const std::size_t before = memory::stats().allocations;

  // Two halves, with space for their headers.
  void* first = memory::allocate(half);
  void* second = memory::allocate(half);
  CHECK(first == block);
  memory::deallocate(first, half);
  void* small = memory::allocate(rest);
  CHECK(small == block);
  void* other = memory::allocate(rest);
  for (void* each : {small, other}) memory::deallocate(each, rest);
  memory::deallocate(second, half);

  void* again = memory::allocate(large + 64);
  CHECK(again == block);
  memory::deallocate(again, large + 64);
  CHECK(memory::stats().allocations == before);
}

TEST_CASE("large blocks of random sizes do not overlap, and are one again when all are free") {
  if (!recycles) return;
  memory::release_cached();
  constexpr std::size_t all = std::size_t{1} << 26;
  memory::deallocate(memory::allocate(all), all);
  const std::size_t before = memory::stats().allocations;
  struct Taken {
    unsigned char* start;
    std::size_t bytes;
    unsigned char mark;
  };
  std::vector<Taken> taken;
  Generator generator(1);
  for (int step = 0; step < 500; ++step) {
    if (taken.size() < 8) {
      const auto bytes = static_cast<std::size_t>(1'050'000 + generator.below(5'000'000));
      const auto mark = static_cast<unsigned char>(step);
      taken.push_back({static_cast<unsigned char*>(memory::allocate(bytes)), bytes, mark});
      std::memset(taken.back().start, mark, bytes);
    } else {
      const auto k = generator.below(std::ssize(taken));
      const Taken one = taken[static_cast<std::size_t>(k)];
      taken.erase(taken.begin() + k);
      CHECK(one.start[0] == one.mark);
      CHECK(std::memcmp(one.start, one.start + 1, one.bytes - 1) == 0);
      memory::deallocate(one.start, one.bytes);
    }
  }
  for (const Taken& one : taken) memory::deallocate(one.start, one.bytes);
  memory::deallocate(memory::allocate(all), all);
  CHECK(memory::stats().allocations == before);
}

TEST_CASE("peak: the most bytes of large blocks at once") {
  if (!recycles) return;
  memory::reset_peak();
  const std::size_t before = memory::stats().peak;
  void* first = memory::allocate(3'000'000);
  void* second = memory::allocate(2'000'000);
  memory::deallocate(first, 3'000'000);
  CHECK(memory::stats().peak >= before + 5'000'000);
  CHECK(memory::stats().peak < before + 5'000'000 + 2 * (std::size_t{1} << 20) + 200);
  memory::reset_peak();
  CHECK(memory::stats().peak < before + 2'000'000 + (std::size_t{1} << 20) + 100);
  memory::deallocate(second, 2'000'000);
  memory::reset_peak();
  CHECK(memory::stats().peak == before);
}

TEST_CASE("what is reserved grows with use, and shrinks when the kept blocks are released") {
  constexpr std::size_t bytes = 10'000'000;
  memory::release_cached();
  const std::size_t before = memory::stats().reserved;
  void* block = memory::allocate(bytes);
  CHECK(memory::stats().reserved >= before + bytes);
  CHECK(memory::stats().reserved <= before + bytes + bytes / 4);
  memory::deallocate(block, bytes);
  memory::release_cached();
  CHECK(memory::stats().reserved == before);
}

TEST_CASE("blocks that a thread leaves behind serve the others") {
  if (!recycles) return;
  constexpr std::size_t count = 500;  // more than a thread's cache holds
  std::vector<void*> blocks;
  const auto allocate_all = [&] {
    for (std::size_t i = 0; i < count; ++i) blocks.push_back(memory::allocate(256));
  };
  const auto free_all = [&] {
    for (void* block : blocks) memory::deallocate(block, 256);
    blocks.clear();
  };
  allocate_all();
  std::thread(free_all).join();
  const auto before = memory::stats().allocations;
  allocate_all();
  CHECK(memory::stats().allocations == before);
  free_all();
}

TEST_CASE("a size beyond any machine throws") {
  if (!recycles) return;  // the sanitizer's own allocator would end the program
  CHECK_THROWS_AS(memory::allocate(std::size_t{1} << 63), std::bad_alloc);
  CHECK_THROWS_AS(memory::allocate(std::size_t{1} << 60), std::bad_alloc);
}

TEST_CASE("a training step in the steady state asks the system for nothing") {
  if (!recycles) return;
  const Tensor w = ones({50, 50});
  w.set_requires_grad();
  const auto step = [&] {
    Tape tape;
    tape.backward(sum(square(w * 3 + 1)));
    w.set_grad(Tensor());
  };
  step();
  const auto before = memory::stats().allocations;
  for (int i = 0; i < 10; ++i) step();
  CHECK(memory::stats().allocations == before);
}
