#include "daemon/desk_series.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/estimators/tick_grid.hpp"
#include "daemon/config_units.hpp"
#include "daemon/line_reader.hpp"
#include "daemon/utc_time.hpp"

namespace contagiond::daemon {
namespace {

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\"";
    const std::size_t begin = text.find_first_not_of(blank);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

/// Cuts the first field off `line`.
std::string_view next_field(std::string_view& line) {
    const std::size_t end = std::min(line.find(','), line.size());
    const std::string_view field = trimmed(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
    return field;
}

std::optional<core::TimeNs> time_of(std::string_view text) {
    core::TimeNs ns = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ns);
    if (error == std::errc() && end == text.data() + text.size()) return ns;
    return parse_utc(text);
}

std::optional<double> value_of(std::string_view text) {
    std::string word(text);
    std::transform(word.begin(), word.end(), word.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    for (const std::string_view absent : {"", "nan", "null", "na", "inf", "-inf"})
        if (word == absent) return no_value;
    return parse_number(text).value;
}

std::string place(const LineReader& lines) {
    return lines.path() + ":" + std::to_string(lines.line_number()) + ": ";
}

}  // namespace

Ticks read_desk_series(const std::string& path) {
    LineReader lines(path);
    Ticks ticks;
    std::string_view line;
    while (lines.next(line)) {
        if (trimmed(line).empty() || line.front() == '#') continue;
        const std::string_view time_text = next_field(line);
        const std::string_view value_text = next_field(line);
        const auto ts = time_of(time_text);
        if (!ts) {
            if (lines.line_number() == 1) continue;
            throw CaseError(place(lines) + "the time is neither nanoseconds nor UTC text");
        }
        if (!core::is_plausible_time(*ts))
            throw CaseError(place(lines) +
                            "the time is not in nanoseconds, or not of 2015 to 2100");
        const auto value = value_of(value_text);
        if (!value) throw CaseError(place(lines) + "the value is not a number");
        ticks.ts.push_back(*ts);
        ticks.price.push_back(*value);
    }
    if (!lines.error().empty()) throw std::runtime_error(lines.error());
    return ticks;
}

DeskRows join_by_time(std::span<const Ticks> series) {
    DeskRows rows;
    for (const Ticks& ticks : series)
        rows.ts.insert(rows.ts.end(), ticks.ts.begin(), ticks.ts.end());
    std::sort(rows.ts.begin(), rows.ts.end());
    rows.ts.erase(std::unique(rows.ts.begin(), rows.ts.end()), rows.ts.end());
    for (const Ticks& ticks : series) {
        Column& column = rows.columns.emplace_back(rows.ts.size(), no_value);
        std::uint64_t& dropped = rows.dropped.emplace_back(0);
        std::size_t row = 0;
        for (std::size_t i = 0; i < ticks.ts.size(); ++i) {
            if (row < rows.ts.size() && ticks.ts[i] < rows.ts[row]) {
                ++dropped;
                continue;
            }
            while (rows.ts[row] < ticks.ts[i]) ++row;
            column[row] = ticks.price[i];
        }
    }
    return rows;
}

DeskRows returns_on_grid(std::span<const Ticks> series, core::DurationNs step,
                         core::DurationNs staleness_max) {
    std::vector<core::TickSpan> spans;
    for (const Ticks& ticks : series) spans.push_back({ticks.ts, ticks.price});
    DeskRows rows;
    rows.ts = core::span_grid(spans, step);
    std::vector<std::optional<double>> prices(rows.ts.size());
    for (const core::TickSpan& span : spans) {
        const auto dropped = core::sample_previous_tick(span, rows.ts, staleness_max, prices);
        rows.dropped.push_back(dropped.total());
        Column& column = rows.columns.emplace_back(rows.ts.size(), no_value);
        for (std::size_t i = 1; i < prices.size(); ++i)
            if (prices[i - 1] && prices[i])
                column[i] = core::log_return(*prices[i - 1], *prices[i]);
    }
    return rows;
}

}  // namespace contagiond::daemon
