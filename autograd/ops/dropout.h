#pragma once

#include <engram/autograd/random.h>

namespace engram {

/// Zeroes each element with probability p and scales the others by 1/(1 - p), which keeps the
/// expected value; p = 1 zeroes all. Returns x itself when not training or when p is 0. f32 or f64
/// (DTypeError); Error unless p is in [0, 1].
///
/// Takes one block of the generator for every four elements: the mask depends on the generator's
/// state alone, not on the number of threads.
Tensor dropout(const Tensor& x, double p = 0.5, bool training = true,
               Generator& generator = default_generator());

}  // namespace engram
