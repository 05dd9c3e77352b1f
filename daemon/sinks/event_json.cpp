#include "daemon/sinks/event_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "core/calendar.hpp"

namespace contagiond::sinks {
namespace {

using core::Episode;
using core::EpisodeTarget;
// Keeps the order in which fields are set: the order of the schema.
using Json = nlohmann::ordered_json;

// Receivers are promised less than 20 kB. Every list and every text has its own limit (bytes after
// escaping), so that the sum stays below without measuring it.
constexpr std::size_t max_members = 24;
constexpr std::size_t max_targets = 8;
constexpr std::size_t max_stale = 32;
constexpr std::size_t max_controls = 16;
constexpr std::size_t max_name_bytes = 64;
constexpr std::size_t max_instance_bytes = 128;
constexpr std::size_t max_url_bytes = 512;
constexpr std::size_t max_title_bytes = 256;
constexpr std::size_t max_summary_bytes = 600;
/// Of a name inside a sentence, so that its first 80 characters hold more than names.
constexpr std::size_t max_spoken_name_bytes = 24;

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view ellipsis = "…";
constexpr std::string_view arrow = " → ";

/// Length in bytes of the well-formed UTF-8 sequence at the front, 0 if there is none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t n = first >= 0xC2 && first <= 0xDF   ? 2
                          : first >= 0xE0 && first <= 0xEF ? 3
                          : first >= 0xF0 && first <= 0xF4 ? 4
                                                           : 0;
    if (n == 0 || text.size() < n) return 0;
    for (std::size_t i = 1; i < n; ++i)
        if ((byte(i) & 0xC0u) != 0x80) return 0;
    // Overlong forms, surrogates, beyond U+10FFFF.
    if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
        (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F))
        return 0;
    return n;
}

/// Bytes the sequence takes inside a JSON string.
std::size_t escaped_length(std::string_view sequence) {
    const auto c = static_cast<unsigned char>(sequence[0]);
    if (c < 0x20 || c == 0x7F) return 6;
    return c == '"' || c == '\\' ? 2 : sequence.size();
}

/// Characters that break a line or turn the reading direction: harmless as data, not in a sentence.
bool disturbs_sentence(std::string_view sequence) {
    const auto c = static_cast<unsigned char>(sequence[0]);
    if (sequence.size() == 1) return c < 0x20 || c == 0x7F;
    if (sequence.size() == 2) return c == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
    if (sequence.size() == 3 && sequence.substr(0, 2) == "\xE2\x80") {
        const auto last = static_cast<unsigned char>(sequence[2]);  // U+200E-F, U+2028-E
        return last == 0x8E || last == 0x8F || (last >= 0xA8 && last <= 0xAE);
    }
    if (sequence.size() == 3 && sequence.substr(0, 2) == "\xE2\x81") {
        const auto last = static_cast<unsigned char>(sequence[2]);  // U+2066-9
        return last >= 0xA6 && last <= 0xA9;
    }
    return false;
}

/// `text` as valid UTF-8 of at most `limit` escaped bytes, cut between code points with an
/// ellipsis.
std::string clip(std::string_view text, std::size_t limit, bool sentence = false) {
    std::string out;
    std::size_t used = 0;
    std::size_t kept = 0;  // size of `out` that still leaves room for the ellipsis
    while (!text.empty()) {
        const std::size_t n = sequence_length(text);
        std::string_view sequence = n == 0 ? replacement : text.substr(0, n);
        if (sentence && disturbs_sentence(sequence)) sequence = replacement;
        if (used + escaped_length(sequence) > limit) {
            out.resize(kept);
            return out.append(ellipsis);
        }
        used += escaped_length(sequence);
        out.append(sequence);
        if (used + ellipsis.size() <= limit) kept = out.size();
        text.remove_prefix(n == 0 ? 1 : n);
    }
    return out;
}

// ---- names -------------------------------------------------------------------------------------

const core::Universe& universe(const DocumentContext& context) {
    return context.engine->universe;
}

