#include "daemon/sinks/metrics.hpp"

#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <exception>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <variant>

#include "daemon/sinks/watched.hpp"

namespace contagiond::sinks {
namespace {

constexpr double not_computable = std::numeric_limits<double>::quiet_NaN();
constexpr std::array<double, 9> http_bounds = {.001, .0025, .005, .01, .025, .1, .5, 1, 5};
using HttpHistogram = core::Histogram<http_bounds.size()>;

/// Regimes that are exported as states, in this order.
constexpr std::array exported_states = {core::Regime::calm, core::Regime::elevated,
                                        core::Regime::contagion};

using Source = std::variant<const core::Counter*, const core::Gauge*, std::function<double()>,
                            HistogramSource>;

struct Series {
    Labels labels;
    Source source;
};

template <typename... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

std::vector<BucketSample> read_buckets(const HistogramSource& source) {
    std::vector<BucketSample> buckets;
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i <= source.upper_bounds.size(); ++i) {
        cumulative += source.count(i);
        const double bound = i < source.upper_bounds.size()
                                 ? source.upper_bounds[i]
                                 : std::numeric_limits<double>::infinity();
        buckets.push_back({bound, cumulative, std::nullopt});
    }
    return buckets;
}

/// The series as it is now; absent when its source failed.
std::optional<SeriesSample> read(const Series& series) {
    SeriesSample sample{series.labels, 0, {}, 0, std::nullopt};
    try {
        std::visit(Overloaded{[&](const core::Counter* c) {
                                  sample.value = static_cast<double>(c->value());
                              },
                              [&](const core::Gauge* g) { sample.value = g->value(); },
                              [&](const std::function<double()>& f) { sample.value = f(); },
                              [&](const HistogramSource& h) {
                                  sample.buckets = read_buckets(h);
                                  sample.sum = h.sum();
                              }},
                   series.source);
    } catch (const std::exception&) {
        return std::nullopt;  // one missing value must not cost the page
    }
    return sample;
}

bool fits(MetricType type, const Source& source) {
    return std::visit(
        Overloaded{[&](const core::Counter*) { return type == MetricType::counter; },
                   [&](const core::Gauge*) { return type == MetricType::gauge; },
                   [&](const std::function<double()>&) { return type != MetricType::histogram; },
                   [&](const HistogramSource&) { return type == MetricType::histogram; }},
        source);
}

std::string label_names(const Labels& labels) {
    std::string names;
    for (const auto& [name, value] : labels) {
        if (!names.empty()) names += ' ';
        names += name;
    }
    return names;
}

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
    explicit Impl(const core::EngineConfig& config) : engine(config) {}

    const core::EngineConfig& engine;

    mutable std::mutex mutex;  ///< everything below; the values themselves are atomics
    std::array<std::vector<Series>, metric_table.size()> families;
    std::array<std::set<Labels>, metric_table.size()> known;
    std::map<std::pair<core::Rule, core::Severity>, Exemplar> alert_exemplars;
    std::optional<Exemplar> decision_exemplar;  ///< the latest
    std::map<std::pair<std::string, int>, core::Counter*> http_requests;
    std::map<std::string, HttpHistogram*, std::less<>> http_durations;

    // Storage of the series that events fill; written by the sink's thread.
    std::deque<core::Gauge> gauges;
    std::deque<core::Counter> counters;
    std::deque<HttpHistogram> histograms;

    struct Pair {
        core::Gauge* value;
        core::Gauge* baseline;
        core::Gauge* standard_error;
        core::Gauge* effective_samples;
    };
    std::map<WatchedPair, Pair> pairs;
    std::map<std::pair<core::SeriesId, std::uint8_t>, core::Gauge*> returns;
    std::map<core::InstrumentId, core::Gauge*> stale;
    std::map<std::pair<core::InstrumentId, core::RejectReason>, core::Counter*> rejected;
    struct Target {
        core::Gauge* score;
        std::array<core::Gauge*, exported_states.size()> states;
    };
    std::map<core::InstrumentId, Target> targets;
    using RuleSeverity = std::pair<core::Rule, core::Severity>;
    std::map<RuleSeverity, core::Counter*> alerts;
    std::map<RuleSeverity, core::Gauge*> active;
    std::map<std::pair<core::Rule, core::SuppressReason>, core::Counter*> suppressed;
    std::map<std::string, RuleSeverity, std::less<>> open;  ///< by episode id

