#pragma once

#include <engram/autograd/dtype.h>
#include <engram/autograd/shape.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace engram {

class Tape;

/// The tape and node of a recorded tensor: its identity without its elements.
struct Place {
  std::uint64_t tape = 0;  ///< 0 when it was not recorded
  std::int32_t node = 0;

  bool operator==(const Place&) const = default;
};

/// A reference-counted block of elements from the memory pool, shared by a tensor and its views.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t bytes);
  Buffer(const Buffer& other) noexcept : header_(other.header_) { retain(); }
  Buffer(Buffer&& other) noexcept : header_(std::exchange(other.header_, nullptr)) {}
  Buffer& operator=(Buffer other) noexcept {
    std::swap(header_, other.header_);
    return *this;
  }
  ~Buffer() { release(); }

  std::byte* data() const { return reinterpret_cast<std::byte*>(header_) + sizeof(Header); }
  bool unique() const { return header_->references.load(std::memory_order_acquire) == 1; }
  std::uint64_t version() const { return header_->version.load(std::memory_order_relaxed); }
  void bump_version() const { header_->version.fetch_add(1, std::memory_order_relaxed); }

 private:
  struct alignas(64) Header {
    std::atomic<std::int32_t> references;
    std::atomic<std::uint64_t> version;  // incremented when the elements are overwritten
    std::size_t bytes;                   // of the header and the elements
  };

  void retain() noexcept {
    if (header_) header_->references.fetch_add(1, std::memory_order_relaxed);
  }
  void release() noexcept;

  Header* header_ = nullptr;
};

/// A handle to an n-dimensional array, row-major and contiguous. A copy of the handle shares the
/// value; `clone` makes a new one. A default-constructed Tensor is undefined: it has no value, and
/// using it throws.
///
/// Members access the tensor itself; operations on tensors are free functions: `sum(x)`.
/// Handles may be passed between threads; writing elements that another thread reads is a race.
class Tensor {
 public:
  Tensor() = default;
  /// A new tensor with uninitialised elements. ShapeError for a negative size.
  Tensor(const Shape& shape, DType dtype);

  Tensor(const Tensor& other) noexcept : impl_(other.impl_) { retain(); }
  Tensor(Tensor&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)) {}
  Tensor& operator=(Tensor other) noexcept {
    std::swap(impl_, other.impl_);
    return *this;
  }
  ~Tensor() { release(); }

  bool defined() const { return impl_ != nullptr; }

  const Shape& shape() const;
  int rank() const { return shape().rank(); }
  /// Size along an axis, which may count from the end.
  std::int64_t size(std::int64_t axis) const { return shape().size(axis); }
  std::int64_t numel() const;
  DType dtype() const;

  /// The elements in row-major order. T must be the dtype's type: DTypeError. The handle is const,
  /// the elements are not, as with any shared value. The span is valid as long as a handle lives:
  /// give a result a name before looping over it.
  template <class T>
  std::span<T> data() const;
  /// The same elements as bytes, for any dtype.
  std::span<std::byte> bytes() const;

  /// The elements, to be overwritten, of a tensor that a tape may have recorded: backward then
  /// throws an AutogradError where it needs the old elements. It cannot notice writes through
  /// `data`.
  template <class T>
  std::span<T> mutable_data() const;
  std::span<std::byte> mutable_bytes() const;
  /// The version of the elements: changes with every `mutable_data` and `mutable_bytes`, and is
  /// unique to the buffer, even if a dead one had the same memory. Views share it.
  std::uint64_t version() const;

  /// The only element, converted to T. ShapeError when there is not exactly one.
  template <class T = double>
  T item() const;

  /// Whether a gradient flows here: true for a parameter, and for every tensor recorded from one.
  bool requires_grad() const;
  /// False for the result of a recorded operation. Only leaves keep their gradients.
  bool is_leaf() const;
  Place place() const;
  /// Makes this tensor a parameter, or a constant. DTypeError unless f32 or f64; AutogradError for
  /// the result of a recorded operation.
  void set_requires_grad(bool on = true) const;

  /// The gradient accumulated by `Tape::backward`; undefined when there is none.
  const Tensor& grad() const;
  /// Sets the gradient, or clears it with Tensor(). It must have this tensor's shape and dtype.
  void set_grad(Tensor grad) const;

  /// Replaces the value (shape, dtype, elements) behind all handles of this tensor by that of
  /// `value`, which it then shares; the gradient is cleared. AutogradError for the result of a
  /// recorded operation, and while a tape is alive on this thread.
  void set_data(const Tensor& value) const;

  /// Exchanges the elements with those of `other`, which must have this shape and dtype, without
  /// copying them. All handles of the two see the exchange; earlier views keep their elements.
  /// Where backward needs elements of the two that were recorded, it throws an AutogradError until
  /// they are exchanged back. AutogradError for the result of a recorded operation.
  void swap_data(const Tensor& other) const;

  /// Whether these elements have no other handle and no view, so that they may be overwritten.
  bool unshared() const;

  /// Whether both handles refer to one tensor: identity, not equality.
  bool is(const Tensor& other) const { return impl_ == other.impl_; }

 private:
  friend class LeafGradients;
  friend class Saved;
  friend class Tape;
  friend Tensor view(const Tensor& x, const Shape& shape, std::int64_t offset);

  struct Impl;
  explicit Tensor(Impl* impl) : impl_(impl) {}

  Impl& impl() const {
    if (!impl_) [[unlikely]]
      undefined();
    return *impl_;
  }
  void check_type(DType asked) const;
  void check_one_element() const;
  [[noreturn]] static void undefined();

  void retain() noexcept;
  void release() noexcept;
  void destroy() noexcept;

  Impl* impl_ = nullptr;
};

