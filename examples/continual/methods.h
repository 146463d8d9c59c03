#pragma once

#include "common/experiment.h"
#include "common/options.h"

#include <engram/continual/method.h>
#include <engram/experiment/run/results.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

// The methods of continual learning by name, with their options.
namespace engram::examples::runs {

/// An option of a method, such as λ of EWC.
struct MethodOption {
  std::string name;  ///< "fisher-samples"
  Json value;        ///< the default. Its type is the option's: a real number, an integer, or text;
                     ///< null stands for a number chosen by the method
  CLI::Validator check;
  std::string help;
};

struct MethodEntry {
  std::string name;  ///< "online-ewc"
  std::vector<MethodOption> options;
  /// Values of --search for the first option, the method's strength. Empty without a strength.
  std::vector<double> grid;
  /// Makes the method; `options` has all its options by name.
  std::function<std::unique_ptr<continual::Method>(const continual::Network&, const Json& options,
                                                   std::uint64_t seed)>
      make;
};

const std::vector<MethodEntry>& method_table();

/// "naive,joint,…"
std::string method_names();

/// The parts of a combination such as `er+ewc`; a single one for a plain name. UsageError when a
/// name is not in the table, is repeated, or cannot be combined: naive and joint.
std::vector<const MethodEntry*> parts_of(const std::string& method);

/// The options of this part of the method in a setup's `options`: a nested object in a combination.
Json& options_of_part(Json& options, const std::string& method, const std::string& part);

/// The part whose first option is the strength of a method: the first part that has one; null if
/// there is none.
const MethodEntry* strength_part(const std::string& method);
double strength(const std::string& method, const Json& options);

/// Error for a method that `parts_of` refuses.
std::unique_ptr<continual::Method> make_method(const std::string& method,
                                               const continual::Network& network,
                                               const Json& options, std::uint64_t seed);

}  // namespace engram::examples::runs
