#include "rows.h"

#include <fmt/format.h>

#include <array>

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
  return {.name = name, .contestant = "engram", .words = words, .times = times,
          .same_result = false};
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
    {"LeNet-5", "lenet", {64}, {"sgd"}},
    {"CNN", "cnn", {64}, {"sgd"}},
};

std::string title(const std::string& optimizer) { return optimizer == "sgd" ? "SGD" : "Adam"; }

void add_networks(std::vector<Row>& rows) {
  for (const Trained& net : networks) {
    for (int batch : net.batches) {
      for (const std::string optimizer : net.optimizers) {
        rows.push_back({fmt::format("train {}, batch {}, {}", net.name, batch, title(optimizer)),
                        fmt::format("train {} {} {}", net.words, batch, optimizer),
                        {floor_peer, torch_peer}});
      }
    }
  }
  for (const Trained& net : networks) {
    for (int batch : net.batches) {
      rows.push_back({fmt::format("infer {}, batch {}", net.name, batch),
                      fmt::format("infer {} {}", net.words, batch),
                      {floor_peer, torch_peer}});
    }
  }
}

}  // namespace

std::vector<Row> all_rows() {
  std::vector<Row> rows;
  add_networks(rows);
  return rows;
}

}  // namespace bench
