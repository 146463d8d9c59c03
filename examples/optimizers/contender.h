#pragma once

#include <engram/optim/optimizer.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace engram::examples::study {

/// One of the optimizers that are compared, and how all pictures draw it. Colours (the hues of
/// Okabe and Ito) lie far apart in lightness too, lines differ in their dashes and points in form,
/// so that the contenders can be told apart in grey.
struct Contender {
  const char* name;   ///< in records: "adam"
  const char* title;  ///< in texts: "Adam"
  double default_lr;  ///< PyTorch's
  const char* colour;
  int dash;  ///< gnuplot's numbers
  int point;
};

/// Gradient descent and the five, in the report's order.
std::span<const Contender> contenders();
/// The five that learn from batches: all but gradient descent.
std::span<const Contender> batch_contenders();
/// Error for a name that is none of theirs.
const Contender& contender(const std::string& name);

/// What an optimizer may have besides its rate.
struct Hyperparameters {
  double lr;
  double momentum = 0.9;  ///< of "momentum"
  double alpha = 0.99;    ///< of "rmsprop": the report's β

  bool operator==(const Hyperparameters&) const = default;
};

/// The optimizer of that name; gradient descent is SGD that sees everything at once.
std::unique_ptr<optim::Optimizer> make_contender(const std::string& name,
                                                 const std::vector<Tensor>& parameters,
                                                 const Hyperparameters& with);

}  // namespace engram::examples::study
