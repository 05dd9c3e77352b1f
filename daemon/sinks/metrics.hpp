// Metrics: what Prometheus reads. Families stand in one table (metric_table.hpp); series are
// registered before start and point at counters that others own; events fill the rest. A scrape
// takes no lock the hot path takes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/counters.hpp"
#include "core/engine.hpp"
#include "daemon/sinks/metric_table.hpp"
#include "daemon/sinks/sink.hpp"

namespace contagiond::sinks {

using Labels = std::vector<std::pair<std::string, std::string>>;

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
    /// `engine` must outlive this object; it names every instrument, pair and target.
    explicit Metrics(const core::EngineConfig& engine);
    ~Metrics() override;

    // Before start; sources must outlive this object.
    void add(Metric metric, Labels labels, const core::Counter& source);
    void add(Metric metric, Labels labels, const core::Gauge& source);
    void add(Metric metric, Labels labels, std::function<double()> source);
    void add(Metric metric, Labels labels, HistogramSource source);

    /// http_requests_total and http_request_duration_seconds; any thread, briefly locked.
    void observe_http(std::string_view handler, int code, double seconds);

    std::string_view name() const override { return "metrics"; }
    bool wants(const core::Event& event) const override;
    void consume(std::span<const Item> items) override;

    /// The page: Prometheus text format 0.0.4, or OpenMetrics 1.0.0. Any thread.
    std::string render(bool open_metrics) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::sinks
