#pragma once

#include "common/experiment.h"
#include "optimizers/contender.h"

#include <engram/experiment/report/drawing.h>

#include <span>
#include <string>

// A contender's looks in gnuplot's words.
namespace engram::examples::study {

/// `linecolor "#…" dashtype … pointtype …`, as this contender looks everywhere.
std::string style(const Contender& contender);

/// A plot's elements for columns 1:2:3 of a data block, x, y and a standard error: the contender's
/// line, and points with bars that are not dashed as the line is.
std::string line_with_bars(const std::string& data, const Contender& contender, double pointsize);

/// A multiplot panel that shows nothing but a key with these contenders, in one row above the rest.
std::string key_panel(std::span<const Contender> shown, double top);

}  // namespace engram::examples::study
