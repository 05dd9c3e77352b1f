#include "daemon/sinks/metrics.hpp"

#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "daemon/sinks/metric_events.hpp"

namespace contagiond::sinks {
namespace {

constexpr std::array<double, 9> http_bounds = {.001, .0025, .005, .01, .025, .1, .5, 1, 5};
using HttpHistogram = core::Histogram<http_bounds.size()>;

prometheus::MetricFamily to_prometheus(const FamilySample& family) {
    prometheus::MetricFamily out;
    out.name = std::string(family.info->name);
    out.help = std::string(family.info->help);
    out.type = family.info->type == MetricType::counter ? prometheus::MetricType::Counter
               : family.info->type == MetricType::gauge ? prometheus::MetricType::Gauge
                                                        : prometheus::MetricType::Histogram;
    for (const SeriesSample& series : family.series) {
        prometheus::ClientMetric metric;
        for (const auto& [name, value] : series.labels) metric.label.push_back({name, value});
        metric.counter.value = series.value;
        metric.gauge.value = series.value;
        for (const BucketSample& bucket : series.buckets) {
            metric.histogram.bucket.push_back({bucket.cumulative_count, bucket.upper_bound});
            metric.histogram.sample_count = bucket.cumulative_count;
        }
        metric.histogram.sample_sum = series.sum;
        out.metric.push_back(std::move(metric));
    }
    return out;
}

}  // namespace

struct Metrics::Impl {
    explicit Impl(const core::EngineConfig& engine) : events(engine, series) {}

    mutable std::mutex mutex;  ///< everything below; the values themselves are atomics
    MetricSeries series;
    MetricEvents events;
    std::optional<Exemplar> decision_exemplar;  ///< the latest
    std::map<std::pair<std::string, int>, core::Counter*> http_requests;
    std::map<std::string, HttpHistogram*, std::less<>> http_durations;
    std::deque<HttpHistogram> histograms;

    void add(Metric metric, Labels labels, MetricSeries::Source source) {
        const std::lock_guard lock(mutex);
        if (!series.try_add(metric, std::move(labels), std::move(source)))
            throw std::logic_error(
                fmt::format("metric {} has this series already", info(metric).name));
    }
    HttpHistogram& http_duration(std::string_view handler);
    core::Counter& http_count(std::string_view handler, int code);
    std::vector<FamilySample> collect() const;
};

HttpHistogram& Metrics::Impl::http_duration(std::string_view handler) {
    if (const auto it = http_durations.find(handler); it != http_durations.end())
        return *it->second;
    HttpHistogram& histogram = histograms.emplace_back(http_bounds);
    series.try_add(Metric::http_request_duration_seconds, {{"handler", std::string(handler)}},
                   histogram_source(histogram));
    http_durations.emplace(handler, &histogram);
    return histogram;
}

core::Counter& Metrics::Impl::http_count(std::string_view handler, int code) {
    core::Counter*& slot = http_requests[{std::string(handler), code}];
    if (!slot)
        slot = &series.counter(Metric::http_requests_total,
                               {{"handler", std::string(handler)}, {"code", std::to_string(code)}});
    return *slot;
}

std::vector<FamilySample> Metrics::Impl::collect() const {
    const std::lock_guard lock(mutex);
    std::vector<FamilySample> page = series.read();
    for (const auto& [key, exemplar] : events.alert_exemplars()) {
        const Labels labels = {{"rule", std::string(to_string(key.first))},
                               {"severity", std::string(to_string(key.second))}};
        for (SeriesSample& alerts : page[static_cast<std::size_t>(Metric::alerts_total)].series)
            if (alerts.labels == labels) alerts.exemplar = exemplar;
    }
    auto& decisions = page[static_cast<std::size_t>(Metric::tick_to_decision_seconds)].series;
    if (decision_exemplar && !decisions.empty()) {
        auto& buckets = decisions.front().buckets;
        const auto bucket = std::find_if(buckets.begin(), buckets.end(), [&](const auto& b) {
            return decision_exemplar->value <= b.upper_bound;
        });
        if (bucket != buckets.end()) bucket->exemplar = decision_exemplar;
    }
    return page;
}

Metrics::Metrics(const core::EngineConfig& engine) : impl_(std::make_unique<Impl>(engine)) {}
Metrics::~Metrics() = default;

void Metrics::add(Metric metric, Labels labels, const core::Counter& source) {
    impl_->add(metric, std::move(labels), &source);
}
void Metrics::add(Metric metric, Labels labels, const core::Gauge& source) {
    impl_->add(metric, std::move(labels), &source);
}
void Metrics::add(Metric metric, Labels labels, std::function<double()> source) {
    impl_->add(metric, std::move(labels), std::move(source));
}
void Metrics::add(Metric metric, Labels labels, HistogramSource source) {
    impl_->add(metric, std::move(labels), std::move(source));
}

void Metrics::declare_http(std::string_view handler) {
    const std::lock_guard lock(impl_->mutex);
    impl_->http_duration(handler);
    impl_->http_count(handler, 200);
}

void Metrics::observe_http(std::string_view handler, int code, double seconds) {
    const std::lock_guard lock(impl_->mutex);  // makes every caller the one writer
    impl_->http_duration(handler).observe(seconds);
    impl_->http_count(handler, code).add();
}

void Metrics::mark_decision(const core::EpisodeId& id, core::TimeNs ts, double seconds) {
    const std::unique_lock lock(impl_->mutex, std::try_to_lock);
    if (!lock.owns_lock()) return;
    impl_->decision_exemplar = {std::string(id.view()), seconds, core::to_seconds(ts)};
}

bool Metrics::wants(const core::Event& event) const {
    return !std::holds_alternative<core::BarClosed>(event) &&
           !std::holds_alternative<core::FeedChanged>(event);
}

void Metrics::consume(std::span<const Item> items) {
    const std::lock_guard lock(impl_->mutex);
    for (const Item& item : items)
        if (const auto* event = std::get_if<core::Event>(&item)) impl_->events.take(*event);
}

std::string Metrics::render(bool open_metrics) const {
    const std::vector<FamilySample> page = impl_->collect();
    if (open_metrics) return open_metrics_text(page);
    std::vector<prometheus::MetricFamily> families;
    families.reserve(page.size());
    for (const FamilySample& family : page) families.push_back(to_prometheus(family));
    return prometheus::TextSerializer().Serialize(families);
}

}  // namespace contagiond::sinks
