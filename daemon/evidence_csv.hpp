// Evidence as CSV: what was measured at the end of every bar, one row a statistic.
#pragma once

#include <string>

#include "core/engine.hpp"
#include "core/event.hpp"

namespace contagiond::daemon {

/// The first line, without a newline.
std::string evidence_header();

/// The row of a CorrelationMeasured or SelloffMeasured, without a newline; empty for other events.
/// Absent numbers are empty columns; present ones have as many digits as give the same number back.
/// Pure.
std::string evidence_row(const core::Event& event, const core::EngineConfig& config);

}  // namespace contagiond::daemon
