#pragma once

#include <engram/nn/module.h>

#include <optional>

namespace engram::nn {

struct EmbeddingOptions {
  /// The row of the padding token: initialised as 0, without a gradient. May count from the end.
  std::optional<std::int64_t> padding_idx = {};
  DType dtype = f32;
};

/// A row of the weight for each index: i64 (…) -> (…, width). Rows are initialised standard normal.
struct Embedding : Module {
  /// Error when there is no row `padding_idx`.
  Embedding(std::int64_t rows, std::int64_t width, const EmbeddingOptions& options = {});

  Tensor operator()(const Tensor& index) const;

  const Tensor weight;  ///< (rows, width)

 private:
  std::optional<std::int64_t> padding_idx_;  // from the front
};

}  // namespace engram::nn
