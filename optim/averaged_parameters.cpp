#include <engram/autograd/error.h>
#include <engram/autograd/kernels/elementwise.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/state_reader.h>
#include <engram/optim/averaged_parameters.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace engram::optim {
namespace {

constexpr const char* updates_key = "AveragedParameters.updates";

void copy_bytes(const Tensor& from, const Tensor& to) {
  std::ranges::copy(from.bytes(), to.mutable_bytes().begin());
}

}  // namespace

AveragedParameters::AveragedParameters(std::vector<Tensor> parameters,
                                       const AveragedParametersOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  check(!parameters_.empty(), "AveragedParameters: there are no parameters");
  check(!options_.decay || (*options_.decay >= 0 && *options_.decay <= 1),
        "AveragedParameters: decay must be in [0, 1], got {}", options_.decay.value_or(0));
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    const Tensor& parameter = parameters_[k];
    check(parameter.defined(), "AveragedParameters: parameter {} is undefined", k);
    check_dtype(is_floating(parameter.dtype()),
                "AveragedParameters: parameter {} needs f32 or f64, got {}", k, parameter.dtype());
    for (std::size_t j = 0; j < k; ++j) {
      check(!parameters_[j].is(parameter), "AveragedParameters: parameter {} was added before", k);
      // A swap would exchange shared elements twice.
      check(!share_elements(parameters_[j], parameter),
            "AveragedParameters: parameter {} shares elements with parameter {}", k, j);
    }
    average_.push_back(clone(detach(parameter)));
  }
}

void AveragedParameters::update() {
  check_ready("update");
  const double n = static_cast<double>(updates_);
  const double share = options_.decay ? 1 - *options_.decay : 1 / (n + 1);
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    if (updates_ == 0) {  // exact: a step of 1 would round, and keep infinity and NaN
      copy_bytes(parameters_[k], average_[k]);
      continue;
    }
    dispatch_floating("AveragedParameters", parameters_[k].dtype(), [&]<class T>() {
      const T* w = parameters_[k].data<T>().data();
      T* average = average_[k].data<T>().data();
      const T step(share);
      kernels::for_each_index(parameters_[k].numel(),
                              [=](std::int64_t i) { average[i] += step * (w[i] - average[i]); });
    });
  }
  ++updates_;
}

AveragedParameters::SwappedIn AveragedParameters::swap_in() {
  check_ready("swap_in");
  return SwappedIn(*this);
}

void AveragedParameters::copy_to_parameters() const {
  check_ready("copy_to_parameters");
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    copy_bytes(average_[k], parameters_[k]);
  }
}

StateDict AveragedParameters::state_dict() const {
  check_ready("state_dict");
  StateDict state;
  state.add_number(updates_key, updates_);
  state.add_list("average", average_);
  return state;
}

void AveragedParameters::load_state_dict(const StateDict& saved) {
  check_ready("load_state_dict");
  StateReader state(saved);
  state.set(updates_, state.count<std::int64_t>(updates_key));
  state.set(average_, state.list("average", average_));
  state.commit();
}

void AveragedParameters::check_ready(const char* caller) const {
  check(!swapped_in_, "AveragedParameters: {} while the average is swapped in", caller);
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    check_shape(parameters_[k].shape() == average_[k].shape(),
                "AveragedParameters: parameter {} is {} now, its average {}", k,
                parameters_[k].shape(), average_[k].shape());
    check_dtype(parameters_[k].dtype() == average_[k].dtype(),
                "AveragedParameters: parameter {} is {} now, its average {}", k,
                parameters_[k].dtype(), average_[k].dtype());
  }
}

void AveragedParameters::swap() noexcept {
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    std::ranges::swap_ranges(parameters_[k].mutable_bytes(), average_[k].bytes());
  }
  swapped_in_ = !swapped_in_;
}

}  // namespace engram::optim
