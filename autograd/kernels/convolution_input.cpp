#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/finite.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/scratch.h>

#include <algorithm>

// The input's gradient as the forward pass of other convolutions. With a stride of 1 each element
// of x was seen through the kernel's elements in turn: dx is dy, convolved with the kernel turned
// by half a turn. With a stride of 2 an element was seen through every second of the kernel's
// elements alone, and which these are depends on where it lies: every second row and column of dx
// is such a convolution with a smaller kernel. With larger strides, with strides and dilation, and
// for few channels of x the columns' gradient is added up instead (convolution_col2im.cpp); also
// where the weight is not finite, for these convolutions multiply it by the zeros around dy.
namespace engram::kernels {
namespace {

/// Along one axis: elements first, first + stride, … of dx, as a convolution of dy.
struct Phase {
  std::int64_t first, stride;
  std::int64_t tap;  // the first of the kernel's elements that they were seen through
  WindowAxis axis;   // `kernel` is 0 if they were seen through none

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

/// Those that make dx of the rows of phase h and the columns of phase w.
ConvolutionSizes sizes_of(const ConvolutionSizes& s, const Phase& h, const Phase& w) {
  return {s.images, s.groups, s.out_channels, s.in_channels, {h.axis, w.axis}};
}

/// dx of the rows of phase h and the columns of phase w.
template <class T>
void compute(const ConvolutionSizes& s, const Phase& h, const Phase& w, const T* dy,
             const T* weight, T* dx) {
  const ConvolutionSizes back = sizes_of(s, h, w);
  const std::int64_t kernel = s.window.kernel_size(), taps = back.window.kernel_size();
  if (taps == 0) {
    std::fill_n(dx, s.images * s.groups * s.in_channels * back.window.out_size(), T{0});
    return;
  }
  // Where in the weight (groups · out channels, in channels, kernel) the turned kernels lie.
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

/// Rows first, first + stride, … of a plane of dx. `phases` holds, for each phase of the columns in
/// turn, (planes, rows, the phase's columns).
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
      } else {  // 2, known to the compiler, which then takes vectors
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
  constexpr std::int64_t fewest = 4;  // channels of x, that a tile may be full
  const auto suits = [](const WindowAxis& a) {
    // With dilation a phase would see other elements than every second one.
    return a.stride == 1 || (a.stride == 2 && a.dilation == 1);
  };
  if (s.in_channels < fewest || !suits(h) || !suits(w)) {
    return conv2d_input_gradient_by_col2im(s, dy, weight, dx);
  }
  if (h.stride == 1 && w.stride == 1) {
    const Phase rows(h, 0), columns(w, 0);
    const ConvolutionSizes back = sizes_of(s, rows, columns);
    // Winograd's way wants the elements of a kernel side by side, which those of a phase are not.
    if (suits_winograd(back)) {
      const Kernels3x3<T> turned{weight, s.window.kernel_size(), s.depth(), true};
      if (conv2d_by_winograd<T>(back, dy, turned, nullptr, dx)) return;
      return conv2d_input_gradient_by_col2im(s, dy, weight, dx);
    }
    compute(s, rows, columns, dy, weight, dx);
  } else {
    compute_by_phases(s, dy, weight, dx);
  }
  // If the weight has ∞ or NaN, so has dx: of the two the smaller is searched.
  const std::int64_t size = s.images * s.groups * s.in_channels * s.window.in_size();
  const bool is_finite =
      size < s.weight_size() ? all_finite(dx, size) : all_finite(weight, s.weight_size());
  if (!is_finite) conv2d_input_gradient_by_col2im(s, dy, weight, dx);
}

template void conv2d_input_gradient(const ConvolutionSizes&, const float*, const float*, float*);
template void conv2d_input_gradient(const ConvolutionSizes&, const double*, const double*, double*);

}  // namespace engram::kernels