std::string_view symbol_of(core::InstrumentId id, const DocumentContext& context) {
    const auto& instruments = universe(context).instruments;
    return id < instruments.size() ? std::string_view(instruments[id].symbol) : "unknown";
}

std::string_view group_of(const Episode& episode, const DocumentContext& context) {
    const auto& groups = universe(context).groups;
    return episode.source_group < groups.size()
               ? std::string_view(groups[episode.source_group].name)
               : "unknown";
}

std::string name(std::string_view text) {
    return clip(text, max_name_bytes);
}

std::string spoken(std::string_view text) {
    return clip(text, max_spoken_name_bytes, true);
}

Json venue_of(core::FeedId id, const DocumentContext& context) {
    const auto& feeds = universe(context).feeds;
    if (id >= feeds.size()) return nullptr;
    return name(feeds[id].venue);
}

/// FNV-1a, 64 bits: equal for all episodes of one rule and source, whatever machine says it.
std::string fingerprint(std::string_view rule, std::string_view group) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    const auto mix = [&hash](std::string_view text) {
        for (const char c : text) {
            hash ^= static_cast<unsigned char>(c);
            hash *= 0x100000001b3u;
        }
    };
    mix(rule);
    mix(std::string_view("\0", 1));
    mix(group);
    return fmt::format("{:016x}", hash);
}

std::string_view mode_mark(const DocumentContext& context) {
    if (context.mode == "replay") return "[REPLAY] ";
    if (context.mode == "demo") return "[DEMO] ";
    return "";
}

// ---- numbers -----------------------------------------------------------------------------------

Json number(std::optional<double> value) {
    if (!value || !std::isfinite(*value)) return nullptr;
    return *value + 0.0;  // no negative zero
}

std::optional<double> negated(std::optional<double> value) {
    if (value) return -*value;
    return value;
}

/// The engine adds log returns; people read simple ones.
std::optional<double> simple_return(std::optional<double> log_return) {
    if (log_return) return std::expm1(*log_return);
    return log_return;
}

Json time_or_null(core::TimeNs t) {
    if (t == core::no_time) return nullptr;
    return rfc3339(t);
}

std::optional<core::DurationNs> correlation_window(const EpisodeTarget& target,
                                                   const DocumentContext& context) {
    const auto& windows = context.engine->correlation_windows;
    if (target.correlation_window >= windows.size()) return std::nullopt;
    return windows[target.correlation_window];
}

// ---- sentences ---------------------------------------------------------------------------------

std::string spoken_duration(core::DurationNs duration) {
    const double seconds = std::max(0.0, core::to_seconds(duration));
    if (seconds < 120) return fmt::format("{:.0f} s", seconds);
    if (seconds < 3 * 3600) return fmt::format("{:.0f} min", seconds / 60);
    return fmt::format("{:.1f} h", seconds / 3600);
}

std::string spoken_percent(std::optional<double> log_return) {
    const auto ratio = simple_return(log_return);
    if (!ratio || !std::isfinite(*ratio)) return "move unknown";
    const std::string digits = fmt::format("{:.1f}", std::abs(*ratio) * 100);
    if (digits == "0.0") return "0.0 %";
    return fmt::format("{}{} %", *ratio < 0 ? "−" : "+", digits);
}

/// "rho5m 0.81 (usual 0.34)"
std::string spoken_correlation(const EpisodeTarget& target, const DocumentContext& context) {
    std::string out = "rho";
    if (const auto window = correlation_window(target, context))
        out += *window % core::ns_per_min == 0 ? fmt::format("{}m", *window / core::ns_per_min)
                                               : fmt::format("{:.0f}s", core::to_seconds(*window));
    const auto two_digits = [](std::optional<double> value) {
        return value && std::isfinite(*value) ? fmt::format("{:.2f}", *value + 0.0)
                                              : std::string("unknown");
    };
    return fmt::format("{} {} (usual {})", out, two_digits(target.correlation),
                       two_digits(target.correlation_baseline));
}

