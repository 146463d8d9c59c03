#pragma once

#include "common/experiment.h"
#include "optimizers/contender.h"

#include <engram/experiment/report/drawing.h>

#include <span>
#include <string>

// A contender's style in gnuplot's language.
namespace engram::examples::study {

/// `linecolor "#…" dashtype … pointtype …`, the contender's style in all pictures.
std::string style(const Contender& contender);

/// Plot elements for columns 1:2:3 of a data block, x, y and a standard error: the contender's
/// line, and points with undashed error bars.
std::string line_with_bars(const std::string& data, const Contender& contender, double pointsize);

/// A multiplot panel with only the key of these contenders, in one row at the top.
std::string key_panel(std::span<const Contender> shown, double top);

}  // namespace engram::examples::study