    /// False when the series exists already.
    bool try_add(Metric metric, Labels labels, Source source) {
        const MetricInfo& family = info(metric);
        if (label_names(labels) != family.labels)
            throw std::logic_error(fmt::format("metric {} has the labels [{}], not [{}]",
                                               family.name, family.labels, label_names(labels)));
        if (!fits(family.type, source))
            throw std::logic_error(fmt::format("metric {} has another type", family.name));
        for (auto& [name, value] : labels) value = clean_label_value(value);
        const auto index = static_cast<std::size_t>(metric);
        if (!known[index].insert(labels).second) return false;
        families[index].push_back({std::move(labels), std::move(source)});
        return true;
    }
    void add(Metric metric, Labels labels, Source source) {
        if (!try_add(metric, std::move(labels), std::move(source)))
            throw std::logic_error(
                fmt::format("metric {} has this series already", info(metric).name));
    }

    // Series that events fill. Two things whose names are equal once cleaned would make a page that
    // no scrape accepts: the second stays unseen.
    core::Gauge* gauge(Metric metric, Labels labels, double value = 0) {
        core::Gauge& g = gauges.emplace_back();
        g.set(value);
        try_add(metric, std::move(labels), &g);
        return &g;
    }
    core::Counter* counter(Metric metric, Labels labels) {
        core::Counter& c = counters.emplace_back();
        try_add(metric, std::move(labels), &c);
        return &c;
    }

    const std::string& name_of(core::SeriesId series) const {
        return engine.universe.series_name(series);
    }

    Pair& pair(const WatchedPair& key) {
        if (const auto found = pairs.find(key); found != pairs.end()) return found->second;
        const Labels labels = {{"source", name_of(key.source)},
                               {"target", name_of(key.target)},
                               {"window", window_label(engine.correlation_windows[key.window])}};
        const Pair made{gauge(Metric::correlation, labels, not_computable),
                        gauge(Metric::correlation_baseline, labels, not_computable),
                        gauge(Metric::correlation_standard_error, labels, not_computable),
                        gauge(Metric::correlation_effective_samples, labels)};
        return pairs.emplace(key, made).first->second;
    }

    core::Gauge& return_of(core::SeriesId series, std::uint8_t horizon) {
        core::Gauge*& slot = returns[{series, horizon}];
        if (!slot)
            slot = gauge(Metric::return_ratio,
                         {{"symbol", name_of(series)},
                          {"window", window_label(engine.selloff_horizons[horizon])}});
        return *slot;
    }

    void make_series();
    void take(const core::Event& event);
    void take_episode(const core::Episode& episode);
    HttpHistogram& http_duration(std::string_view handler);
    core::Counter& http_count(std::string_view handler, int code);
    std::vector<FamilySample> collect() const;
};

