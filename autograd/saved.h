#pragma once

#include <engram/autograd/tensor.h>

namespace engram {

/// A tensor whose elements backward needs, as its closure captures it: `[x = Saved(x)]`. Reading it
/// after the elements were overwritten or exchanged throws; `Tape` makes of that an AutogradError
/// which names the operation and the input. It is checked when it is read, so a closure that does
/// not need it for the gradients that are wanted does not mind.
class Saved {
 public:
  explicit Saved(const Tensor& value) : value_(value) {
    if (!value.defined()) return;
    elements_ = value.impl_->data;
    version_ = value.impl_->buffer.version();
  }

  operator const Tensor&() const {
    if (changed()) [[unlikely]]
      throw Changed{value_};
    return value_;
  }
  const Tensor& value() const { return *this; }
  template <class T>
  std::span<T> data() const {
    return value().data<T>();
  }

  /// No element is read.
  const Shape& shape() const { return value_.shape(); }
  DType dtype() const { return value_.dtype(); }

  /// What reading throws.
  struct Changed {
    Tensor value;
  };

 private:
  bool changed() const {
    if (!value_.defined()) return false;
    return value_.impl_->data != elements_ || value_.impl_->buffer.version() != version_;
  }

  Tensor value_;
  const std::byte* elements_ = nullptr;
  std::uint64_t version_ = 0;
};

}  // namespace engram
