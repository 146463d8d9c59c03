#include "rows.h"

#include <fmt/format.h>

#include <array>
#include <thread>

namespace bench {
namespace {

const Peer floor_peer = {"floor", "floor"};
const Peer torch_peer = {"libtorch", "torch"};
const Peer dnn_peer = {"oneDNN", "onednn"};

/// The machine's limit for a work: words for bench_limit.
Peer limit(const std::string& words) {
  return {.name = "limit", .contestant = "limit", .words = words, .same_result = false};
}

/// Another work of Engram's own.
Peer own(const std::string& name, const std::string& words, double times = 1) {
  return {
      .name = name, .contestant = "engram", .words = words, .times = times, .same_result = false};
}

struct Trained {
  const char* name;  // in the table
  const char* words;
  std::vector<int> batches;
  std::vector<const char*> optimizers;
};

const std::vector<Trained> networks = {
    {"MLP 784-400-400-10", "mlp 784-400-400-10", {1, 32, 128, 1024}, {"sgd", "adam"}},
    {"MLP 784-1000-1000-10", "mlp 784-1000-1000-10", {128}, {"adam"}},
    {"MLP 1024-1000-1000-10", "mlp 1024-1000-1000-10", {128}, {"adam"}},  // docs/continual.md
    {"LeNet-5", "lenet", {64}, {"sgd"}},
    {"CNN", "cnn", {64}, {"sgd"}},
};

std::string title(const std::string& optimizer) { return optimizer == "sgd" ? "SGD" : "Adam"; }

void add_networks(std::vector<Row>& rows) {
  for (const Trained& net : networks) {
    for (int batch : net.batches) {
      for (const std::string optimizer : net.optimizers) {
        rows.push_back({"",
                        fmt::format("train {}, batch {}, {}", net.name, batch, title(optimizer)),
                        fmt::format("train {} {} {}", net.words, batch, optimizer),
                        {floor_peer, torch_peer}});
      }
    }
  }
  for (const Trained& net : networks) {
    for (int batch : net.batches) {
      rows.push_back({"",
                      fmt::format("infer {}, batch {}", net.name, batch),
                      fmt::format("infer {} {}", net.words, batch),
                      {floor_peer, torch_peer}});
    }
  }
}

/// The step of an MLP as one of its sizes grows. Threads are compared along the width alone.
void add_scaling(std::vector<Row>& rows) {
  const auto add = [&](const Point& point, long batch, long width, long depth) {
    std::string sizes = "784";
    for (long i = 0; i < depth; ++i) sizes += fmt::format("-{}", width);
    const double first = 784. * static_cast<double>(width);
    const double weights =
        first + static_cast<double>((depth - 1) * width * width) + 10. * static_cast<double>(width);
    // Three products a layer, without the gradient of the images; two operations a term.
    const double flops = 2. * static_cast<double>(batch) * (3 * weights - first);
    rows.push_back({.work = fmt::format("scaling with {}: MLP 784-{}x{}-10, batch {}, SGD",
                                        point.axis, depth, width, batch),
                    .words = fmt::format("train mlp {}-10 {} sgd", sizes, batch),
                    .peers = {floor_peer, torch_peer, limit(fmt::format("flops {}", flops))},
                    .threads = point.axis == "width" ? 0 : 1,
                    .point = point});
  };
  const auto at = [](const std::string& axis, const std::string& label, long x) {
    return Point{axis, label, static_cast<double>(x)};
  };
  for (long batch = 1; batch <= 4096; batch *= 4) {
    add(at("batch", "images in a batch; two hidden layers of 400", batch), batch, 400, 2);
  }
  for (long width = 16; width <= 4096; width *= 2) {
    add(at("width", "units in each of two hidden layers; batch 128", width), 128, width, 2);
  }
  for (long depth = 1; depth <= 32; depth *= 2) {
    add(at("depth", "hidden layers of 400; batch 128", depth), 128, 400, depth);
  }
}

/// Steps on a busy machine, such as that of a user who compiles meanwhile.
void add_busy(std::vector<Row>& rows) {
  const std::array<const char*, 2> steps[] = {
      {"MLP 784-400-400-10, batch 128, Adam", "mlp 784-400-400-10 128 adam"},
      {"LeNet-5, batch 64, SGD", "lenet 64 sgd"},
      {"CNN, batch 64, SGD", "cnn 64 sgd"}};
  for (const auto& [name, words] : steps) {
    rows.push_back({.work = fmt::format("busy machine: train {}", name),
                    .words = fmt::format("train {}", words),
                    .peers = {torch_peer},
                    .threads = 2,
                    .is_busy = true});
  }
}

void add_waking(std::vector<Row>& rows) {
  if (std::thread::hardware_concurrency() < 2) return;
  rows.push_back({.work = "wake a sleeping thread",
                  .words = "wake",
                  .peers = {},
                  .parts = 2,  // there and back
                  .contestant = "limit",
                  .threads = 2});
}

void add_continual(std::vector<Row>& rows) {
  const std::string step = "train mlp 784-400-400-10 128 adam";
  rows.push_back({"",
                  "EWC step, MLP 784-400-400-10, batch 128, Adam",
                  "ewc mlp 784-400-400-10 128 adam",
                  {own("naive step", step)}});
  rows.push_back({"",
                  "Fisher of 1,000 samples, MLP 784-400-400-10",
                  "fisher mlp 784-400-400-10 1000",
                  {own("30 steps", step, 30)}});
}

void add_chains(std::vector<Row>& rows) {
  for (const std::string how : {"plain", "recorded", "differentiated"}) {
    rows.push_back(
        {"",
         fmt::format("small operation, {}{}", how == "plain" ? "not recorded" : "recorded",
                     how == "differentiated" ? " and differentiated" : ""),
         fmt::format("chain {} 1000", how),
         {torch_peer},
         1000});
  }
}

void add_optimizers(std::vector<Row>& rows) {
  const std::array<const char*, 2> optimizers[] = {// and who moves as many bytes
                                                   {"sgd", "sgd"},
                                                   {"momentum", "momentum"},
                                                   {"adagrad", "momentum"},
                                                   {"rmsprop", "momentum"},
                                                   {"adam", "adam"}};
  for (const auto& [name, streams] : optimizers) {
    rows.push_back({"",
                    fmt::format("optimizer step, 10 M parameters, {}", name),
                    fmt::format("optimizer {} 10", name),
                    {torch_peer, limit(fmt::format("{} 10000000", streams))}});
  }
}

struct Convolution {
  const char* name;
  long images, channels, size, out, kernel, stride, padding;
};

const std::vector<Convolution> convolutions = {
    {"LeNet 1>6 5x5 28", 64, 1, 28, 6, 5, 1, 2},
    {"LeNet 6>16 5x5 14", 64, 6, 14, 16, 5, 1, 0},
    {"CNN 1>32 3x3 28", 64, 1, 28, 32, 3, 1, 0},
    {"CNN 32>64 3x3 26", 64, 32, 26, 64, 3, 1, 0},
    {"VGG 64>64 3x3 112", 2, 64, 112, 64, 3, 1, 1},
    {"VGG 128>128 3x3 56", 4, 128, 56, 128, 3, 1, 1},
    {"VGG 256>256 3x3 28", 4, 256, 28, 256, 3, 1, 1},
    {"VGG 512>512 3x3 14", 4, 512, 14, 512, 3, 1, 1},
    {"ResNet 3>64 7x7/2 224", 2, 3, 224, 64, 7, 2, 3},
    {"ResNet 64>64 3x3 56", 4, 64, 56, 64, 3, 1, 1},
    {"ResNet 64>128 3x3/2 56", 4, 64, 56, 128, 3, 2, 1},
    {"ResNet 64>256 1x1 56", 4, 64, 56, 256, 1, 1, 0},
    {"ResNet 512>512 3x3 7", 4, 512, 7, 512, 3, 1, 1},
};

void add_convolutions(std::vector<Row>& rows) {
  for (const Convolution& c : convolutions) {
    const long out_size = (c.size + 2 * c.padding - c.kernel) / c.stride + 1;
    const double flops = 2. * static_cast<double>(c.images * c.out * out_size * out_size) *
                         static_cast<double>(c.channels * c.kernel * c.kernel);
    for (const std::string direction : {"forward", "input", "weight"}) {
      rows.push_back({"",
                      fmt::format("conv2d {}{}, {}", direction,
                                  direction == "forward" ? "" : " gradient", c.name),
                      fmt::format("conv {} {} {} {} {} {} {} {} {}", direction, c.images,
                                  c.channels, c.size, c.size, c.out, c.kernel, c.stride, c.padding),
                      {dnn_peer, limit(fmt::format("flops {}", flops))}});
    }
  }
}

void add_products(std::vector<Row>& rows) {
  struct Product {
    const char* what;
    bool ta, tb;
    long m, n, k;
  };
  const Product products[] = {{"", false, false, 2048, 2048, 2048},
                              {", linear forward", false, true, 128, 400, 784},
                              {", linear input gradient", false, false, 128, 784, 400},
                              {", linear weight gradient", true, false, 400, 784, 128},
                              {", linear forward", false, true, 128, 10, 400},
                              {", linear forward", false, true, 1, 400, 784},
                              {", linear forward", false, true, 1024, 1000, 1000},
                              {", tall and narrow", false, false, 36864, 64, 288}};
  for (const Product& p : products) {
    rows.push_back(
        {"",
         fmt::format("sgemm {}x{}x{}{}", p.m, p.n, p.k, p.what),
         fmt::format("gemm {:d} {:d} {} {} {}", p.ta, p.tb, p.m, p.n, p.k),
         {dnn_peer, limit(fmt::format("flops {}", 2. * static_cast<double>(p.m) *
                                                      static_cast<double>(p.n * p.k)))}});
  }
}

void add_kernels(std::vector<Row>& rows) {
  const std::array<const char*, 2> sizes[] = {{"16384", "16 K, in cache"},
                                              {"16777216", "16 M, out of cache"}};
  for (const auto& [n, title] : sizes) {
    for (const std::string name : {"add", "relu", "exp", "tanh"}) {
      rows.push_back(
          {"",
           fmt::format("{} of {}", name, title),
           fmt::format("map {} {}", name, n),
           {torch_peer, limit(fmt::format("{} {}", name == "add" ? "add" : "copy", n))}});
    }
    rows.push_back({"",
                    fmt::format("sum of {}", title),
                    fmt::format("sum {}", n),
                    {torch_peer, limit(fmt::format("sum {}", n))}});
  }
  const std::array<long, 2> tables[] = {{128, 10}, {64, 1000}, {16384, 1024}};
  for (const auto& [r, c] : tables) {
    rows.push_back({"",
                    fmt::format("softmax of {}x{}", r, c),
                    fmt::format("softmax {} {}", r, c),
                    {torch_peer, limit(fmt::format("copy {}", r * c))}});
  }
}

void add_loader(std::vector<Row>& rows) {
  rows.push_back({.work = "loader, 60,000 x 784 bytes, batch 128, shuffled",
                  .words = "loader 60000 784 128",
                  .peers = {limit("rows 60000 784 128")}});
}

void add_memory(std::vector<Row>& rows) {
  for (const Trained& net : networks) {
    for (int batch : net.batches) {
      for (const std::string optimizer : net.optimizers) {
        rows.push_back({.work = fmt::format("peak memory, train {}, batch {}, {}", net.name, batch,
                                            title(optimizer)),
                        .words = fmt::format("train {} {} {}", net.words, batch, optimizer),
                        .peers = {floor_peer, torch_peer},
                        .measure = Measure::memory});
      }
    }
  }
}

void add_building(std::vector<Row>& rows) {
  const auto peer = [](const std::string& words) {
    return Peer{
        .name = "libtorch", .contestant = "build_times", .words = words, .same_result = false};
  };
  const auto add = [&](const std::string& work, const std::string& words, std::vector<Peer> peers,
                       Measure measure, int rounds, int threads) {
    rows.push_back({.work = work,
                    .words = words,
                    .peers = std::move(peers),
                    .measure = measure,
                    .contestant = "build_times",
                    .rounds = rounds,
                    .threads = threads});
  };
  add("compile a user's program with the umbrella header", "compile engram",
      {peer("compile libtorch")}, Measure::time, 3, 1);
  add("size of the shared library", "size shared", {peer("size libtorch")}, Measure::size, 0, 2);
  add("size of the static library", "size static", {}, Measure::size, 0, 2);
  add("build the library", "build library", {}, Measure::time, 1, 2);
  add("build everything: library, tests, examples", "build everything", {}, Measure::time, 1, 2);
}

}  // namespace

std::vector<Row> all_rows() {
  std::vector<Row> rows;
  const auto add_group = [&](const std::string& group,
                             const std::vector<void (*)(std::vector<Row>&)>& parts) {
    const auto first = std::ssize(rows);
    for (const auto& part : parts) part(rows);
    for (auto row = rows.begin() + first; row != rows.end(); ++row) row->group = group;
  };
  add_group("networks", {add_networks, add_continual});
  add_group("operations",
            {add_chains, add_optimizers, add_products, add_kernels, add_loader, add_waking});
  add_group("convolutions", {add_convolutions});
  add_group("scaling", {add_scaling});
  add_group("busy", {add_busy});
  add_group("size", {add_memory, add_building});
  return rows;
}

}  // namespace bench