/// The state shared by a tensor's handles.
struct Tensor::Impl {
  std::atomic<std::int32_t> references{1};
  DType dtype = DType::f32;
  bool requires_grad = false;
  std::int32_t node = 0;   // of the recorded operation, on
  std::uint64_t tape = 0;  // this tape; 0 for a leaf
  std::int64_t numel = 0;
  std::byte* data = nullptr;
  Buffer buffer;
  Tensor gradient;
  Shape shape;
};

/// A tensor of another shape that shares x's elements from `offset` on; not recorded. `reshape`,
/// `slice` and `detach` are made of it. The range must lie within x: ShapeError.
Tensor view(const Tensor& x, const Shape& shape, std::int64_t offset = 0);

inline const Shape& Tensor::shape() const { return impl().shape; }
inline std::int64_t Tensor::numel() const { return impl().numel; }
inline DType Tensor::dtype() const { return impl().dtype; }
inline bool Tensor::requires_grad() const { return impl().requires_grad || impl().tape != 0; }
inline std::uint64_t Tensor::version() const { return impl().buffer.version(); }
inline bool Tensor::is_leaf() const { return impl().tape == 0; }
inline Place Tensor::place() const { return {impl().tape, impl_->node}; }
inline const Tensor& Tensor::grad() const { return impl().gradient; }
inline bool Tensor::unshared() const {
  return impl().references.load(std::memory_order_acquire) == 1 && impl_->buffer.unique();
}

template <class T>
std::span<T> Tensor::data() const {
  check_type(dtype_of<T>());
  return {reinterpret_cast<T*>(impl_->data), static_cast<std::size_t>(impl_->numel)};
}

template <class T>
std::span<T> Tensor::mutable_data() const {
  const std::span<T> elements = data<T>();
  impl_->buffer.bump_version();
  return elements;
}

inline std::span<std::byte> Tensor::mutable_bytes() const {
  impl().buffer.bump_version();
  return bytes();
}

template <class T>
T Tensor::item() const {
  check_one_element();
  return dispatch(impl_->dtype, [&]<class E>() { return convert<T>(data<E>()[0]); });
}

inline void Tensor::retain() noexcept {
  if (impl_) impl_->references.fetch_add(1, std::memory_order_relaxed);
}

inline void Tensor::release() noexcept {
  if (impl_ && impl_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
}

}  // namespace engram
