// Evidence as CSV in the tidy form of data frames: one statistic a row, with all that is known of
// how sure it is.
#pragma once

#include <string>

#include "core/engine.hpp"
#include "core/event.hpp"

namespace contagiond::daemon {

/// The first line, without a newline:
///
///   ts                 end of the bar, RFC 3339
///   source             series that is measured, or that may lead
///   target             series that may follow; empty for statistics of one series
///   window_s           stretch of time the value refers to, in seconds; empty where there is none
///   statistic          name; with ts, source, target and window_s it names one row
///   value              empty: could not be computed
///   standard_error, effective_samples, interval_low, interval_high (95 %)
///   tainted            1: the data behind it were doubtful; 0; empty where it is not judged
///   note               text: verdict on a lead, kind of a return, date behind a value, "stale"
std::string evidence_header();

/// The rows of one event, one behind the other with newlines between them and none at the end;
/// empty for events that measure nothing. Present numbers have as many digits as give the same
/// number back. Pure.
std::string evidence_rows(const core::Event& event, const core::EngineConfig& config);

}  // namespace contagiond::daemon
