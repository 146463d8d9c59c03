// Micro-benchmarks of Engram alone, for working on one kernel: bench_micro --benchmark_filter=REGEX
#include <engram/engram.h>

#include <benchmark/benchmark.h>

namespace {

using namespace engram;

/// Calls f once a round, on `bytes` of memory read and written.
template <class F>
void measure(benchmark::State& state, std::int64_t bytes, F f) {
  for (auto _ : state) benchmark::DoNotOptimize(f());
  state.SetBytesProcessed(state.iterations() * bytes);
}

constexpr std::int64_t size = sizeof(float);

void add_tensors(benchmark::State& state) {
  const Tensor a = rand({state.range(0)}), b = rand({state.range(0)});
  measure(state, 3 * size * a.numel(), [&] { return a + b; });
}
void add_row(benchmark::State& state) {
  const Tensor a = rand({state.range(0), 400}), b = rand({400});
  measure(state, 2 * size * a.numel(), [&] { return a + b; });
}
template <auto operation>
void unary(benchmark::State& state) {
  const Tensor x = rand({state.range(0)});
  measure(state, 2 * size * x.numel(), [&] { return operation(x); });
}

template <int axis>
void sum_axis(benchmark::State& state) {
  const Tensor x = rand({state.range(0), state.range(1)});
  measure(state, size * x.numel(), [&] { return sum(x, {axis}); });
}
void sum_all(benchmark::State& state) {
  const Tensor x = rand({state.range(0)});
  measure(state, size * x.numel(), [&] { return sum(x); });
}
void softmax_rows(benchmark::State& state) {
  const Tensor x = rand({state.range(0), state.range(1)});
  measure(state, 2 * size * x.numel(), [&] { return softmax(x, 1); });
}

/// m × n × k, and whether each is stored transposed.
void products(benchmark::State& state) {
  const std::int64_t m = state.range(0), n = state.range(1), k = state.range(2);
  const bool ta = state.range(3) != 0, tb = state.range(4) != 0;
  const Tensor a = rand(ta ? Shape{k, m} : Shape{m, k}), b = rand(tb ? Shape{n, k} : Shape{k, n});
  for (auto _ : state) {
    benchmark::DoNotOptimize(matmul(a, b, {.transpose_a = ta, .transpose_b = tb}));
  }
  state.counters["FLOPS"] = benchmark::Counter(
      2. * static_cast<double>(m * n * k * state.iterations()), benchmark::Counter::kIsRate);
}

/// A thousand operations, on 16 numbers each, on a tape.
void record(benchmark::State& state) {
  const Tensor x = rand({16}), a = rand({16});
  x.set_requires_grad();
  for (auto _ : state) {
    Tape tape;
    Tensor y = x;
    for (int i = 0; i < 1000; ++i) y = y * a;
    if (state.range(0)) tape.backward(y, {.gradient = a});
    x.set_grad({});
  }
  state.SetItemsProcessed(1000 * state.iterations());
}

void allocate(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) memory::deallocate(memory::allocate(bytes), bytes);
}
void make_tensor(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Tensor({state.range(0)}, f32));
}

void load_batch(benchmark::State& state) {
  const data::Dataset dataset(Tensor({60000, 784}, u8), Tensor({60000}, i64));
  std::vector<std::int64_t> rows(static_cast<std::size_t>(state.range(0)));
  Generator generator(0);
  for (std::int64_t& row : rows) row = generator.below(60000);
  for (auto _ : state) benchmark::DoNotOptimize(dataset.batch(rows));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

constexpr std::int64_t in_cache = 1 << 14, out_of_cache = 1 << 24;

constexpr auto tensor_exp = static_cast<Tensor (*)(const Tensor&)>(exp);
constexpr auto tensor_tanh = static_cast<Tensor (*)(const Tensor&)>(tanh);

BENCHMARK(add_tensors)->Arg(64)->Arg(in_cache)->Arg(out_of_cache);
BENCHMARK(add_row)->Arg(128)->Arg(1024);
BENCHMARK(unary<relu>)->Name("relu")->Arg(64)->Arg(in_cache)->Arg(out_of_cache);
BENCHMARK(unary<tensor_exp>)->Name("exp")->Arg(in_cache)->Arg(out_of_cache);
BENCHMARK(unary<tensor_tanh>)->Name("tanh")->Arg(in_cache)->Arg(out_of_cache);
BENCHMARK(sum_all)->Arg(in_cache)->Arg(out_of_cache);
BENCHMARK(sum_axis<0>)->Name("sum_rows")->Args({128, 400})->Args({16384, 1024});
BENCHMARK(sum_axis<1>)->Name("sum_columns")->Args({128, 400})->Args({16384, 1024});
BENCHMARK(softmax_rows)->Args({128, 10})->Args({64, 1000})->Args({16384, 1024});
BENCHMARK(products)
    ->ArgNames({"m", "n", "k", "ta", "tb"})
    ->Args({128, 400, 784, 0, 1})  // linear, forward
    ->Args({128, 784, 400, 0, 0})  // and the gradient of its input
    ->Args({400, 784, 128, 1, 0})  // and of its weight
    ->Args({128, 10, 400, 0, 1})
    ->Args({1, 400, 784, 0, 1})
    ->Args({36864, 64, 288, 0, 0})
    ->Args({1024, 1024, 1024, 0, 0});
BENCHMARK(record)->ArgName("differentiated")->Arg(0)->Arg(1);
BENCHMARK(allocate)->Arg(64)->Arg(1 << 20);
BENCHMARK(make_tensor)->Arg(16)->Arg(1 << 20);
BENCHMARK(load_batch)->Arg(128);

}  // namespace

BENCHMARK_MAIN();
