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

// The methods of continual learning by their names, with what each can be told.
namespace engram::examples::runs {

/// An option of a method, such as λ of EWC.
struct MethodOption {
  std::string name;  ///< "fisher-samples"
  Json value;        ///< where nobody says another. Its type is the option's: a real number, a
                     ///< whole one, or text; null is a number, which the method chooses itself
  CLI::Validator check;
  std::string help;
};

struct MethodEntry {
  std::string name;  ///< "online-ewc"
  std::vector<MethodOption> options;
  /// What --search tries for the first option, which is the method's strength. Empty when there is
  /// nothing to choose.
  std::vector<double> grid;
  /// The method with these options, which has all of them under their names.
  std::function<std::unique_ptr<continual::Method>(const continual::Network&, const Json& options,
                                                   std::uint64_t seed)>
      make;
};

const std::vector<MethodEntry>& method_table();

/// "naive,joint,…"
std::string method_names();

/// What `er+ewc` is made from; a single one for a plain name. UsageError when a name is not in the
/// table, comes twice, or cannot be combined: naive and joint.
std::vector<const MethodEntry*> parts_of(const std::string& method);

/// What `options` of a setup says of this part of the method: its own object in a combination.
Json& options_of_part(Json& options, const std::string& method, const std::string& part);

/// The part and option that is the strength of a method: the first part's that has one. Null where
/// there is none.
const MethodEntry* strength_part(const std::string& method);
double strength(const std::string& method, const Json& options);

/// Error for what `parts_of` refuses.
std::unique_ptr<continual::Method> make_method(const std::string& method,
                                               const continual::Network& network,
                                               const Json& options, std::uint64_t seed);

}  // namespace engram::examples::runs