void Metrics::Impl::make_series() {
    const core::Universe& universe = engine.universe;
    for (std::size_t i = 0; i < universe.instruments.size(); ++i) {
        const auto id = static_cast<core::InstrumentId>(i);
        const std::string& symbol = universe.instruments[i].symbol;
        stale[id] = gauge(Metric::symbol_stale, {{"symbol", symbol}});
        for (std::size_t r = 0; r < core::reject_reason_count; ++r) {
            const auto reason = static_cast<core::RejectReason>(r);
            rejected[{id, reason}] =
                counter(Metric::ticks_rejected_total,
                        {{"symbol", symbol}, {"reason", std::string(to_string(reason))}});
        }
    }
    // Ticks of what nobody configured: an empty value is the same as no symbol, and never a
    // configured one.
    const auto unknown = core::RejectReason::unknown_instrument;
    rejected[{core::no_id, unknown}] =
        counter(Metric::ticks_rejected_total,
                {{"symbol", ""}, {"reason", std::string(to_string(unknown))}});

    for (const core::SeriesId series : watched_series(engine))
        for (std::size_t h = 0; h < engine.selloff_horizons.size(); ++h)
            return_of(series, static_cast<std::uint8_t>(h));
    for (const WatchedPair& watched : watched_pairs(engine)) pair(watched);

    for (const core::InstrumentId target : engine.targets) {
        const std::string& symbol = universe.instruments[target].symbol;
        Target made{gauge(Metric::score, {{"target", symbol}}), {}};
        for (std::size_t s = 0; s < exported_states.size(); ++s)
            made.states[s] =
                gauge(Metric::regime,
                      {{"target", symbol}, {"state", std::string(to_string(exported_states[s]))}});
        targets.emplace(target, made);
    }
    for (std::size_t r = 0; r < core::rule_count; ++r) {
        const auto rule = static_cast<core::Rule>(r);
        const std::string rule_name(to_string(rule));
        for (std::size_t s = 0; s < core::severity_count; ++s) {
            const auto severity = static_cast<core::Severity>(s);
            const Labels labels = {{"rule", rule_name},
                                   {"severity", std::string(to_string(severity))}};
            alerts[{rule, severity}] = counter(Metric::alerts_total, labels);
            active[{rule, severity}] = gauge(Metric::alerts_active, labels);
        }
        for (std::size_t s = 0; s < core::suppress_reason_count; ++s) {
            const auto reason = static_cast<core::SuppressReason>(s);
            suppressed[{rule, reason}] =
                counter(Metric::alerts_suppressed_total,
                        {{"rule", rule_name}, {"reason", std::string(to_string(reason))}});
        }
    }
}

void Metrics::Impl::take_episode(const core::Episode& episode) {
    const RuleSeverity now{episode.rule, episode.severity};
    const auto shift = [&](const RuleSeverity& key, double by) {
        active[key]->set(active[key]->value() + by);
    };
    const auto before = open.find(episode.id.view());
    if (before != open.end()) shift(before->second, -1);
    if (episode.phase == core::EpisodePhase::resolved) {
        if (before != open.end()) open.erase(before);
        return;
    }
    shift(now, +1);
    open.insert_or_assign(std::string(episode.id.view()), now);
    if (episode.phase == core::EpisodePhase::opened) {
        alerts[now]->add();
        alert_exemplars[now] = {std::string(episode.id.view()), 1, core::to_seconds(episode.ts)};
    }
}

void Metrics::Impl::take(const core::Event& event) {
    std::visit(
        Overloaded{
            [&](const core::PriceSampled& e) {
                if (const auto it = stale.find(e.instrument); it != stale.end())
                    it->second->set(e.stale ? 1 : 0);
            },
            [&](const core::SelloffMeasured& e) {
                if (e.series >= engine.universe.series_count() ||
                    e.horizon >= engine.selloff_horizons.size() || !e.log_return)
                    return;
                return_of(e.series, e.horizon).set(std::expm1(*e.log_return));
            },
            [&](const core::CorrelationMeasured& e) {
                const std::size_t series = engine.universe.series_count();
                if (e.source >= series || e.target >= series ||
                    e.window >= engine.correlation_windows.size())
                    return;
                const Pair& p = pair({e.source, e.target, e.window});
                p.value->set(e.value.value_or(not_computable));
                p.baseline->set(e.baseline.value_or(not_computable));
                p.standard_error->set(e.standard_error.value_or(not_computable));
                p.effective_samples->set(e.effective_samples);
            },
            [&](const core::TargetAssessed& e) {
                const auto it = targets.find(e.target);
                if (it == targets.end()) return;
                if (e.score) it->second.score->set(*e.score);
                // Cooldown is calm to a rule on a dashboard; warming is none of the states.
                const core::Regime shown =
                    e.regime == core::Regime::over ? core::Regime::calm : e.regime;
                for (std::size_t s = 0; s < exported_states.size(); ++s)
                    it->second.states[s]->set(exported_states[s] == shown ? 1 : 0);
            },
            [&](const core::TickRejected& e) {
                auto it = rejected.find({e.instrument, e.reason});
                if (it == rejected.end())
                    it = rejected.find({core::no_id, core::RejectReason::unknown_instrument});
                it->second->add();
            },
            [&](const core::AlertSuppressed& e) {
                suppressed[{e.rule, e.reason}]->add();
            },
            [&](const core::EpisodeChanged& e) { take_episode(*e.episode); },
            [](const core::TickCorrelationMeasured&) {}, [](const core::LeadMeasured&) {},
            [](const core::LinkMeasured&) {}, [](const core::SeriesMeasured&) {},
            [](const core::ImpactMeasured&) {}, [](const core::PriceDiverged&) {},
            [](const core::TickLate&) {}, [](const core::BarClosed&) {},
            [](const core::FeedChanged&) {}},
        event);
}

