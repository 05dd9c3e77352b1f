// MetricSeries: the series of every family of the table, where each reads its value, and the
// storage of those that nobody else owns.
//
// No locks: whoever uses it keeps others out. The values themselves may be read while their owner
// writes them.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <limits>
#include <set>
#include <variant>
#include <vector>

#include "core/counters.hpp"
#include "daemon/sinks/metric_page.hpp"
#include "daemon/sinks/metric_table.hpp"

namespace contagiond::sinks {

/// What a statistic is that could not be computed.
inline constexpr double not_computable = std::numeric_limits<double>::quiet_NaN();

/// A histogram somebody else owns, read bucket by bucket.
struct HistogramSource {
    std::vector<double> upper_bounds;
    std::function<std::uint64_t(std::size_t)>
        count;  ///< of bucket i alone; i == size is above the last bound
    std::function<double()> sum;
};

template <std::size_t Buckets>
HistogramSource histogram_source(const core::Histogram<Buckets>& histogram) {
    return {{histogram.bounds().begin(), histogram.bounds().end()},
            [&histogram](std::size_t i) { return histogram.count(i); },
            [&histogram] { return histogram.sum(); }};
}

class MetricSeries {
  public:
    /// Where a series reads its value.
    using Source = std::variant<const core::Counter*, const core::Gauge*, std::function<double()>,
                                HistogramSource>;

    /// Labels are named and ordered as in the table. Wrong names or a type that does not fit throw
    /// std::logic_error. False when the series exists already.
    bool try_add(Metric metric, Labels labels, Source source);

    // Series with storage of their own. Two things whose names are equal once cleaned would make a
    // page that no scrape accepts: the second stays unseen. The references stay valid.
    core::Gauge& gauge(Metric metric, Labels labels, double value = 0);
    core::Counter& counter(Metric metric, Labels labels);

    /// Every family as it is now, also one without series, in the order of the table. A series
    /// whose source throws is left out.
    std::vector<FamilySample> read() const;

  private:
    struct Series {
        Labels labels;
        Source source;
    };
    std::array<std::vector<Series>, metric_table.size()> families_;
    std::array<std::set<Labels>, metric_table.size()> known_;
    std::deque<core::Gauge> gauges_;
    std::deque<core::Counter> counters_;
};

}  // namespace contagiond::sinks
