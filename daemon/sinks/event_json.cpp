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
#include "daemon/sinks/clipped_text.hpp"
#include "daemon/sinks/event_parts.hpp"

namespace contagiond::sinks {
namespace {

using core::Episode;
using core::EpisodeTarget;
using namespace parts;
// Keeps the order in which fields are set: the order of the schema.
using Json = nlohmann::ordered_json;

// Receivers are promised less than 20 kB. Every list and every text has its own limit (bytes after
// escaping), so that the sum stays below without measuring it.
constexpr std::size_t max_members = 20;
constexpr std::size_t max_stale = 16;
constexpr std::size_t max_diverged = 16;
constexpr std::size_t max_controls = 16;
constexpr std::size_t max_name_bytes = 64;
constexpr std::size_t max_instance_bytes = 128;
constexpr std::size_t max_url_bytes = 512;

/// One-sided 5 % of the normal distribution.
constexpr double change_z_min = 1.64;
constexpr std::size_t date_characters = 10;  // of an RFC 3339 time

// ---- names -------------------------------------------------------------------------------------

std::string name(std::string_view text) {
    return clip(text, max_name_bytes);
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

// ---- numbers -----------------------------------------------------------------------------------

Json number(std::optional<double> value) {
    if (!value || !std::isfinite(*value)) return nullptr;
    return *value + 0.0;  // no negative zero
}

std::optional<double> negated(std::optional<double> value) {
    if (value) return -*value;
    return value;
}

Json time_or_null(core::TimeNs t) {
    if (t == core::no_time) return nullptr;
    return rfc3339(t);
}

/// Below the high since the slide began, as a return: negative.
Json fall_json(std::optional<double> fall) {
    return present(fall) && *fall < 1 ? number(negated(fall)) : Json();
}

// ---- parts of the document ---------------------------------------------------------------------

Json source_json(const Episode& episode, const DocumentContext& context) {
    Json members = Json::array();
    for (const auto& member : episode.members) {
        if (members.size() == max_members) break;
        const std::string_view underlying = underlying_of(member.instrument, context);
        members.push_back({{"symbol", name(symbol_of(member.instrument, context))},
                           {"proxy_of", underlying.empty() ? Json() : Json(name(underlying))},
                           {"venue", venue_of(member.feed, context)},
                           {"return_ratio", number(simple_return(member.log_return))},
                           {"z", number(negated(member.loss_sigma))},
                           {"share", number(member.share)}});
    }
    return {{"group", name(group_of(episode, context))},
            {"return_ratio", number(simple_return(episode.source_log_return))},
            {"fall_ratio", fall_json(episode.source_fall)},
            {"leader", episode.leader ? Json(name(symbol_of(*episode.leader, context))) : Json()},
            {"leader_confidence", number(episode.leader_confidence)},
            {"members", std::move(members)}};
}

/// "contagion" where the link has strengthened beyond what the larger moves alone explain.
Json contagion_json(const EpisodeTarget* target) {
    if (target == nullptr || !target->link || !present(target->link->change_z)) return nullptr;
    return *target->link->change_z > change_z_min ? "contagion" : "interdependence";
}

Json correlation_json(const EpisodeTarget& target, const DocumentContext& context) {
    const auto window = correlation_window(target, context);
    const auto& link = target.link;
    return {{"window_s", window ? Json(*window / core::ns_per_s) : Json()},
            {"value", number(target.correlation)},
            {"baseline", number(target.correlation_baseline)},
            {"standard_error", number(target.correlation_standard_error)},
            {"effective_samples", target.correlation_effective_samples},
            {"adjusted", link ? number(link->rho_adjusted) : Json()},
            {"p_value", link ? number(link->change_p) : Json()}};
}

Json partial_correlation_json(const EpisodeTarget& target) {
    if (!target.link) return nullptr;
    return {{"value", number(target.link->partial)},
            {"p_value", number(target.link->partial_p)},
            {"controls_kept", target.link->controls_kept},
            {"samples", target.link->partial_samples}};
}

/// Null where none was measured; with a verdict and nulls where none is claimed.
Json lead_lag_json(const EpisodeTarget& target, const DocumentContext& context) {
    if (!target.lead) return nullptr;
    Json seconds, interval, source;
    if (const core::LeadMeasured* lead = claimed_lead(target)) {
        seconds = number(lead->seconds);
        source = name(series_of(lead->source, context));
        if (present(lead->seconds_low) && present(lead->seconds_high))
            interval = Json::array({number(lead->seconds_low), number(lead->seconds_high)});
    }
    return {{"seconds", std::move(seconds)},
            {"interval95", std::move(interval)},
            {"verdict", core::to_string(target.lead->verdict)},
            // Beside the target: whose lead is positive.
            {"source", std::move(source)}};
}

Json target_json(const EpisodeTarget& target, const DocumentContext& context) {
    return {{"symbol", name(symbol_of(target.instrument, context))},
            {"venue", venue_of(target.feed, context)},
            {"price", price_text(target.price)},
            {"return_ratio", number(simple_return(target.log_return))},
            {"fall_ratio", fall_json(target.fall)}};
}

/// One of `targets`: what `target` says, and what the document says of that one beside it.
Json whole_target_json(const EpisodeTarget& target, const DocumentContext& context) {
    Json json = target_json(target, context);
    json["correlation"] = correlation_json(target, context);
    json["lead_lag"] = lead_lag_json(target, context);
    return json;
}

Json impact_json(const Episode& episode) {
    if (!present(episode.value_lost_usd) && !present(episode.value_lost_share)) return nullptr;
    const Json as_of = episode.value_as_of == core::no_time
                           ? Json()
                           : Json(rfc3339(episode.value_as_of).substr(0, date_characters));
    return {{"source_value_lost_usd", number(episode.value_lost_usd)},
            {"share_of_target_value", number(episode.value_lost_share)},
            {"as_of", as_of}};
}

Json attribution_json(const Episode& episode, const DocumentContext& context) {
    Json controls = Json::array();
    for (const auto& control : episode.controls) {
        if (controls.size() == max_controls) break;
        // Signed as pressure on risk: positive is hawkish, whatever way the control itself moved.
        controls.push_back({{"symbol", name(symbol_of(control.instrument, context))},
                            {"z", number(control.loss_sigma)}});
    }
    Json placebos = Json::array();
    for (const auto& placebo : episode.placebos) {
        if (placebos.size() == max_controls) break;
        placebos.push_back({{"symbol", name(symbol_of(placebo.instrument, context))},
                            {"z", number(negated(placebo.loss_sigma))}});
    }
    return {{"class", core::to_string(episode.attribution)},
            {"controls", std::move(controls)},
            {"placebos", std::move(placebos)}};
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

Json symbols_json(const std::vector<core::InstrumentId>& ids, std::size_t limit,
                  const DocumentContext& context) {
    Json symbols = Json::array();
    for (const core::InstrumentId id : ids) {
        if (symbols.size() == limit) break;
        symbols.push_back(name(symbol_of(id, context)));
    }
    return symbols;
}

Json data_quality_json(const Episode& episode, const DocumentContext& context) {
    return {{"degraded", episode.degraded},
            {"stale", symbols_json(episode.stale, max_stale, context)},
            {"diverged", symbols_json(episode.diverged, max_diverged, context)},
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

std::string alert_document(const core::Episode& episode, const DocumentContext& context) {
    Json targets = Json::array();
    for (const EpisodeTarget& target : episode.targets) {
        if (targets.size() == max_targets) break;
        targets.push_back(whole_target_json(target, context));
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
        {"partial_correlation", worst ? partial_correlation_json(*worst) : Json()},
        {"lead_lag", worst ? lead_lag_json(*worst, context) : Json()},
        {"score", number(episode.score)},
        {"score_peak", number(episode.score_peak)},
        // Over which return_ratio is taken.
        {"horizon_s", core::to_seconds(episode.horizon_ns)},
        {"thresholds", thresholds_json(context)},
        {"attribution", attribution_json(episode, context)},
        // Below 0 the fall is the target's own; see core/direction.hpp.
        {"direction_balance", number(episode.direction_balance)},
        {"contagion", contagion_json(worst)},
        {"impact", impact_json(episode)},
        {"session", session_json(episode, context)},
        {"data_quality", data_quality_json(episode, context)},
        {"links", links_json(episode.id.view(), context)},
        {"engine", engine_json(context)},
    };
    if (!context.shadow.empty()) data["shadow"] = name(context.shadow);
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
        {"partial_correlation", nullptr},
        {"lead_lag", nullptr},
        {"score", nullptr},
        {"score_peak", nullptr},
        {"horizon_s", nullptr},
        {"thresholds", thresholds_json(context)},
        {"attribution", nullptr},
        {"direction_balance", nullptr},
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
