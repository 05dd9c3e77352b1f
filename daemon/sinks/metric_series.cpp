#include "daemon/sinks/metric_series.hpp"

#include <fmt/format.h>

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace contagiond::sinks {
namespace {

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
std::optional<SeriesSample> sample_of(const Labels& labels, const MetricSeries::Source& source) {
    SeriesSample sample{labels, 0, {}, 0, std::nullopt};
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
                   source);
    } catch (const std::exception&) {
        return std::nullopt;  // one missing value must not cost the page
    }
    return sample;
}

bool fits(MetricType type, const MetricSeries::Source& source) {
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

}  // namespace

bool MetricSeries::try_add(Metric metric, Labels labels, Source source) {
    const MetricInfo& family = info(metric);
    if (label_names(labels) != family.labels)
        throw std::logic_error(fmt::format("metric {} has the labels [{}], not [{}]", family.name,
                                           family.labels, label_names(labels)));
    if (!fits(family.type, source))
        throw std::logic_error(fmt::format("metric {} has another type", family.name));
    for (auto& [name, value] : labels) value = clean_label_value(value);
    const auto index = static_cast<std::size_t>(metric);
    if (!known_[index].insert(labels).second) return false;
    families_[index].push_back({std::move(labels), std::move(source)});
    return true;
}

core::Gauge& MetricSeries::gauge(Metric metric, Labels labels, double value) {
    core::Gauge& g = gauges_.emplace_back();
    g.set(value);
    try_add(metric, std::move(labels), &g);
    return g;
}

core::Counter& MetricSeries::counter(Metric metric, Labels labels) {
    core::Counter& c = counters_.emplace_back();
    try_add(metric, std::move(labels), &c);
    return c;
}

std::vector<FamilySample> MetricSeries::read() const {
    std::vector<FamilySample> page;
    page.reserve(families_.size());
    for (std::size_t m = 0; m < families_.size(); ++m) {
        FamilySample family{&metric_table[m], {}};
        family.series.reserve(families_[m].size());
        for (const Series& series : families_[m])
            if (auto sample = sample_of(series.labels, series.source))
                family.series.push_back(std::move(*sample));
        page.push_back(std::move(family));
    }
    return page;
}

}  // namespace contagiond::sinks
