// Metrics: what Prometheus reads. Families stand in one table (metric_table.hpp); series are
// registered before start and point at counters that others own; events fill the rest. A scrape
// takes no lock the hot path takes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/counters.hpp"
#include "core/engine.hpp"
#include "daemon/sinks/metric_page.hpp"
#include "daemon/sinks/metric_table.hpp"
#include "daemon/sinks/sink.hpp"

namespace contagiond::sinks {

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

class Metrics final : public Sink {
  public:
    /// `engine` must outlive this object; it names every instrument, pair and target. Creates all
    /// series that events fill: at 0, correlations at NaN (not computable).
    explicit Metrics(const core::EngineConfig& engine);
    ~Metrics() override;

    // Before start; sources must outlive this object and are read at scrape. `labels` are named and
    // ordered as in the table, values come from configuration. A wrong name, a type that does not
    // fit or a series that exists throws std::logic_error. A function that throws leaves its series
    // out of that page; it must not call this object.
    void add(Metric metric, Labels labels, const core::Counter& source);
    void add(Metric metric, Labels labels, const core::Gauge& source);
    void add(Metric metric, Labels labels, std::function<double()> source);
    void add(Metric metric, Labels labels, HistogramSource source);

    /// Makes a handler's series at 0, before start.
    void declare_http(std::string_view handler);
    /// http_requests_total and http_request_duration_seconds; any thread, briefly locked.
    void observe_http(std::string_view handler, int code, double seconds);

    /// Marks a decision that changed an alert: becomes the exemplar of its bucket of
    /// tick_to_decision_seconds. Engine thread, never blocks: given up when a scrape holds the
    /// lock.
    void mark_decision(const core::EpisodeId& id, core::TimeNs ts, double seconds);

    std::string_view name() const override { return "metrics"; }
    bool wants(const core::Event& event) const override;
    /// A measure that became not computable keeps its last value, except correlations: they become
    /// NaN. That a price is old is told by symbol_stale.
    void consume(std::span<const Item> items) override;

    /// The page: Prometheus text format 0.0.4, or OpenMetrics 1.0.0. Every family of the table is
    /// named, also one without series. Any thread.
    std::string render(bool open_metrics) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// "5m", "1h", "90s": the label of a window or horizon. Pure.
std::string window_label(core::DurationNs window);

}  // namespace contagiond::sinks
