#pragma once

#include <engram/optim/optimizer.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace engram::examples::study {

/// One of the compared optimizers, and its style in all pictures. Colours (the hues of Okabe and
/// Ito) differ in lightness too, lines in their dashes and points in form, so that contenders are
/// distinguishable in grey.
struct Contender {
  const char* name;   ///< in records: "adam"
  const char* title;  ///< in texts: "Adam"
  double default_lr;  ///< PyTorch's
  const char* colour;
  int dash;  ///< gnuplot's numbers
  int point;
};

/// Gradient descent and the five batch contenders, in the report's order.
std::span<const Contender> contenders();
/// The five optimizers that use batches: all except gradient descent.
std::span<const Contender> batch_contenders();
/// Error for an unknown name.
const Contender& contender(const std::string& name);

/// The hyperparameters of all contenders.
struct Hyperparameters {
  double lr;
  double momentum = 0.9;  ///< of "momentum"
  double alpha = 0.99;    ///< of "rmsprop": the report's β

  bool operator==(const Hyperparameters&) const = default;
};

/// The optimizer of that name; gradient descent is SGD, for use with full batches.
std::unique_ptr<optim::Optimizer> make_contender(const std::string& name,
                                                 const std::vector<Tensor>& parameters,
                                                 const Hyperparameters& with);

}  // namespace engram::examples::study