/// Who spills over to whom, as far as the rule says so; `targets` is already written out.
std::string direction(const Episode& episode, std::string_view source, std::string_view targets) {
    switch (episode.rule) {
        case core::Rule::tech_to_crypto:
            return fmt::format("{}{}{}", source, arrow, targets);
        case core::Rule::crypto_to_tech:
            return fmt::format("{}{}{}", targets, arrow, source);
        case core::Rule::common_macro:
            return fmt::format("macro{}{}, {}", arrow, source, targets);
    }
    return {};
}

std::string first_target(const Episode& episode, const DocumentContext& context) {
    return episode.targets.empty() ? "no target"
                                   : spoken(symbol_of(episode.targets[0].instrument, context));
}

// ---- parts of the document ---------------------------------------------------------------------

Json source_json(const Episode& episode, const DocumentContext& context) {
    Json members = Json::array();
    for (const auto& member : episode.members) {
        if (members.size() == max_members) break;
        members.push_back({{"symbol", name(symbol_of(member.instrument, context))},
                           {"venue", venue_of(member.feed, context)},
                           {"return_ratio", number(simple_return(member.log_return))},
                           {"z", number(negated(member.loss_sigma))},
                           {"share", number(member.share)}});
    }
    return {{"group", name(group_of(episode, context))},
            {"return_ratio", number(simple_return(episode.source_log_return))},
            {"leader", episode.leader ? Json(name(symbol_of(*episode.leader, context))) : Json()},
            {"leader_confidence", nullptr},
            {"members", std::move(members)}};
}

Json target_json(const EpisodeTarget& target, const DocumentContext& context) {
    return {{"symbol", name(symbol_of(target.instrument, context))},
            {"venue", venue_of(target.feed, context)},
            {"price", price_text(target.price)},
            {"return_ratio", number(simple_return(target.log_return))}};
}

Json correlation_json(const EpisodeTarget& target, const DocumentContext& context) {
    const auto window = correlation_window(target, context);
    return {{"window_s", window ? Json(*window / core::ns_per_s) : Json()},
            {"value", number(target.correlation)},
            {"baseline", number(target.correlation_baseline)},
            {"standard_error", number(target.correlation_standard_error)},
            {"effective_samples", target.correlation_effective_samples},
            {"adjusted", nullptr},
            {"p_value", nullptr}};
}

Json attribution_json(const Episode& episode, const DocumentContext& context) {
    Json controls = Json::array();
    for (const auto& control : episode.controls) {
        if (controls.size() == max_controls) break;
        // Signed as pressure on risk: positive is hawkish, whatever way the control itself moved.
        controls.push_back({{"symbol", name(symbol_of(control.instrument, context))},
                            {"z", number(control.loss_sigma)}});
    }
    return {{"class", core::to_string(episode.attribution)}, {"controls", std::move(controls)}};
}

Json thresholds_json(const DocumentContext& context) {
    return {{"enter", number(context.engine->detector.enter_score)},
            {"exit", number(context.engine->detector.exit_score)}};
}

/// The exchange whose hours the source's first member keeps, and its session at this revision.
Json session_json(const Episode& episode, const DocumentContext& context) {
    const auto& groups = universe(context).groups;
    const auto& instruments = universe(context).instruments;
    Json calendar, state;
    if (episode.source_group < groups.size() && !groups[episode.source_group].members.empty()) {
        const core::InstrumentId first = groups[episode.source_group].members.front().instrument;
        if (first < instruments.size()) {
            const core::Market market = instruments[first].market;
            calendar = core::calendar_name(market);
            state = core::to_string(core::session_span(market, episode.ts).session);
        }
    }
    return {{"calendar", std::move(calendar)}, {"state", std::move(state)}};
}

Json data_quality_json(const Episode& episode, const DocumentContext& context) {
    Json stale = Json::array();
    for (const core::InstrumentId id : episode.stale) {
        if (stale.size() == max_stale) break;
        stale.push_back(name(symbol_of(id, context)));
    }
    return {{"degraded", episode.degraded},
            {"stale", std::move(stale)},
            {"gaps", episode.gaps},
            {"coverage_ratio", number(episode.coverage)}};
}

