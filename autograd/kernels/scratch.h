#pragma once

#include <engram/autograd/memory.h>

#include <cstdint>

namespace engram::kernels {

/// Working memory of a kernel, from the recycling pool; not initialised.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::int64_t count)
      : bytes_(static_cast<std::size_t>(count) * sizeof(T)),
        data_(static_cast<T*>(memory::allocate(bytes_))) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { memory::deallocate(data_, bytes_); }

  T* data() const { return data_; }

 private:
  std::size_t bytes_;
  T* data_;
};

}  // namespace engram::kernels
