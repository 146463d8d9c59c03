#pragma once

#include <engram/autograd/kernels/window.h>

#include <cstdint>

// What turns a convolution into a matrix product: the columns of an image hold, for each position
// of the window, the elements that it sees, 0 for the padding. Both work on the rows [begin, end)
// of positions: columns (channels · kernel height · kernel width, (end - begin) · out width).
namespace engram::kernels {

/// columns = what the windows see of x (channels, in height, in width).
template <class T>
void im2col(const Window& window, std::int64_t channels, std::int64_t begin, std::int64_t end,
            const T* x, T* columns);

/// The transpose of im2col: adds each element of the columns to the element of x that it came from.
template <class T>
void col2im(const Window& window, std::int64_t channels, std::int64_t begin, std::int64_t end,
            const T* columns, T* x);

}  // namespace engram::kernels
