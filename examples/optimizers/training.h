#pragma once

#include "common/images.h"
#include "optimizers/setup.h"

#include <filesystem>
#include <functional>
#include <optional>

namespace engram::examples::study {

/// Called with how much of the training is done, 0 to 1.
using Tell = std::function<void(double done)>;

/// Trains. A long one is kept in the folder `checkpoint`, at the first end of an epoch that is
/// `keep_every` seconds after the last time, and goes on from there when it is asked for again. The
/// folder stays: the caller removes it once the record is safe. A checkpoint that is damaged is
/// removed, with a warning, and the training begins anew. Throws Interrupted on Ctrl-C.
Record train(const Setup& setup, Images& images, const Tell& tell,
             const std::filesystem::path& checkpoint, double keep_every = 60);

/// What there is of a training that was broken off, if it is a long one and its checkpoint is
/// whole.
std::optional<Record> unfinished(const std::filesystem::path& checkpoint);

}  // namespace engram::examples::study
