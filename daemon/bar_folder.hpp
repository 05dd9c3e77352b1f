// A folder of bar files, named symbol_venue_interval_firstday_lastday.csv[.gz].
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/replay_sources.hpp"

namespace contagiond::daemon {

/// The name the daemon knows a series by: btcusdt is BTC-USD, ethusdt ETH-USD, nq and mnq are NQ,
/// others are their upper case.
std::string canonical_symbol(std::string_view name);

/// Files of the folder that may hold bars inside `range`: by symbol, then the finest interval
/// first, then by name. Files of other names are left aside. Throws std::runtime_error with one
/// sentence when the folder cannot be read or holds none at all.
std::vector<BarFile> list_bar_files(const std::string& directory, TimeRange range);

/// For each file what finer files (or equal ones earlier in the list) of its symbol hold already.
/// Reads the times of those files that overlap a coarser one.
std::vector<std::vector<std::shared_ptr<const BarCoverage>>> find_finer(
    const std::vector<BarFile>& files);

}  // namespace contagiond::daemon
