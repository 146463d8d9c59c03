#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/finite.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/scratch.h>

#include <algorithm>

// The input's gradient as the forward pass of other convolutions. With a stride of 1 dx is dy
// convolved with the flipped kernel. With a stride of 2 an element of x meets only every second
// element of the kernel, which ones depends on its parity: each phase of dx (every second row and
// column) is such a convolution with a smaller kernel. Larger strides, strides with dilation and
// few channels of x take col2im instead (convolution_col2im.cpp); so does a weight that is not
// finite, because these convolutions multiply it by the zeros around dy.
namespace engram::kernels {
namespace {

/// A phase of dx along one axis: elements first, first + stride, …, as a convolution of dy.
struct Phase {
  std::int64_t first, stride;
  std::int64_t tap;  // the first element of the kernel that they meet
  WindowAxis axis;   // `kernel` is 0 if they meet none

  Phase(const WindowAxis& a, std::int64_t first_element)
      : first(first_element), stride(a.stride), tap((first + a.padding) % a.stride), axis{} {
    const auto every = [&](std::int64_t n) {
      return std::max<std::int64_t>(0, (n + a.stride - 1) / a.stride);
    };
    axis = {.in = a.out,
            .kernel = every(a.kernel - tap),
            .stride = 1,
            .padding = 0,
            .dilation = a.dilation,
            .out = every(a.in - first)};
    axis.padding = a.dilation * (axis.kernel - 1) - (first + a.padding) / a.stride;
  }
};

/// The sizes of the convolution that gives dx at the rows of phase h and the columns of phase w.
ConvolutionSizes sizes_of(const ConvolutionSizes& s, const Phase& h, const Phase& w) {
  return {s.images, s.groups, s.out_channels, s.in_channels, {h.axis, w.axis}};
}

/// dx at the rows of phase h and the columns of phase w.
template <class T>
void compute(const ConvolutionSizes& s, const Phase& h, const Phase& w, const T* dy,
             const T* weight, T* dx) {
  const ConvolutionSizes back = sizes_of(s, h, w);
  const std::int64_t kernel = s.window.kernel_size(), taps = back.window.kernel_size();
  if (taps == 0) {
    std::fill_n(dx, s.images * s.groups * s.in_channels * back.window.out_size(), T{0});
    return;
  }
  // Offsets in the weight (groups · out channels, in channels, kernel) of the flipped kernels.
  const Scratch<std::int64_t> elements(s.out_channels * taps);
  std::int64_t* element = elements.data();
  for (std::int64_t out = 0; out < s.out_channels; ++out) {
    for (std::int64_t i = h.axis.kernel - 1; i >= 0; --i) {
      for (std::int64_t j = w.axis.kernel - 1; j >= 0; --j) {
        const std::int64_t row = h.tap + i * s.window.height.stride;
        const std::int64_t column = w.tap + j * s.window.width.stride;
        *element++ = out * s.depth() + row * s.window.width.kernel + column;
      }
    }
  }
  conv2d_direct<T>(back, dy, {weight, s.out_channels * s.depth(), kernel, elements.data()}, nullptr,
                   dx);
}

/// Interleaves the columns of rows first, first + stride, … of a plane of dx. `phases` holds
/// (planes, rows, columns of the phase) for each phase of the columns, concatenated.
template <class T>
void merge(const Phase& rows, std::int64_t planes, std::int64_t plane, const WindowAxis& width,
           const T* phases, T* dx) {
  for (std::int64_t phase = 0; phase < std::min(width.stride, width.in); ++phase) {
    const std::int64_t count = Phase(width, phase).axis.out, size = rows.axis.out * count;
    const T* from = phases + plane * size;
    for (std::int64_t row = 0; row < rows.axis.out; ++row, from += count) {
      T* to = dx + (rows.first + row * rows.stride) * width.in + phase;
      if (width.stride == 1) {
        std::copy(from, from + count, to);
      } else {  // 2, a constant, so that the loop is vectorised
        for (std::int64_t i = 0; i < count; ++i) to[2 * i] = from[i];
      }
    }
    phases += planes * size;
  }
}

template <class T>
void compute_by_phases(const ConvolutionSizes& s, const T* dy, const T* weight, T* dx) {
  const WindowAxis height = s.window.height, width = s.window.width;
  const std::int64_t planes = s.images * s.groups * s.in_channels;
  for (std::int64_t row = 0; row < std::min(height.stride, height.in); ++row) {
    const Phase h(height, row);
    const Scratch<T> phases(planes * h.axis.out * width.in);
    T* to = phases.data();
    for (std::int64_t column = 0; column < std::min(width.stride, width.in); ++column) {
      const Phase w(width, column);
      compute(s, h, w, dy, weight, to);
      to += planes * h.axis.out * w.axis.out;
    }
    parallel_for_each(planes, h.axis.out * width.in, [&](std::int64_t plane) {
      merge(h, planes, plane, width, phases.data(), dx + plane * s.window.in_size());
    });
  }
}

}  // namespace

template <class T>
void conv2d_input_gradient(const ConvolutionSizes& s, const T* dy, const T* weight, T* dx) {
  const WindowAxis h = s.window.height, w = s.window.width;
  constexpr std::int64_t fewest = 4;  // channels of x, to fill a tile
  const auto suits = [](const WindowAxis& a) {
    // With dilation a phase would not meet every second element of the kernel.
    return a.stride == 1 || (a.stride == 2 && a.dilation == 1);
  };
  if (s.in_channels < fewest || !suits(h) || !suits(w)) {
    return conv2d_input_gradient_by_col2im(s, dy, weight, dx);
  }
  if (h.stride == 1 && w.stride == 1) {
    const Phase rows(h, 0), columns(w, 0);
    const ConvolutionSizes back = sizes_of(s, rows, columns);
    // Winograd's convolution needs contiguous kernels; those of a phase are not.
    if (suits_winograd(back)) {
      const Kernels3x3<T> flipped{weight, s.window.kernel_size(), s.depth(), true};
      if (conv2d_by_winograd<T>(back, dy, flipped, nullptr, dx)) return;
      return conv2d_input_gradient_by_col2im(s, dy, weight, dx);
    }
    compute(s, rows, columns, dy, weight, dx);
  } else {
    compute_by_phases(s, dy, weight, dx);
  }
  // ∞ or NaN in the weight makes dx not finite: the smaller of the two is checked.
  const std::int64_t size = s.images * s.groups * s.in_channels * s.window.in_size();
  const bool is_finite =
      size < s.weight_size() ? all_finite(dx, size) : all_finite(weight, s.weight_size());
  if (!is_finite) conv2d_input_gradient_by_col2im(s, dy, weight, dx);
}

template void conv2d_input_gradient(const ConvolutionSizes&, const float*, const float*, float*);
template void conv2d_input_gradient(const ConvolutionSizes&, const double*, const double*, double*);

}  // namespace engram::kernels
