// MetricSeries: the series of every family of the table, where each reads its value, and the
// storage of those that nobody else owns. What of a line does not change, which is all but the
// number, is written once, when its series is made.
//
// No locks: whoever uses it keeps others out. The values themselves may be read while their owner
// writes them.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/counters.hpp"
#include "daemon/sinks/latest_value.hpp"
#include "daemon/sinks/metric_page.hpp"
#include "daemon/sinks/metric_table.hpp"

namespace contagiond::sinks {

/// What a statistic is that could not be computed.
inline constexpr double not_computable = std::numeric_limits<double>::quiet_NaN();

/// A histogram somebody else owns, whatever its number of buckets.
struct HistogramSource {
    std::span<const double> upper_bounds;
    const void* histogram;
    /// Of bucket i alone; i == upper_bounds.size() is above the last bound.
    std::uint64_t (*count)(const void* histogram, std::size_t i);
    double (*sum)(const void* histogram);
};

template <std::size_t Buckets>
HistogramSource histogram_source(const core::Histogram<Buckets>& histogram) {
    using H = core::Histogram<Buckets>;
    return {histogram.bounds(), &histogram,
            [](const void* h, std::size_t i) { return static_cast<const H*>(h)->count(i); },
            [](const void* h) { return static_cast<const H*>(h)->sum(); }};
}

/// Where the exemplar of a series is read; it may be written meanwhile.
using ExemplarSource = LatestValue<Exemplar>;

class MetricSeries {
  public:
    /// Where a series reads its value.
    using Source = std::variant<const core::Counter*, const core::Gauge*, std::function<double()>,
                                HistogramSource>;

    MetricSeries();
    MetricSeries(const MetricSeries&) = delete;
    MetricSeries& operator=(const MetricSeries&) = delete;

    /// Labels are named and ordered as in the table. Wrong names or a type that does not fit throw
    /// std::logic_error. False when the series exists already. An exemplar, of a counter or of the
    /// first bucket that holds its value, comes with OpenMetrics.
    bool try_add(Metric metric, const Labels& labels, Source source,
                 const ExemplarSource* exemplar = nullptr);

    // Series with storage of their own. Two things whose names are equal once cleaned would make a
    // page that no scrape accepts: the second stays unseen. The references stay valid.
    core::Gauge& gauge(Metric metric, const Labels& labels, double value = 0);
    core::Counter& counter(Metric metric, const Labels& labels,
                           const ExemplarSource* exemplar = nullptr);

    /// Replaces `page` by every family as it is now, also one without series, in the order of the
    /// table. A series whose source throws is left out. The page's room is used again.
    void write(std::string& page, PageFormat format) const;

  private:
    struct Line {
        Source source;
        const ExemplarSource* exemplar;
        /// Of a histogram: where the beginnings of its lines end, from the beginning of the series.
        std::vector<std::size_t> ends;
    };
    /// A plain counter or gauge needs no more than this.
    struct Series {
        std::variant<const core::Counter*, const core::Gauge*, const Line*> reader;
        std::size_t text_end;  ///< in Family::text; it begins where the one before ended
    };
    struct Family {
        std::string classic_head, open_head;
        std::string text;  ///< beginnings of lines, "name{labels} ", one series behind the other
        std::vector<Series> series;
        /// Positions in `series` by the hash of the last beginning, which tells series apart.
        std::unordered_multimap<std::size_t, std::size_t> known;
    };

    std::string_view text_of(const Family& family, std::size_t position) const;
    bool is_known(const Family& family, std::string_view last_beginning) const;
    static void write_line(PageWriter& page, std::string_view text, const Line& line,
                           PageFormat format);
    static void write_histogram(PageWriter& page, std::string_view text, const Line& line,
                                PageFormat format);

    std::array<Family, metric_table.size()> families_;
    std::deque<Line> lines_;
    std::deque<core::Gauge> gauges_;
    std::deque<core::Counter> counters_;
};

}  // namespace contagiond::sinks
