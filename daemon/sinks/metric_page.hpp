// The state of all metrics at one scrape, free of any library, and its OpenMetrics text.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/sinks/metric_table.hpp"

namespace contagiond::sinks {

/// Names and values, in the order of MetricInfo::labels.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// Ties a sample to the alert it stands for.
struct Exemplar {
    std::string alert_id;
    double value = 0;
    double ts_seconds = 0;  ///< since the epoch
};

struct BucketSample {
    double upper_bound = 0;  ///< the last one is +Inf
    std::uint64_t cumulative_count = 0;
    std::optional<Exemplar> exemplar;
};

/// One series. `value` for counters and gauges, the rest for histograms.
struct SeriesSample {
    Labels labels;
    double value = 0;
    std::vector<BucketSample> buckets;
    double sum = 0;
    std::optional<Exemplar> exemplar;  ///< counters only
};

struct FamilySample {
    const MetricInfo* info = nullptr;
    std::vector<SeriesSample> series;
};

/// OpenMetrics 1.0.0, with exemplars and "# EOF". Pure. Numbers are written as in the classic
/// format, so that `le` names the same series whichever format a scrape asks for.
std::string open_metrics_text(std::span<const FamilySample> families);

/// A label value that no reader stumbles over: what is not UTF-8 and control characters other than
/// the line break become U+FFFD. Quotes, backslashes and line breaks are escaped by the formats.
std::string clean_label_value(std::string_view text);

}  // namespace contagiond::sinks
