#pragma once

#include "common/drawing.h"
#include "optimizers/contender.h"

#include <span>
#include <string>

// A contender's looks in gnuplot's words.
namespace engram::examples::study {

/// `linecolor "#…" dashtype … pointtype …`, as this contender looks everywhere.
std::string style(const Contender& contender);

/// A multiplot panel that shows nothing but a key with these contenders, in one row above the rest.
std::string key_panel(std::span<const Contender> shown, double top);

}  // namespace engram::examples::study
