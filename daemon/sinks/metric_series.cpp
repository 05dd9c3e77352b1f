#include "daemon/sinks/metric_series.hpp"

#include <fmt/format.h>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace contagiond::sinks {
namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

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

double bound_of(const HistogramSource& histogram, std::size_t bucket) {
    return bucket < histogram.upper_bounds.size() ? histogram.upper_bounds[bucket]
                                                  : std::numeric_limits<double>::infinity();
}

/// The beginnings of the lines of a series: one, or a histogram's buckets, sum and count.
std::vector<std::string> beginnings_of(const MetricInfo& family, const Labels& labels,
                                       const MetricSeries::Source& source) {
    const std::string plain = label_text(labels);
    const auto* histogram = std::get_if<HistogramSource>(&source);
    if (!histogram) return {fmt::format("{}{} ", family.name, plain)};
    std::vector<std::string> lines;
    for (std::size_t i = 0; i <= histogram->upper_bounds.size(); ++i)
        lines.push_back(fmt::format("{}_bucket{} ", family.name,
                                    label_text(labels, bound_text(bound_of(*histogram, i)))));
    lines.push_back(fmt::format("{}_sum{} ", family.name, plain));
    lines.push_back(fmt::format("{}_count{} ", family.name, plain));
    return lines;
}

/// Absent when the function failed: one missing value must not cost the page.
std::optional<double> value_of(const std::function<double()>& source) {
    try {
        return source();
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

}  // namespace

MetricSeries::MetricSeries() {
    for (std::size_t m = 0; m < families_.size(); ++m) {
        families_[m].classic_head = head_text(metric_table[m], PageFormat::classic);
        families_[m].open_head = head_text(metric_table[m], PageFormat::open_metrics);
    }
}

std::string_view MetricSeries::text_of(const Family& family, std::size_t position) const {
    const std::size_t begin = position == 0 ? 0 : family.series[position - 1].text_end;
    return std::string_view(family.text).substr(begin, family.series[position].text_end - begin);
}

bool MetricSeries::is_known(const Family& family, std::string_view last_beginning) const {
    const auto [from, to] = family.known.equal_range(std::hash<std::string_view>{}(last_beginning));
    // No beginning ends in another: a name stands at the front of each and nowhere else.
    for (auto it = from; it != to; ++it)
        if (text_of(family, it->second).ends_with(last_beginning)) return true;
    return false;
}

bool MetricSeries::try_add(Metric metric, const Labels& labels, Source source,
                           const ExemplarSource* exemplar) {
    const MetricInfo& row = info(metric);
    if (label_names(labels) != row.labels)
        throw std::logic_error(fmt::format("metric {} has the labels [{}], not [{}]", row.name,
                                           row.labels, label_names(labels)));
    if (!fits(row.type, source))
        throw std::logic_error(fmt::format("metric {} has another type", row.name));
    Family& family = families_[static_cast<std::size_t>(metric)];
    const std::vector<std::string> beginnings = beginnings_of(row, labels, source);
    if (is_known(family, beginnings.back())) return false;

    const auto* counter = std::get_if<const core::Counter*>(&source);
    const auto* gauge = std::get_if<const core::Gauge*>(&source);
    Series series{{}, 0};
    if (counter && !exemplar) {
        series.reader = *counter;
    } else if (gauge) {
        series.reader = *gauge;
    } else {
        std::vector<std::size_t> ends;
        std::size_t end = 0;
        for (const std::string& beginning : beginnings) ends.push_back(end += beginning.size());
        series.reader = &lines_.emplace_back(Line{std::move(source), exemplar, std::move(ends)});
    }
    for (const std::string& beginning : beginnings) family.text += beginning;
    series.text_end = family.text.size();
    family.known.emplace(std::hash<std::string_view>{}(beginnings.back()), family.series.size());
    family.series.push_back(series);
    return true;
}

core::Gauge& MetricSeries::gauge(Metric metric, const Labels& labels, double value) {
    core::Gauge& g = gauges_.emplace_back();
    g.set(value);
    try_add(metric, labels, &g);
    return g;
}

core::Counter& MetricSeries::counter(Metric metric, const Labels& labels,
                                     const ExemplarSource* exemplar) {
    core::Counter& c = counters_.emplace_back();
    try_add(metric, labels, &c, exemplar);
    return c;
}

void MetricSeries::write_histogram(PageWriter& page, std::string_view text, const Line& line,
                                   PageFormat format) {
    const auto& histogram = std::get<HistogramSource>(line.source);
    std::size_t begin = 0, next = 0;
    const auto beginning = [&] {
        const std::string_view of_line = text.substr(begin, line.ends[next] - begin);
        begin = line.ends[next++];
        return of_line;
    };
    std::optional<Exemplar> exemplar;
    if (format == PageFormat::open_metrics && line.exemplar) exemplar = line.exemplar->load();
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i <= histogram.upper_bounds.size(); ++i) {
        cumulative += histogram.count(histogram.histogram, i);
        if (!exemplar || !(exemplar->value <= bound_of(histogram, i))) {
            page.count_line(beginning(), cumulative);
            continue;
        }
        page.text(beginning());
        page.count(cumulative);
        page.exemplar(*exemplar);
        exemplar.reset();
        page.text("\n");
    }
    page.number_line(beginning(), histogram.sum(histogram.histogram));
    // What the buckets said: the writer has gone on since.
    page.count_line(beginning(), cumulative);
}

void MetricSeries::write_line(PageWriter& page, std::string_view text, const Line& line,
                              PageFormat format) {
    if (std::holds_alternative<HistogramSource>(line.source))
        return write_histogram(page, text, line, format);
    if (const auto* function = std::get_if<std::function<double()>>(&line.source)) {
        const auto value = value_of(*function);
        if (!value) return;
        page.text(text);
        page.number(*value);
    } else {
        page.text(text);
        page.count(std::get<const core::Counter*>(line.source)->value());
    }
    if (format == PageFormat::open_metrics && line.exemplar)
        if (const auto exemplar = line.exemplar->load()) page.exemplar(*exemplar);
    page.text("\n");
}

void MetricSeries::write(std::string& page, PageFormat format) const {
    PageWriter out(page);
    for (const Family& family : families_) {
        out.text(format == PageFormat::classic ? family.classic_head : family.open_head);
        std::size_t begin = 0;
        for (const Series& series : family.series) {
            const std::string_view text(family.text.data() + begin, series.text_end - begin);
            begin = series.text_end;
            if (const auto* counter = std::get_if<const core::Counter*>(&series.reader)) {
                out.count_line(text, (*counter)->value());
            } else if (const auto* gauge = std::get_if<const core::Gauge*>(&series.reader)) {
                out.number_line(text, (*gauge)->value());
            } else {
                write_line(out, text, *std::get<const Line*>(series.reader), format);
            }
        }
    }
    if (format == PageFormat::open_metrics) out.text("# EOF\n");
    out.finish();
}

}  // namespace contagiond::sinks
