#pragma once

// The programs use names of engram::experiment without the prefix.
namespace engram::experiment {}
namespace engram::examples {
using namespace experiment;
}
