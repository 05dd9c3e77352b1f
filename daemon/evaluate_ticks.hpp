// A folder of tick files with labels.json: recorded or simulated paths of known truth.
#pragma once

#include <string>
#include <vector>

#include "core/engine.hpp"
#include "daemon/evaluate_runs.hpp"

namespace contagiond::daemon {

struct LabelledFile {
    std::string path;
    PathTruth truth;  ///< start and end are known once the file is read
};

/// What labels.json of the folder says of its files, in its order. Throws ConfigError with one
/// sentence: no such folder, no labels, labels that are none, a file that is not there.
std::vector<LabelledFile> read_labels(const std::string& folder);

/// The ticks of a file (`ts_ns,symbol,price,size`, plain or .gz) in its order, which is that of
/// their arrival: received at the latest stamp so far. BTC is BTC-USD and ETH is ETH-USD where the
/// universe knows only those. Symbols the universe does not hold are left out. Throws ConfigError
/// with one sentence when the file is damaged or a row is no tick.
LabelledPath read_labelled_path(const LabelledFile& file, const core::Universe& universe);

}  // namespace contagiond::daemon