Json links_json(std::string_view id, const DocumentContext& context) {
    const std::string& base = context.external_url;
    // A link that was cut leads nowhere: rather none.
    const bool usable = !base.empty() && clip(base, max_url_bytes) == base;
    return {{"alert", usable ? Json(fmt::format("{}/#/alerts/{}", base, id)) : Json()},
            {"replay", nullptr},
            {"runbook", nullptr}};
}

Json engine_json(const DocumentContext& context) {
    return {{"version", clip(context.version, max_name_bytes)},
            {"config_sha256", clip(context.config_sha256, max_name_bytes)},
            {"instance", clip(context.instance, max_instance_bytes)}};
}

std::string finished(std::string_view type, core::TimeNs ts, Json data) {
    const Json document{{"type", fmt::format("contagion.alert.{}", type)},
                        {"timestamp", rfc3339(ts)},
                        {"data", std::move(data)}};
    return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string rfc3339(core::TimeNs t) {
    // Days since 0000-03-01, so that the leap day is the last of its year.
    std::int64_t days = t / core::ns_per_day;
    std::int64_t rest = t % core::ns_per_day;
    if (rest < 0) {
        rest += core::ns_per_day;
        --days;
    }
    days += 719'468;
    const std::int64_t era = days / 146'097;  // 400 years; t cannot reach before the year 1677
    const std::int64_t day_of_era = days % 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
    const std::int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    const std::int64_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", year, month, day,
                       rest / core::ns_per_hour, rest / core::ns_per_min % 60,
                       rest / core::ns_per_s % 60, rest / core::ns_per_us % 1'000'000);
}

std::string decimal_text(core::Decimal value) {
    // Unsigned, since the smallest integer has no positive twin.
    const std::uint64_t magnitude = value.mantissa < 0
                                        ? 0 - static_cast<std::uint64_t>(value.mantissa)
                                        : static_cast<std::uint64_t>(value.mantissa);
    std::string digits = fmt::format("{}", magnitude);
    if (value.exponent > 0 && magnitude != 0)
        digits.append(static_cast<std::size_t>(value.exponent), '0');
    if (value.exponent < 0) {
        const auto places = static_cast<std::size_t>(-static_cast<int>(value.exponent));
        if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
        digits.insert(digits.size() - places, ".");
    }
    if (value.mantissa < 0) digits.insert(0, "-");
    return digits;
}

std::string price_text(core::Decimal value) {
    std::string text = decimal_text(value);
    const std::size_t point = text.find('.');
    if (point == std::string::npos) return text;
    while (text.size() > point + 3 && text.back() == '0') text.pop_back();
    return text;
}

std::string title(const core::Episode& episode, const DocumentContext& context) {
    std::string targets;
    for (std::size_t i = 0; i < std::min(episode.targets.size(), max_targets); ++i) {
        if (i > 0) targets += ", ";
        targets += spoken(symbol_of(episode.targets[i].instrument, context));
    }
    if (targets.empty()) targets = "no target";
    std::string out(mode_mark(context));
    out += direction(episode, spoken(group_of(episode, context)), targets);
    return clip(out, max_title_bytes, true);
}

std::string summary(const core::Episode& episode, const DocumentContext& context) {
    const std::string source = spoken(group_of(episode, context));
    std::string out = direction(episode, source, first_target(episode, context));
    if (episode.phase == core::EpisodePhase::resolved) {
        const core::TimeNs end = episode.ended_at == core::no_time ? episode.ts : episode.ended_at;
        out += fmt::format(" over after {}, peak score {:.2f}",
                           spoken_duration(end - episode.started_at), episode.score_peak);
        if (episode.degraded) out += "; data degraded";
        return clip(out, max_summary_bytes, true);
    }
    // What the first 80 characters must say comes first: the move, the relation, the delay.
    if (!episode.targets.empty()) {
        const EpisodeTarget& target = episode.targets[0];
        out +=
            fmt::format(" {} in {}, {}", spoken_percent(target.log_return),
                        spoken_duration(episode.horizon_ns), spoken_correlation(target, context));
    }
    out +=
        fmt::format(", {} after onset", spoken_duration(episode.detected_at - episode.started_at));
    if (episode.leader) out += fmt::format(", {} led", spoken(symbol_of(*episode.leader, context)));
    out += fmt::format("; {} {}", source, spoken_percent(episode.source_log_return));
    for (std::size_t i = 1; i < std::min(episode.targets.size(), max_targets); ++i)
        out += fmt::format(", {} {}", spoken(symbol_of(episode.targets[i].instrument, context)),
                           spoken_percent(episode.targets[i].log_return));
    if (episode.degraded) out += "; data degraded";
    return clip(out, max_summary_bytes, true);
}

