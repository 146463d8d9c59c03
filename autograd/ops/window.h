#pragma once

#include <engram/autograd/kernels/window.h>
#include <engram/autograd/size2d.h>

namespace engram {

struct WindowOptions {
  Size2d image;
  Size2d kernel;
  Size2d stride;
  Size2d padding;
  Size2d dilation = 1;
  bool ceil_mode = false;  ///< as PyTorch's: a last window may reach beyond the padding
};

/// How a kernel slides over an image: what convolution and pooling have in common. Error for an
/// option out of range, ShapeError when the kernel does not fit; the texts name `op`.
kernels::Window sliding_window(const char* op, const WindowOptions& options);

}  // namespace engram
