#include "daemon/sinks/alert_message.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "daemon/sinks/clipped_text.hpp"
#include "daemon/sinks/event_json.hpp"

namespace contagiond::sinks {
namespace {

using Json = nlohmann::json;

// Of lists and texts; a document of our own stays below, one that was tampered with is cut.
constexpr std::size_t max_list = 32;
constexpr std::size_t max_name = 64;
constexpr std::size_t max_sentence = 600;
constexpr std::size_t max_link = 1024;

/// The member of an object; null where there is none.
const Json& at(const Json& object, const char* key) {
    static const Json null;
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found == object.end() ? null : *found;
}

std::string text(const Json& value, std::size_t limit) {
    const auto* text = value.get_ptr<const std::string*>();
    if (text == nullptr) return {};
    std::string line = one_line(*text);
    // What is only blank is no name.
    line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
    line.erase(line.find_last_not_of(' ') + 1);
    return shortened(line, limit);
}

std::string name(const Json& value) {
    return text(value, max_name);
}

std::optional<double> number(const Json& value) {
    if (!value.is_number()) return std::nullopt;
    const double number = value.get<double>();
    if (!std::isfinite(number)) return std::nullopt;
    return number;
}

std::uint64_t count(const Json& value) {
    return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

std::optional<core::TimeNs> time(const Json& value) {
    const auto* text = value.get_ptr<const std::string*>();
    return text == nullptr ? std::nullopt : parse_rfc3339(*text);
}

template <typename T, typename Read>
std::vector<T> list(const Json& value, Read read) {
    std::vector<T> out;
    if (!value.is_array()) return out;
    for (const Json& item : value) {
        if (out.size() == max_list) break;
        out.push_back(read(item));
    }
    return out;
}

AlertCorrelation correlation(const Json& json) {
    return {number(at(json, "window_s")), number(at(json, "value")),
            number(at(json, "baseline")), number(at(json, "standard_error")),
            number(at(json, "adjusted")), number(at(json, "p_value"))};
}

std::optional<AlertLead> lead(const Json& json) {
    if (!json.is_object()) return std::nullopt;
    AlertLead lead;
    lead.verdict = name(at(json, "verdict"));
    lead.source = name(at(json, "source"));
    lead.seconds = number(at(json, "seconds"));
    if (const Json& interval = at(json, "interval95");
        interval.is_array() && interval.size() == 2) {
        lead.seconds_low = number(interval[0]);
        lead.seconds_high = number(interval[1]);
    }
    return lead;
}

AlertTarget target(const Json& json) {
    AlertTarget target;
    target.symbol = name(at(json, "symbol"));
    target.price = name(at(json, "price"));
    target.return_ratio = number(at(json, "return_ratio"));
    target.fall_ratio = number(at(json, "fall_ratio"));
    target.correlation = correlation(at(json, "correlation"));
    target.lead = lead(at(json, "lead_lag"));
    return target;
}

AlertMember member(const Json& json) {
    return {name(at(json, "symbol")), at(json, "proxy_of").is_string(),
            number(at(json, "return_ratio")), number(at(json, "share"))};
}

AlertControl control(const Json& json) {
    return {name(at(json, "symbol")), number(at(json, "z"))};
}

std::optional<AlertKind> kind_of(std::string_view type) {
    for (const AlertKind kind :
         {AlertKind::opened, AlertKind::updated, AlertKind::resolved, AlertKind::test})
        if (type == std::string("contagion.alert.").append(to_string(kind))) return kind;
    return std::nullopt;
}

/// Fit for a header and a key, without a full stop.
bool is_id(std::string_view text) {
    return !text.empty() && text.find_first_not_of(
                                "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz-_") == text.npos;
}

core::Severity severity_of(std::string_view word) {
    for (const core::Severity severity : {core::Severity::critical, core::Severity::warning})
        if (word == core::to_string(severity)) return severity;
    return core::Severity::info;
}

void read_source(const Json& source, AlertMessage& message) {
    message.source = name(at(source, "group"));
    message.source_return_ratio = number(at(source, "return_ratio"));
    message.source_fall_ratio = number(at(source, "fall_ratio"));
    message.leader = name(at(source, "leader"));
    message.members = list<AlertMember>(at(source, "members"), member);
}

void read_quality(const Json& quality, AlertMessage& message) {
    const Json& degraded = at(quality, "degraded");
    message.degraded = degraded.is_boolean() && degraded.get<bool>();
    message.stale = list<std::string>(at(quality, "stale"), name);
    message.diverged = list<std::string>(at(quality, "diverged"), name);
    message.gaps = count(at(quality, "gaps"));
    message.coverage = number(at(quality, "coverage_ratio"));
}

}  // namespace

std::string_view to_string(AlertKind kind) {
    switch (kind) {
        case AlertKind::opened:
            return "opened";
        case AlertKind::updated:
            return "updated";
        case AlertKind::resolved:
            return "resolved";
        case AlertKind::test:
            return "test";
    }
    return "unknown";
}

std::optional<AlertMessage> parse_alert(std::string_view document) {
    const Json json = Json::parse(document, nullptr, false);
    const auto kind = kind_of(name(at(json, "type")));
    const Json& data = at(json, "data");
    AlertMessage message;
    message.id = name(at(data, "id"));
    if (!kind || !is_id(message.id)) return std::nullopt;
    message.kind = *kind;
    message.revision = static_cast<std::uint32_t>(count(at(data, "revision")));
    message.severity = severity_of(name(at(data, "severity")));
    message.mode = name(at(data, "mode"));
    message.shadow = name(at(data, "shadow"));
    message.rule = name(at(data, "rule"));
    message.fingerprint = name(at(data, "fingerprint"));
    message.title = text(at(data, "title"), max_sentence);
    message.summary = text(at(data, "summary"), max_sentence);
    message.ts = time(at(json, "timestamp"));
    message.started_at = time(at(data, "started_at"));
    message.detected_at = time(at(data, "detected_at"));
    message.ended_at = time(at(data, "ended_at"));
    message.horizon_s = number(at(data, "horizon_s"));
    read_source(at(data, "source"), message);
    message.targets = list<AlertTarget>(at(data, "targets"), target);
    message.score = number(at(data, "score"));
    message.score_peak = number(at(data, "score_peak"));
    message.score_enter = number(at(at(data, "thresholds"), "enter"));
    const Json& attribution = at(data, "attribution");
    message.attribution = name(at(attribution, "class"));
    message.controls = list<AlertControl>(at(attribution, "controls"), control);
    message.contagion = name(at(data, "contagion"));
    const Json& impact = at(data, "impact");
    message.value_lost_usd = number(at(impact, "source_value_lost_usd"));
    message.value_lost_share = number(at(impact, "share_of_target_value"));
    const Json& session = at(data, "session");
    message.calendar = name(at(session, "calendar"));
    message.session = name(at(session, "state"));
    read_quality(at(data, "data_quality"), message);
    message.link = text(at(at(data, "links"), "alert"), max_link);
    const Json& engine = at(data, "engine");
    message.version = name(at(engine, "version"));
    message.instance = name(at(engine, "instance"));
    return message;
}

}  // namespace contagiond::sinks
