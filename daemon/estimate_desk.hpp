// estimate_desk: one estimator on a desk's own series, read from CSV files.
//
// A file has a time and a value a line (more columns are left alone; a first line that is not a row
// is a header; .gz is read too). Times are nanoseconds since 1970 or UTC text such as
// 2025-01-27T14:30:00.5Z. A value that is empty, NaN or infinite is absent.
//
// Estimators of ticks take prices as they come. The others take rows: of returns, one row for every
// time that any file has; of prices, log returns between the steps of a common clock.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"

namespace contagiond::daemon {

struct DeskRequest {
    std::string method = {};
    std::vector<std::string> files = {};
    std::vector<std::string> params =
        {};                              ///< "name=value", value as in a case; durations as 5m too
    std::string values = {};             ///< "returns" or "prices"; empty: what the method takes
    core::DurationNs step = 0;           ///< of the common clock; 0: none
    core::DurationNs staleness_max = 0;  ///< a price older than that is none; 0: no bound
    /// Where the calm rows end, for forbes_rigobon.
    std::optional<core::TimeNs> split = {};
};

struct DeskResult {
    std::string text;                ///< as of estimate_case, with ts_ns beside answers a row
    std::vector<std::string> notes;  ///< one sentence each: what was left out
};

/// Blocks on the disk. Throws CaseError or std::runtime_error with one sentence.
DeskResult estimate_desk(const DeskRequest& request);

/// For the command's help: each method, its files and what they hold, one a line.
std::string desk_methods();

}  // namespace contagiond::daemon
