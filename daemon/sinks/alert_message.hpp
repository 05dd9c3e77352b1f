// AlertMessage: an alert document (schema contagiond.alert/1) read back, so that whoever writes to
// people works on values instead of on JSON. Text in it is one line each, valid UTF-8, free of
// control characters and direction marks, and bounded; markup and mentions are still in it: those
// are for each receiver's format to escape.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "core/units.hpp"

namespace contagiond::sinks {

enum class AlertKind : std::uint8_t { opened, updated, resolved, test };
std::string_view to_string(AlertKind kind);

struct AlertLead {
    std::string verdict;            ///< "led", or why none is claimed
    std::string source;             ///< who of the source's side was compared; empty: not told
    std::optional<double> seconds;  ///< positive: the source's side moved first
    std::optional<double> seconds_low;
    std::optional<double> seconds_high;
};

struct AlertCorrelation {
    std::optional<double> window_s;
    std::optional<double> value;
    std::optional<double> baseline;
    std::optional<double> standard_error;
    std::optional<double> adjusted;  ///< for the larger moves
    std::optional<double> p_value;
};

struct AlertTarget {
    std::string symbol;
    std::string price;  ///< decimal text, empty if unknown
    std::optional<double> return_ratio;
    std::optional<double> fall_ratio;  ///< below the high since the slide began: negative
    AlertCorrelation correlation;
    std::optional<AlertLead> lead;
};

struct AlertMember {
    std::string symbol;
    bool is_proxy = false;
    std::optional<double> return_ratio;
    std::optional<double> share;  ///< of the source's fall, 0-1
};

struct AlertControl {
    std::string symbol;
    std::optional<double> z;  ///< positive is pressure on risk
};

/// Times are absent where the document has none; numbers where they are null.
struct AlertMessage {
    AlertKind kind = AlertKind::opened;
    std::string id;
    std::uint32_t revision = 1;
    core::Severity severity = core::Severity::info;
    std::string mode;  ///< live, replay or demo
    std::string shadow;
    std::string rule;
    std::string fingerprint;
    std::string title;
    std::string summary;
    std::optional<core::TimeNs> ts;  ///< of this revision
    std::optional<core::TimeNs> started_at;
    std::optional<core::TimeNs> detected_at;
    std::optional<core::TimeNs> ended_at;
    std::optional<double> horizon_s;  ///< over which return_ratio is taken
    std::string source;               ///< the group
    std::optional<double> source_return_ratio;
    std::optional<double> source_fall_ratio;
    std::string leader;  ///< empty: no single one
    std::vector<AlertMember> members;
    std::vector<AlertTarget> targets;  ///< the one that fell most first
    std::optional<double> score;
    std::optional<double> score_peak;
    std::optional<double> score_enter;
    std::string attribution;
    std::vector<AlertControl> controls;
    std::string contagion;  ///< contagion or interdependence; empty: not known
    std::optional<double> value_lost_usd;
    std::optional<double> value_lost_share;
    std::string calendar;
    std::string session;
    bool degraded = false;
    std::vector<std::string> stale;
    std::vector<std::string> diverged;
    std::uint64_t gaps = 0;
    std::optional<double> coverage;
    std::string link;  ///< to the alert's page, empty if there is none
    std::string version;
    std::string instance;
};

/// Absent where `document` is no alert document. What it lacks or has in another shape is absent in
/// the message too. Pure.
std::optional<AlertMessage> parse_alert(std::string_view document);

}  // namespace contagiond::sinks
