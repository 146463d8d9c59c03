#include <engram/autograd/gradients.h>
#include <engram/autograd/kernels/elementwise.h>
#include <engram/autograd/record.h>

#include <algorithm>

namespace engram {

Tensor accumulated(Tensor sum, Tensor term) {
  if (!sum.defined()) return term;
  const bool in_place = !Tape::current() && sum.unshared();
  Tensor out = in_place ? sum : Tensor(sum.shape(), sum.dtype());
  dispatch_floating("backward", sum.dtype(), [&]<class T>() {
    kernels::map(sum.numel(), sum.data<T>().data(), term.data<T>().data(), out.data<T>().data(),
                 [](T a, T b) { return a + b; });
  });
  if (in_place) return out;
  return record("add", out, {sum, term}, [](const Tensor& dy, Gradients& d) { d[0] = d[1] = dy; });
}

namespace {

Tensor copy(const Tensor& x) {
  Tensor y(x.shape(), x.dtype());
  std::ranges::copy(x.bytes(), y.bytes().begin());
  return y;
}

}  // namespace

void LeafGradients::add(const Tensor& leaf, Tensor term) {
  if (!term.defined()) return;
  // A leaf's gradient shares no elements: clipping writes into it.
  Tensor& sum = leaf.impl_->gradient;
  if (!sum.defined() && !term.unshared()) term = copy(term);
  sum = accumulated(std::move(sum), std::move(term));
}

Tensor* LeafGradients::sum(const Tensor& leaf) {
  Tensor& sum = leaf.impl_->gradient;
  return sum.defined() && sum.unshared() ? &sum : nullptr;
}

GradientList::GradientList(std::span<const Tensor> x) : x_(x), gradients_(x.size()) {
  for (const Tensor& each : x) places_.push_back(each.place());
}

bool GradientList::wants(const Tensor& leaf) const {
  return std::ranges::any_of(x_, [&](const Tensor& each) { return each.is(leaf); });
}

void GradientList::add(const Tensor& leaf, Tensor term) {
  if (!term.defined()) return;
  for (std::size_t k = 0; k < x_.size(); ++k) {
    if (x_[k].is(leaf)) gradients_[k] = accumulated(std::move(gradients_[k]), term);
  }
}

void GradientList::arrived(std::size_t number, const Tensor& gradient) {
  gradients_[number] = gradient;
}

}  // namespace engram
