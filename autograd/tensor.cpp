#include <engram/autograd/memory.h>
#include <engram/autograd/tape.h>
#include <engram/autograd/tensor.h>

#include <new>

namespace engram {
namespace {

/// The version of new elements. The upper half numbers the buffers, as a dead buffer may have had
/// the same memory; each thread takes a range of numbers at a time, so that none waits for another.
std::uint64_t first_version() {
  constexpr std::uint32_t range = 4096;
  static constinit std::atomic<std::uint32_t> taken{0};
  static constinit thread_local std::uint32_t next = 0;
  if (next % range == 0) next = taken.fetch_add(range, std::memory_order_relaxed);
  return std::uint64_t{next++} << 32;
}

}  // namespace

Buffer::Buffer(std::size_t bytes) {
  bytes += sizeof(Header);
  header_ = new (memory::allocate(bytes)) Header{1, first_version(), bytes};
}

void Buffer::release() noexcept {
  if (!header_ || header_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  memory::deallocate(header_, header_->bytes);
}

Tensor::Tensor(const Shape& shape, DType dtype) {
  check_sizes(shape);
  const std::int64_t numel = shape.numel();
  Buffer buffer(static_cast<std::size_t>(numel) * size_of(dtype));
  impl_ = new (memory::allocate(sizeof(Impl))) Impl;
  impl_->dtype = dtype;
  impl_->numel = numel;
  impl_->data = buffer.data();
  impl_->buffer = std::move(buffer);
  impl_->shape = shape;
}

void Tensor::destroy() noexcept {
  impl_->~Impl();
  memory::deallocate(impl_, sizeof(Impl));
}

std::span<std::byte> Tensor::bytes() const {
  return {impl().data, static_cast<std::size_t>(impl_->numel) * size_of(impl_->dtype)};
}

void Tensor::set_requires_grad(bool on) const {
  check_autograd(impl().tape == 0,
                 "set_requires_grad: the tensor is the result of a recorded operation; "
                 "detach() it first");
  check_dtype(!on || is_floating(impl_->dtype), "set_requires_grad: needs f32 or f64, got {}",
              impl_->dtype);
  impl_->requires_grad = on;
}

void Tensor::set_grad(Tensor grad) const {
  if (grad.defined()) {
    check_shape(grad.shape() == shape(), "set_grad: the gradient is {}, the tensor {}",
                grad.shape(), shape());
    check_dtype(grad.dtype() == dtype(), "set_grad: the gradient is {}, the tensor {}",
                grad.dtype(), dtype());
  }
  impl().gradient = std::move(grad);
}

void Tensor::set_data(const Tensor& value) const {
  check_autograd(impl().tape == 0,
                 "set_data: the tensor is the result of a recorded operation; detach() it first");
  check_autograd(!Tape::any(),
                 "set_data: a tape is alive, and what it has recorded may be of another shape");
  const Impl& other = value.impl();
  check_dtype(!impl_->requires_grad || is_floating(other.dtype),
              "set_data: a parameter needs f32 or f64, got {}", other.dtype);
  impl_->dtype = other.dtype;
  impl_->numel = other.numel;
  impl_->shape = other.shape;
  impl_->data = other.data;
  impl_->buffer = other.buffer;
  impl_->gradient = Tensor();
}

void Tensor::swap_data(const Tensor& other) const {
  check_autograd(impl().tape == 0 && other.impl().tape == 0,
                 "swap_data: the tensor is the result of a recorded operation; detach() it first");
  check_shape(other.shape() == shape(), "swap_data: the tensors are {} and {}", shape(),
              other.shape());
  check_dtype(other.dtype() == dtype(), "swap_data: the tensors are {} and {}", dtype(),
              other.dtype());
  std::swap(impl_->data, other.impl_->data);
  std::swap(impl_->buffer, other.impl_->buffer);
}

void Tensor::check_type(DType asked) const {
  if (impl().dtype != asked) [[unlikely]] {
    fail<DTypeError>("data: asked for {}, the tensor is {}", asked, impl_->dtype);
  }
}

void Tensor::check_one_element() const {
  check_shape(numel() == 1, "item: a tensor of shape {} has not one element", shape());
}

void Tensor::undefined() {
  fail<Error>("an undefined tensor was used: it was never given a value");
}

Tensor view(const Tensor& x, const Shape& shape, std::int64_t offset) {
  check_sizes(shape);
  const std::int64_t numel = shape.numel();
  check_shape(offset >= 0 && numel <= x.numel() - offset,
              "view: {} elements from {} on do not lie within a tensor of {}", numel, offset,
              x.numel());
  const Tensor::Impl& from = x.impl();
  auto* impl = new (memory::allocate(sizeof(Tensor::Impl))) Tensor::Impl;
  impl->dtype = from.dtype;
  impl->numel = numel;
  impl->data = from.data + static_cast<std::size_t>(offset) * size_of(from.dtype);
  impl->buffer = from.buffer;
  impl->shape = shape;
  return Tensor(impl);
}

}  // namespace engram
