#include "daemon/sinks/metric_page.hpp"

#include <fmt/format.h>

#include <cmath>

namespace contagiond::sinks {
namespace {

std::string_view type_text(MetricType type) {
    switch (type) {
        case MetricType::counter:
            return "counter";
        case MetricType::gauge:
            return "gauge";
        case MetricType::histogram:
            return "histogram";
    }
    return "unknown";
}

/// Sixteen significant digits, as prometheus-cpp prints them: "1e-06".
std::string number_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
    return fmt::format("{:.16g}", value);
}

void append_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (c == '\\')
            out += "\\\\";
        else if (c == '"')
            out += "\\\"";
        else if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
}

/// {a="1",b="2",le="…"}, or nothing where there is no label.
void append_labels(std::string& out, const Labels& labels, std::string_view le = {}) {
    if (labels.empty() && le.empty()) return;
    char separator = '{';
    const auto append = [&](std::string_view name, std::string_view value) {
        out += separator;
        out += name;
        out += "=\"";
        append_escaped(out, value);
        out += '"';
        separator = ',';
    };
    for (const auto& [name, value] : labels) append(name, value);
    if (!le.empty()) append("le", le);
    out += '}';
}

void append_exemplar(std::string& out, const std::optional<Exemplar>& exemplar) {
    if (!exemplar) return;
    out += " # ";
    append_labels(out, {{"alert_id", exemplar->alert_id}});
    out += fmt::format(" {} {:.3f}", number_text(exemplar->value), exemplar->ts_seconds);
}

void append_series(std::string& out, const MetricInfo& info, const SeriesSample& series) {
    if (info.type != MetricType::histogram) {
        out += info.name;
        append_labels(out, series.labels);
        out += ' ';
        out += number_text(series.value);
        append_exemplar(out, series.exemplar);
        out += '\n';
        return;
    }
    for (const BucketSample& bucket : series.buckets) {
        out += info.name;
        out += "_bucket";
        append_labels(out, series.labels, number_text(bucket.upper_bound));
        out += fmt::format(" {}", bucket.cumulative_count);
        append_exemplar(out, bucket.exemplar);
        out += '\n';
    }
    out += info.name;
    out += "_sum";
    append_labels(out, series.labels);
    out += ' ';
    out += number_text(series.sum);
    out += '\n';
    out += info.name;
    out += "_count";
    append_labels(out, series.labels);
    const std::uint64_t count = series.buckets.empty() ? 0 : series.buckets.back().cumulative_count;
    out += fmt::format(" {}\n", count);
}

/// Length in bytes of the well-formed UTF-8 character at the start of `text`, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    if (length == 0 || first > 0xf4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    // Overlong forms, surrogates and what lies beyond U+10FFFF.
    const unsigned char second = byte(1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90))
        return 0;
    return length;
}

}  // namespace

std::string open_metrics_text(std::span<const FamilySample> families) {
    std::string out;
    for (const FamilySample& family : families) {
        const MetricInfo& info = *family.info;
        // A counter's family goes without the suffix that its samples carry.
        std::string_view name = info.name;
        if (info.type == MetricType::counter && name.ends_with("_total")) name.remove_suffix(6);
        out += fmt::format("# TYPE {} {}\n# HELP {} ", name, type_text(info.type), name);
        append_escaped(out, info.help);
        out += '\n';
        for (const SeriesSample& series : family.series) append_series(out, info, series);
    }
    out += "# EOF\n";
    return out;
}

std::string clean_label_value(std::string_view text) {
    constexpr std::string_view replacement = "\xef\xbf\xbd";
    std::string out;
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const unsigned char first = static_cast<unsigned char>(text.front());
        const bool control = (first < 0x20 && first != '\n') || first == 0x7f;
        if (length == 0 || control)
            out += replacement;
        else
            out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

}  // namespace contagiond::sinks