HttpHistogram& Metrics::Impl::http_duration(std::string_view handler) {
    if (const auto it = http_durations.find(handler); it != http_durations.end())
        return *it->second;
    HttpHistogram& histogram = histograms.emplace_back(http_bounds);
    try_add(Metric::http_request_duration_seconds, {{"handler", std::string(handler)}},
            histogram_source(histogram));
    http_durations.emplace(handler, &histogram);
    return histogram;
}

core::Counter& Metrics::Impl::http_count(std::string_view handler, int code) {
    core::Counter*& slot = http_requests[{std::string(handler), code}];
    if (!slot)
        slot = counter(Metric::http_requests_total,
                       {{"handler", std::string(handler)}, {"code", std::to_string(code)}});
    return *slot;
}

std::vector<FamilySample> Metrics::Impl::collect() const {
    const std::lock_guard lock(mutex);
    std::vector<FamilySample> page;
    page.reserve(families.size());
    for (std::size_t m = 0; m < families.size(); ++m) {
        FamilySample family{&metric_table[m], {}};
        family.series.reserve(families[m].size());
        for (const Series& series : families[m])
            if (auto sample = read(series)) family.series.push_back(std::move(*sample));
        page.push_back(std::move(family));
    }
    for (const auto& [key, exemplar] : alert_exemplars) {
        const Labels labels = {{"rule", std::string(to_string(key.first))},
                               {"severity", std::string(to_string(key.second))}};
        for (SeriesSample& series : page[static_cast<std::size_t>(Metric::alerts_total)].series)
            if (series.labels == labels) series.exemplar = exemplar;
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

Metrics::Metrics(const core::EngineConfig& engine) : impl_(std::make_unique<Impl>(engine)) {
    impl_->make_series();
}
Metrics::~Metrics() = default;

void Metrics::add(Metric metric, Labels labels, const core::Counter& source) {
    const std::lock_guard lock(impl_->mutex);
    impl_->add(metric, std::move(labels), &source);
}
void Metrics::add(Metric metric, Labels labels, const core::Gauge& source) {
    const std::lock_guard lock(impl_->mutex);
    impl_->add(metric, std::move(labels), &source);
}
void Metrics::add(Metric metric, Labels labels, std::function<double()> source) {
    const std::lock_guard lock(impl_->mutex);
    impl_->add(metric, std::move(labels), std::move(source));
}
void Metrics::add(Metric metric, Labels labels, HistogramSource source) {
    const std::lock_guard lock(impl_->mutex);
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
        if (const auto* event = std::get_if<core::Event>(&item)) impl_->take(*event);
}

std::string Metrics::render(bool open_metrics) const {
    const std::vector<FamilySample> page = impl_->collect();
    if (open_metrics) return open_metrics_text(page);
    std::vector<prometheus::MetricFamily> families;
    families.reserve(page.size());
    for (const FamilySample& family : page) families.push_back(to_prometheus(family));
    return prometheus::TextSerializer().Serialize(families);
}

std::string window_label(core::DurationNs window) {
    if (window % core::ns_per_hour == 0) return fmt::format("{}h", window / core::ns_per_hour);
    if (window % core::ns_per_min == 0) return fmt::format("{}m", window / core::ns_per_min);
    return fmt::format("{}s", core::to_seconds(window));
}

}  // namespace contagiond::sinks
