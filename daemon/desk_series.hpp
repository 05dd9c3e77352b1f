// DeskSeries: a time and a value a line of CSV, and several such files as rows of one table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "daemon/estimate_input.hpp"

namespace contagiond::daemon {

/// Lines as they come, in whatever order. Blocks on the disk. Throws CaseError, naming file and
/// line, for a line that is not a row, std::runtime_error for a file that cannot be read.
Ticks read_desk_series(const std::string& path);

struct DeskRows {
    std::vector<core::TimeNs> ts;
    std::vector<Column> columns;         ///< one a file, as long as ts
    std::vector<std::uint64_t> dropped;  ///< lines a file that were late or not a price
};

/// One row for every time that any series has. A line below its series' last time is late and left
/// out; of equal times the last line counts. Pure.
DeskRows join_by_time(std::span<const Ticks> series);

/// Log returns between the steps of a clock, by previous tick; absent where a price at either end
/// is absent or older than `staleness_max`. Pure.
DeskRows returns_on_grid(std::span<const Ticks> series, core::DurationNs step,
                         core::DurationNs staleness_max);

}  // namespace contagiond::daemon
