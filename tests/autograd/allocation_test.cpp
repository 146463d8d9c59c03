#include <doctest/doctest.h>
#include <engram/autograd/ops/loss.h>
#include <engram/autograd/sanitized.h>
#include <engram/engram.h>

#include <atomic>
#include <cstdlib>
#include <new>

// The sanitizers have their own operator new, and the pool does not recycle under them.
#if !defined(ENGRAM_SANITIZED)

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

namespace {

/// Whether ten steps allocate nothing on the heap.
template <class Step>
bool is_steady(Step step) {
  const std::size_t news_before = news, allocations_before = memory::stats().allocations;
  const std::size_t reserved_before = memory::stats().reserved;
  for (int i = 0; i < 10; ++i) step();
  return news == news_before && memory::stats().allocations == allocations_before &&
         memory::stats().reserved == reserved_before;
}

/// Checks that after some steps the pool has all blocks, and no step allocates. The number of steps
/// depends on when all threads have first worked at once, which on a busy machine may take a while.
template <class Step>
void check_steady(Step step) {
  int rounds = 0;
  while (!is_steady(step) && rounds < 20) ++rounds;
  CHECK(rounds < 20);
}

}  // namespace

TEST_CASE("allocation: a training step in the steady state takes nothing from the heap") {
  Generator generator(1);
  const Tensor x = randn({32, 20}, f32, generator), labels = randint(0, 10, {32}, generator);
  nn::Linear first(20, 50), last(50, 10);
  const std::vector<Tensor> parameters = {first.weight, first.bias, last.weight, last.bias};
  optim::Adam adam(parameters, {.lr = 1e-3});
  check_steady([&] {
    Tape tape;
    tape.backward(cross_entropy(last(relu(first(x))), labels) + sum(square(first.weight)) * 1e-3);
    adam.step();
    adam.zero_grad();
  });
}

TEST_CASE("allocation: … of a convolutional network, whose layers share large blocks") {
  Generator generator(1);
  const Tensor x = randn({32, 1, 28, 28}, f32, generator), labels = randint(0, 10, {32}, generator);
  nn::Conv2d first(1, 16, 5), second(16, 32, 3);
  nn::Linear last(800, 10);
  const std::vector<Tensor> parameters = {first.weight, first.bias,  second.weight,
                                          second.bias,  last.weight, last.bias};
  optim::SGD momentum(parameters, {.lr = 1e-3, .momentum = 0.9});
  check_steady([&] {
    Tape tape;
    Tensor h = max_pool2d(relu(first(x)), {.kernel = 2});
    h = max_pool2d(relu(second(h)), {.kernel = 2});
    tape.backward(cross_entropy(last(flatten(h, 1)), labels));
    momentum.step();
    momentum.zero_grad();
  });
}

TEST_CASE("allocation: … with the penalty of elastic weight consolidation") {
  Generator generator(1);
  const Tensor x = randn({32, 20}, f32, generator), labels = randint(0, 10, {32}, generator);
  nn::Linear net(20, 10);
  optim::SGD sgd(net.parameters(), {.lr = 1e-2});
  optim::EWC ewc(net.parameters(), {.lambda = 10});
  ewc.consolidate(net, data::Dataset(x, labels));
  check_steady([&] {
    Tape tape;
    tape.backward(cross_entropy(net(x), labels) + ewc.penalty());
    sgd.step();
    sgd.zero_grad();
  });
}

TEST_CASE("allocation: the counters count") {
  memory::release_cached();
  const std::size_t news_before = news, allocations_before = memory::stats().allocations;
  const Tensor large({1 << 20}, f64);
  CHECK(news > news_before);
  CHECK(memory::stats().allocations > allocations_before);
}

#endif
