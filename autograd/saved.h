#pragma once

#include <engram/autograd/tensor.h>

namespace engram {

/// A tensor whose elements backward needs, captured by its closure: `[x = Saved(x)]`. Reading it
/// after the elements were overwritten or exchanged throws `Changed`; `Tape` rethrows that as an
/// AutogradError which names the operation and the input. The check is made on reading: a closure
/// that does not need the elements for the wanted gradients does not throw.
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

  /// Unchecked, as no element is read.
  const Shape& shape() const { return value_.shape(); }
  DType dtype() const { return value_.dtype(); }

  /// Thrown on reading.
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
