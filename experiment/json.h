#pragma once

#include <nlohmann/json.hpp>

namespace engram::experiment {

using Json = nlohmann::ordered_json;

}  // namespace engram::experiment
