#include <engram/autograd/error.h>
#include <engram/autograd/ops/compare.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/indexing.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/nn/init.h>
#include <engram/nn/layers/embedding.h>

namespace engram::nn {

Embedding::Embedding(std::int64_t rows, std::int64_t width, const EmbeddingOptions& options)
    : Module("Embedding"),
      weight(add_parameter("weight", init::normal(Tensor({rows, width}, options.dtype)))),
      padding_idx_(options.padding_idx) {
  if (!padding_idx_) return;
  check(*padding_idx_ >= -rows && *padding_idx_ < rows,
        "Embedding: padding_idx {} is out of range for {} rows", *padding_idx_, rows);
  if (*padding_idx_ < 0) *padding_idx_ += rows;
  init::zeros(view(weight, {width}, *padding_idx_ * width));
}

Tensor Embedding::operator()(const Tensor& index) const {
  const Tensor y = embedding(index, weight);
  if (!padding_idx_) return y;
  const Tensor padding = unsqueeze(index == static_cast<double>(*padding_idx_), -1);
  return where(padding, detach(y), y);
}

}  // namespace engram::nn
