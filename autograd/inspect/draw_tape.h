#pragma once

#include <engram/autograd/state.h>
#include <engram/autograd/tape.h>

#include <string>

namespace engram {

/// The recording of a tape, one operation a line: its number, name, inputs and output shape.
/// Parameters are printed by `names`, such as `net.named_parameters()`; `·` is a constant.
///
///     0  linear         · fc1.weight fc1.bias -> (128, 400)
///     1  relu           0 -> (128, 400)
///     2  linear         1 out.weight out.bias -> (128, 10)
///     3  cross_entropy  2 · · -> ()
std::string to_string(const Tape& tape, const StateDict& names = {});

/// The same as a graph in Graphviz' language: `dot -Tsvg` draws it.
std::string to_dot(const Tape& tape, const StateDict& names = {});

}  // namespace engram
