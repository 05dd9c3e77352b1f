#include "daemon/sinks/metrics.hpp"

#include <fmt/format.h>
#include <prometheus/check_names.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>

#include "daemon/sinks/metric_events.hpp"

namespace contagiond::sinks {
namespace {

constexpr std::array<double, 9> http_bounds = {.001, .0025, .005, .01, .025, .1, .5, 1, 5};
using HttpHistogram = core::Histogram<http_bounds.size()>;

/// What one handler of the listener has answered.
struct Handler {
    HttpHistogram& duration;
    std::vector<std::pair<int, core::Counter*>> by_code;  ///< as they first came
};

}  // namespace

struct Metrics::Impl {
    explicit Impl(const core::EngineConfig& engine) : events(engine, series) {}

    ExemplarSource decision;   ///< whoever has the engine's turn writes it, past the lock
    mutable std::mutex mutex;  ///< everything below; the values themselves are atomics
    /// Of the last page, so that the room for the next is taken at once.
    mutable std::size_t bytes = 0;
    MetricSeries series;
    MetricEvents events;
    std::map<std::string, Handler, std::less<>> handlers;
    std::deque<HttpHistogram> histograms;

    void add(Metric metric, const Labels& labels, MetricSeries::Source source) {
        const std::lock_guard lock(mutex);
        const bool decides = metric == Metric::tick_to_decision_seconds;
        if (!series.try_add(metric, labels, std::move(source), decides ? &decision : nullptr))
            throw std::logic_error(
                fmt::format("metric {} has this series already", info(metric).name));
    }
    Handler& handler(std::string_view name);
    core::Counter& answers(std::string_view name, Handler& handler, int code);
};

Handler& Metrics::Impl::handler(std::string_view name) {
    if (const auto it = handlers.find(name); it != handlers.end()) return it->second;
    HttpHistogram& histogram = histograms.emplace_back(http_bounds);
    series.try_add(Metric::http_request_duration_seconds, {{"handler", std::string(name)}},
                   histogram_source(histogram));
    return handlers.emplace(name, Handler{histogram, {}}).first->second;
}

core::Counter& Metrics::Impl::answers(std::string_view name, Handler& handler, int code) {
    for (const auto& [known, counter] : handler.by_code)
        if (known == code) return *counter;
    core::Counter& counter =
        series.counter(Metric::http_requests_total,
                       {{"handler", std::string(name)}, {"code", std::to_string(code)}});
    handler.by_code.emplace_back(code, &counter);
    return counter;
}

std::string refused_name(std::span<const MetricInfo> table) {
    for (const MetricInfo& row : table) {
        if (!prometheus::CheckMetricName(std::string(row.name))) return std::string(row.name);
        std::istringstream labels{std::string(row.labels)};
        for (std::string label; labels >> label;)
            if (!prometheus::CheckLabelName(label) || label == "le")
                return fmt::format("{}{{{}}}", row.name, label);
    }
    return {};
}

Metrics::Metrics(const core::EngineConfig& engine) : impl_(std::make_unique<Impl>(engine)) {
    if (const std::string refused = refused_name(metric_table); !refused.empty())
        throw std::logic_error("Prometheus takes no such name: " + refused);
}
Metrics::~Metrics() = default;

void Metrics::add(Metric metric, const Labels& labels, const core::Counter& source) {
    impl_->add(metric, labels, &source);
}
void Metrics::add(Metric metric, const Labels& labels, const core::Gauge& source) {
    impl_->add(metric, labels, &source);
}
void Metrics::add(Metric metric, const Labels& labels, std::function<double()> source) {
    impl_->add(metric, labels, std::move(source));
}
void Metrics::add(Metric metric, const Labels& labels, HistogramSource source) {
    impl_->add(metric, labels, source);
}

void Metrics::declare_http(std::string_view handler) {
    const std::lock_guard lock(impl_->mutex);
    impl_->answers(handler, impl_->handler(handler), 200);
}

void Metrics::observe_http(std::string_view handler, int code, double seconds) {
    const std::lock_guard lock(impl_->mutex);  // makes every caller the one writer
    Handler& asked = impl_->handler(handler);
    asked.duration.observe(seconds);
    impl_->answers(handler, asked, code).add();
}

void Metrics::mark_decision(const core::EpisodeId& id, core::TimeNs ts, double seconds) {
    impl_->decision.store({id, seconds, core::to_seconds(ts)});
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
    const std::lock_guard lock(impl_->mutex);
    std::string page;
    page.reserve(impl_->bytes + impl_->bytes / 8);
    impl_->series.write(page, open_metrics ? PageFormat::open_metrics : PageFormat::classic);
    impl_->bytes = page.size();
    return page;
}

}  // namespace contagiond::sinks
