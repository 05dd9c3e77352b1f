#include "daemon/api_query.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "daemon/utc_time.hpp"

namespace contagiond::daemon {
namespace {

/// What stands before `separator`, or everything; taken off `text` with the separator.
std::string_view take_until(std::string_view& text, char separator) {
    const std::size_t at = text.find(separator);
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return part;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::uint64_t> parse_whole(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

}  // namespace

std::optional<core::DurationNs> parse_query_seconds(std::string_view text) {
    constexpr std::uint64_t most = 4'102'444'800;
    const std::size_t point = text.find('.');
    const auto whole = parse_whole(text.substr(0, point));
    if (!whole || *whole > most) return std::nullopt;
    core::DurationNs value = static_cast<core::DurationNs>(*whole) * core::ns_per_s;
    if (point == std::string_view::npos) return value;
    const std::string_view decimals = text.substr(point + 1);
    const auto fraction = parse_whole(decimals);
    if (!fraction || decimals.size() > 9) return std::nullopt;
    core::DurationNs unit = core::ns_per_s;
    for (std::size_t i = 0; i < decimals.size(); ++i) unit /= 10;
    return value + static_cast<core::DurationNs>(*fraction) * unit;
}

std::optional<core::TimeNs> parse_query_time(std::string_view text) {
    if (const auto time = parse_utc(text)) return time;
    return parse_query_seconds(text);
}

std::optional<std::size_t> parse_query_count(std::string_view text, std::size_t most) {
    const auto value = parse_whole(text);
    if (!value || *value == 0 || *value > most) return std::nullopt;
    return static_cast<std::size_t>(*value);
}

std::optional<sinks::HistoryParts> parse_history_parts(std::string_view text) {
    if (text.ends_with(',')) return std::nullopt;
    sinks::HistoryParts parts{false, false, false, false, false};
    const std::pair<std::string_view, bool*> names[] = {{"instruments", &parts.instruments},
                                                        {"groups", &parts.groups},
                                                        {"targets", &parts.targets},
                                                        {"correlations", &parts.correlations},
                                                        {"leads", &parts.leads}};
    do {
        const std::string_view asked = take_until(text, ',');
        const auto* const found =
            std::find_if(std::begin(names), std::end(names),
                         [&](const auto& name) { return name.first == asked; });
        if (found == std::end(names)) return std::nullopt;
        *found->second = true;
    } while (!text.empty());
    return parts;
}

bool offers_open_metrics(std::string_view accept) {
    while (!accept.empty()) {
        std::string_view offer = take_until(accept, ',');
        if (!equal_ignoring_case(trimmed(take_until(offer, ';')), "application/openmetrics-text"))
            continue;
        bool refused = false;
        while (!offer.empty()) {
            std::string_view parameter = take_until(offer, ';');
            if (!equal_ignoring_case(trimmed(take_until(parameter, '=')), "q")) continue;
            // Zero in any of its spellings refuses.
            refused = parameter.find_first_of("123456789") == std::string_view::npos;
        }
        if (!refused) return true;
    }
    return false;
}

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
    const auto strong = [](std::string_view tag) {
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        return tag;
    };
    while (!if_none_match.empty()) {
        const std::string_view tag = trimmed(take_until(if_none_match, ','));
        if (tag == "*" || (!tag.empty() && strong(tag) == strong(etag))) return true;
    }
    return false;
}

}  // namespace contagiond::daemon