std::string alert_document(const core::Episode& episode, const DocumentContext& context) {
    Json targets = Json::array();
    for (const EpisodeTarget& target : episode.targets) {
        if (targets.size() == max_targets) break;
        targets.push_back(target_json(target, context));
    }
    const bool resolved = episode.phase == core::EpisodePhase::resolved;
    const EpisodeTarget* worst = episode.targets.empty() ? nullptr : &episode.targets[0];
    const std::string_view rule = core::to_string(episode.rule);
    Json data{
        {"schema", "contagiond.alert/1"},
        {"id", episode.id.view()},
        {"revision", episode.revision},
        {"status", resolved ? "resolved" : "firing"},
        {"mode", name(context.mode)},
        {"severity", core::to_string(episode.severity)},
        {"rule", rule},
        {"fingerprint", fingerprint(rule, group_of(episode, context))},
        {"title", title(episode, context)},
        {"summary", summary(episode, context)},
        {"started_at", time_or_null(episode.started_at)},
        {"detected_at", time_or_null(episode.detected_at)},
        {"ended_at", time_or_null(episode.ended_at)},
        {"source", source_json(episode, context)},
        {"target", worst ? target_json(*worst, context) : Json()},
        {"targets", std::move(targets)},
        {"correlation", worst ? correlation_json(*worst, context) : Json()},
        {"lead_lag", nullptr},
        {"score", number(episode.score)},
        {"thresholds", thresholds_json(context)},
        {"attribution", attribution_json(episode, context)},
        {"contagion", nullptr},
        {"impact", nullptr},
        {"session", session_json(episode, context)},
        {"data_quality", data_quality_json(episode, context)},
        {"links", links_json(episode.id.view(), context)},
        {"engine", engine_json(context)},
    };
    return finished(core::to_string(episode.phase), episode.ts, std::move(data));
}

std::string test_document(core::TimeNs ts, const DocumentContext& context) {
    // Time first, as in every id, so that two tests are two messages; nothing random behind it.
    constexpr std::string_view base32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::string id(26, '0');
    auto milliseconds = static_cast<std::uint64_t>(std::max<core::TimeNs>(ts, 0) / core::ns_per_ms);
    for (std::size_t i = 10; i-- > 0; milliseconds /= 32) id[i] = base32[milliseconds % 32];
    Json data{
        {"schema", "contagiond.alert/1"},
        {"id", id},
        {"revision", 1},
        {"status", "test"},
        {"mode", name(context.mode)},
        {"severity", core::to_string(core::Severity::info)},
        {"rule", "test"},
        {"fingerprint", fingerprint("test", "")},
        {"title", fmt::format("{}Test alert: nothing happened", mode_mark(context))},
        {"summary", "This is a test of the delivery. Nothing happened in any market."},
        {"started_at", rfc3339(ts)},
        {"detected_at", rfc3339(ts)},
        {"ended_at", rfc3339(ts)},
        {"source", nullptr},
        {"target", nullptr},
        {"targets", Json::array()},
        {"correlation", nullptr},
        {"lead_lag", nullptr},
        {"score", nullptr},
        {"thresholds", thresholds_json(context)},
        {"attribution", nullptr},
        {"contagion", nullptr},
        {"impact", nullptr},
        {"session", nullptr},
        {"data_quality", nullptr},
        {"links", links_json(id, context)},
        {"engine", engine_json(context)},
    };
    return finished("test", ts, std::move(data));
}

}  // namespace contagiond::sinks
