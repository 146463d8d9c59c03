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
  bool ceil_mode = false;  ///< as in PyTorch: the last window may extend past the padding
};

/// The sliding window of a convolution or pooling. Error for an option out of range, ShapeError
/// when the kernel does not fit; the texts name `op`.
kernels::Window sliding_window(const char* op, const WindowOptions& options);

}  // namespace engram
