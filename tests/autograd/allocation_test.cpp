#include <doctest/doctest.h>
#include <engram/autograd/ops/loss.h>
#include <engram/engram.h>

#include <atomic>
#include <cstdlib>
#include <new>

// The sanitizers bring their own operator new, and the pool does not recycle under them.
#if !defined(__SANITIZE_ADDRESS__)

namespace {

std::atomic<std::size_t> news{0};

void* counted(std::size_t bytes, std::size_t alignment) {
  news.fetch_add(1, std::memory_order_relaxed);
  if (void* block =
          std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment)) {
    return block;
  }
  throw std::bad_alloc();
}

}  // namespace

// Replaced for the whole test program; the array and nothrow forms call these.
void* operator new(std::size_t bytes) { return counted(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }

using namespace engram;

TEST_CASE("allocation: a training step in the steady state takes nothing from the heap") {
  Generator generator(1);
  const Tensor x = randn({32, 20}, f32, generator), labels = randint(0, 10, {32}, generator);
  const Tensor w1 = randn({50, 20}, f32, generator), b1 = randn({50}, f32, generator);
  const Tensor w2 = randn({10, 50}, f32, generator), b2 = randn({10}, f32, generator);
  const Tensor parameters[] = {w1, b1, w2, b2};
  for (const Tensor& each : parameters) each.set_requires_grad();
  const auto step = [&] {
    {
      Tape tape;
      const Tensor hidden = relu(linear(x, w1, b1));
      const Tensor loss = cross_entropy(linear(hidden, w2, b2), labels) + sum(square(w1)) * 1e-3;
      tape.backward(loss);
    }
    for (const Tensor& each : parameters) {
      each.set_data(each - each.grad() * 0.01);  // clears the gradient
    }
  };
  for (int warm_up = 0; warm_up < 3; ++warm_up) step();
  const std::size_t news_before = news, allocations_before = memory::stats().allocations;
  const std::size_t reserved_before = memory::stats().reserved;
  for (int steady = 0; steady < 10; ++steady) step();
  CHECK(news == news_before);
  CHECK(memory::stats().allocations == allocations_before);
  CHECK(memory::stats().reserved == reserved_before);
}

TEST_CASE("allocation: the counters count") {
  memory::release_cached();
  const std::size_t news_before = news, allocations_before = memory::stats().allocations;
  const Tensor large({1 << 20}, f64);
  CHECK(news > news_before);
  CHECK(memory::stats().allocations > allocations_before);
}

#endif
