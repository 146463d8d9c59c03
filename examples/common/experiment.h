#pragma once

// The programs use the names of experiment without its prefix.
namespace engram::experiment {}
namespace engram::examples {
using namespace experiment;
}
