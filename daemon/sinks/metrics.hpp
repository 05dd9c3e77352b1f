// Metrics: what Prometheus reads. Families stand in one table (metric_table.hpp); series are
// registered before start and point at counters that others own; events fill the rest. The hot path
// takes no lock, so that no scrape delays it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/counters.hpp"
#include "core/engine.hpp"
#include "daemon/sinks/metric_series.hpp"
#include "daemon/sinks/sink.hpp"

namespace contagiond::sinks {

/// The first name of a metric or label that Prometheus does not take or keeps for itself; empty
/// when all are well. Pure.
std::string refused_name(std::span<const MetricInfo> table);

class Metrics final : public Sink {
  public:
    /// `engine` must outlive this object; it names every instrument, pair and target. Creates all
    /// series that events fill: at 0, statistics at NaN (not computable).
    explicit Metrics(const core::EngineConfig& engine);
    ~Metrics() override;

    // Before start; sources must outlive this object and are read at scrape. `labels` are named and
    // ordered as in the table, values come from configuration. A wrong name, a type that does not
    // fit or a series that exists throws std::logic_error. A function that throws leaves its series
    // out of that page; it must not call this object.
    void add(Metric metric, const Labels& labels, const core::Counter& source);
    void add(Metric metric, const Labels& labels, const core::Gauge& source);
    void add(Metric metric, const Labels& labels, std::function<double()> source);
    void add(Metric metric, const Labels& labels, HistogramSource source);

    /// Makes a handler's series at 0, before start.
    void declare_http(std::string_view handler);
    /// http_requests_total and http_request_duration_seconds; any thread, briefly locked.
    void observe_http(std::string_view handler, int code, double seconds);

    /// Marks a decision that changed an alert: becomes the exemplar of its bucket of
    /// tick_to_decision_seconds. For whoever has the engine's turn; takes no lock and allocates
    /// nothing.
    void mark_decision(const core::EpisodeId& id, core::TimeNs ts, double seconds);

    std::string_view name() const override { return "metrics"; }
    bool wants(const core::Event& event) const override;
    /// A statistic that became not computable becomes NaN; a return and a score keep their last
    /// value. That a price is old is told by symbol_stale.
    void consume(std::span<const Item> items) override;

    /// The page: Prometheus text format 0.0.4, or OpenMetrics 1.0.0. Every family of the table is
    /// named, also one without series. Any thread.
    std::string render(bool open_metrics) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::sinks
