#include "daemon/sinks/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "core/direction.hpp"
#include "core/level_channel.hpp"
#include "daemon/sinks/clipped_text.hpp"
#include "daemon/sinks/event_parts.hpp"

namespace contagiond::sinks {
namespace {

using core::Condition;
using core::ConditionReading;
using core::ConditionUnit;
using core::Maybe;
using namespace parts;

constexpr std::size_t max_name_bytes = 64;

std::string duration_text(core::DurationNs duration) {
    const double minutes = core::to_seconds(duration) / 60;
    if (minutes < 2) return fmt::format("{:.0f} s", minutes * 60);
    const auto whole = static_cast<std::int64_t>(std::llround(minutes));
    if (whole < 120) return fmt::format("{} min", whole);
    if (whole % 60 == 0) return fmt::format("{} h", whole / 60);
    return fmt::format("{} h {} min", whole / 60, whole % 60);
}

core::DurationNs from_seconds(double seconds) {
    return static_cast<core::DurationNs>(std::llround(seconds * core::ns_per_s));
}

/// What rounds to nothing has no sign.
std::string rounded(double value, int decimals) {
    std::string text = fmt::format("{:.{}f}", value, decimals);
    if (text.front() == '-' && text.find_first_not_of("-0.") == std::string::npos) text.erase(0, 1);
    return text;
}

/// Of what had to be, what is and what lies between.
std::string amount(ConditionUnit unit, double value) {
    switch (unit) {
        case ConditionUnit::fraction:
            return rounded(value * 100, 2) + " %";
        case ConditionUnit::seconds:
            return duration_text(from_seconds(value));
        case ConditionUnit::share:
        case ConditionUnit::number:
            break;
    }
    return rounded(value, 2);
}

/// Rounded up: what is told must be enough.
std::string higher_text(std::string_view name, double higher) {
    return fmt::format("{} {:.2f} % higher", name, std::ceil(higher * 1e4 - 1e-9) / 100);
}

std::string clock_text(core::TimeNs t) {
    return t == core::no_time ? "unknown" : rfc3339(t).substr(11, 8) + " UTC";
}

struct Words {
    std::string label;
    std::string meaning;
};

/// A condition without words of its own is told by its name.
Words words_of(Condition condition, const core::DetectorConfig& d, std::string_view source,
               std::string_view target) {
    switch (condition) {
        case Condition::source_fall:
            return {fmt::format("{} below its high of the last {}", source,
                                duration_text(d.level_window)),
                    ""};
        case Condition::target_fall:
            return {fmt::format("{} below its high in this slide", target),
                    fmt::format("its high since {} before {} began to slide; {} of what it had "
                                "lost before is added",
                                duration_text(d.slide_lead), source, d.before_credit)};
        case Condition::joint_fall:
            return {
                "both falls together",
                fmt::format("{}'s in units of {:.1f} %, and {}'s in units of {:.1f} %", source,
                            core::joint_source_unit * 100, target, core::joint_target_unit * 100)};
        case Condition::recent_fall:
            return {
                fmt::format("{}'s fall within the last {}", target, duration_text(d.recent_window)),
                "or within twice that, where it is smaller"};
        case Condition::target_follows:
            return {fmt::format("{}'s fall as a share of {}'s", target, source),
                    fmt::format("of no more than {:.1f} % of {}'s", d.follow_cap * 100, source)};
        case Condition::target_first:
            return {fmt::format("share of {}'s fall from before the slide", target),
                    fmt::format("what {} had lost before {} began, against all of its fall", target,
                                source)};
        case Condition::slide_age:
            return {fmt::format("age of {}'s slide", source), ""};
        case Condition::regained:
            return {fmt::format("share of its fall {} has made good", source),
                    "since its low in this slide"};
        case Condition::target_outruns:
            return {fmt::format("{}'s fall over {}'s, in usual moves", target, source),
                    "each in what it usually moves: much more is a fall of its own"};
        case Condition::burst:
            return {fmt::format("how one-way {} fell", source),
                    fmt::format("asked while it swings {} times as much as usual and {} with it",
                                d.burst_volatility, target)};
        case Condition::reverse_fall:
            return {fmt::format("{} below its high of the last {}", target,
                                duration_text(d.level_window)),
                    "its own, whatever the source did"};
        case Condition::reverse_recent_fall:
            return {
                fmt::format("{}'s fall within the last {}", target, duration_text(d.recent_window)),
                "or within twice that, where it is smaller"};
        case Condition::reverse_source_fall:
            return {fmt::format("{} below its high of the last {}", source,
                                duration_text(d.level_window)),
                    "that it takes part"};
        case Condition::reverse_balance:
            return {fmt::format("how much size and order speak for {}", target),
                    fmt::format("{} times the logarithm of {}'s loss over {}'s within the hour, "
                                "each in usual sigma, and up to {} for the one that moved first",
                                core::size_weight, target, source,
                                rounded(core::order_weight * core::order_max, 1))};
        case Condition::reverse_level:
            return {fmt::format("{}'s fall over {}'s", target, source),
                    "below their highs, each in its usual sigma"};
        case Condition::reverse_order:
            return {fmt::format("age of {}'s slide", target),
                    fmt::format("with {} of grace, against the age of {}'s",
                                duration_text(d.slide_lead), source)};
        case Condition::none:
            break;
    }
    std::string name(core::to_string(condition));
    std::replace(name.begin(), name.end(), '_', ' ');
    return {std::move(name), ""};
}

std::string prevention_of(const core::CauseCondition& cause, std::string_view source,
                          std::string_view target) {
    const ConditionReading& r = cause.reading;
    std::string out;
    const auto add = [&out](const std::string& way) { out += (out.empty() ? "" : ", or ") + way; };
    if (cause.target_higher) add(higher_text(target, *cause.target_higher));
    if (cause.source_higher) add(higher_text(source, *cause.source_higher));
    if (r.value && r.unit == ConditionUnit::seconds)
        add(fmt::format("{} {}", amount(r.unit, std::abs(*r.value - r.threshold)),
                        r.at_least ? "shorter" : "longer"));
    if (!r.value) return "nothing was asked";
    if (out.empty())
        out = fmt::format("no price of that minute; only {} {}", r.at_least ? "under" : "over",
                          amount(r.unit, r.threshold));
    return out;
}

ExplainedCondition explain_condition(const core::CauseCondition& cause,
                                     const DocumentContext& context, const Explanation& told) {
    const ConditionReading& r = cause.reading;
    Words words = words_of(r.condition, context.engine->detector, told.source, told.target);
    ExplainedCondition out;
    out.cause = cause;
    out.label = std::move(words.label);
    out.meaning = std::move(words.meaning);
    out.value = r.value ? amount(r.unit, *r.value) : "unknown";
    out.asked = r.value ? fmt::format("{} {}", r.at_least ? "at least" : "at most",
                                      amount(r.unit, r.threshold))
                        : "nothing";
    if (r.value) out.margin = amount(r.unit, std::abs(*r.value - r.threshold));
    out.prevention = prevention_of(cause, told.source, told.target);
    return out;
}

/// "us_tech's fall and BTC-USD's fall": the labels of those that came true last.
std::string last_labels(const Explanation& told) {
    std::string out;
    for (const ExplainedCondition& condition : told.conditions)
        if (condition.last) out += (out.empty() ? "" : "; ") + condition.label;
    return out;
}

std::string why_then(const core::Episode& episode, const core::EpisodeCause& cause,
                     const Explanation& told, const DocumentContext& context) {
    const core::DetectorConfig& d = context.engine->detector;
    core::TimeNs held = core::no_time;
    for (const core::CauseCondition& condition : cause.conditions)
        held = std::max(held, condition.held_since);
    std::string out =
        fmt::format("Last to come true: {}, at {}.", last_labels(told), clock_text(held));
    if (cause.cooldown_until != core::no_time)
        return out + fmt::format(
                         " The cooldown after an earlier alert would have lasted until {}; it was "
                         "broken because both legs had fallen anew.",
                         clock_text(cause.cooldown_until));
    struct Gate {
        core::TimeNs since;
        std::string_view what;
    };
    Gate last{held, ""};
    for (const Gate& gate : {Gate{cause.judged_since, "both could be judged"},
                             Gate{cause.warm_since, "the warm-up was done"},
                             Gate{cause.trusted_since, "the data could be trusted again"}})
        if (gate.since > last.since) last = gate;
    if (last.since > held)
        return out + fmt::format(" The alert waited until {}, when {}.", clock_text(last.since),
                                 last.what);
    if (d.confirm > 0 && episode.detected_at - cause.reached_at >= d.confirm &&
        episode.detected_at - held <= d.confirm + core::ns_per_min)
        return out + fmt::format(" Then the score had to stand for {}.", duration_text(d.confirm));
    if (episode.detected_at - held > core::ns_per_min)
        return out + fmt::format(" Until {} an earlier alert was open, or in its cooldown.",
                                 clock_text(episode.detected_at));
    return out + " That is why it fired at that minute and not sooner.";
}

std::string attribution_text(const core::Episode& episode, const core::EpisodeCause& cause,
                             const Explanation& told, const DocumentContext& context) {
    const core::DetectorConfig& d = context.engine->detector;
    const core::ShockReading& shock = cause.shock;
    std::string out = fmt::format("{}, told as {}", core::to_string(episode.attribution),
                                  core::to_string(episode.rule));
    if (!shock.controls_fresh)
        return out + ": without fresh macro controls nobody can tell whose shock it was";
    if (!shock.source_sigma || !shock.macro_sigma || !shock.macro_one_way)
        return out + ": the usual size of the controls' moves was not known yet";
    out += fmt::format(". Over {} {} lost {} of its usual sigma", duration_text(shock.horizon_ns),
                       told.source, rounded(*shock.source_sigma, 1));
    if (*shock.macro_sigma <= 0) return out + ", and the macro controls lost nothing";
    out += fmt::format(", the macro controls {}", rounded(*shock.macro_sigma, 1));
    if (*shock.source_sigma > 0)
        out +=
            fmt::format(", {} times as much", rounded(*shock.macro_sigma / *shock.source_sigma, 2));
    return out + fmt::format(
                     " (macro from {:.2f} times on, if they also lost {:.1f} sigma or fell "
                     "one way by {:.1f}; it was {})",
                     d.macro_share, d.macro_sigma, d.macro_one_way,
                     rounded(*shock.macro_one_way, 1));
}

std::vector<ExplainedFact> facts(const core::Episode& episode, const core::EpisodeCause& cause,
                                 const Explanation& told, const DocumentContext& context) {
    const core::DetectorConfig& d = context.engine->detector;
    std::vector<ExplainedFact> out;
    out.push_back({"warmup",
                   fmt::format("{} had been watched for {} of bars", told.target,
                               duration_text(context.engine->warmup)),
                   cause.warm_since});
    out.push_back({"judged",
                   fmt::format("{} and {} had fresh prices, and their markets were open",
                               told.source, told.target),
                   cause.judged_since});
    out.push_back({"trusted", "nothing doubtful stood behind the figures", cause.trusted_since});
    out.push_back({"confirmation",
                   d.confirm > 0
                       ? fmt::format("the score had stood for {}", duration_text(d.confirm))
                       : "none is asked by this configuration",
                   d.confirm > 0 ? cause.reached_at : core::no_time});
    out.push_back(
        {"cooldown",
         cause.cooldown_until == core::no_time
             ? "none was running"
             : fmt::format("one ran until {}, but both legs had fallen anew by {:.2f} times their "
                           "thresholds ({:.2f} is asked)",
                           clock_text(cause.cooldown_until), cause.fallen_anew.value_or(0),
                           d.reopen_factor),
         core::no_time});
    out.push_back({"attribution", attribution_text(episode, cause, told, context), core::no_time});
    return out;
}

double smallest_change(const core::CauseCondition& cause) {
    const double none = std::numeric_limits<double>::infinity();
    return std::min(cause.source_higher.value_or(none), cause.target_higher.value_or(none));
}

}  // namespace

Explanation explain(const core::Episode& episode, const DocumentContext& context) {
    Explanation told;
    told.source = clip(group_of(episode, context), max_name_bytes, true);
    told.factor_now = context.engine->detector.threshold_factor;
    if (!episode.cause) {
        told.note = "The conditions of this alert were not recorded.";
        return told;
    }
    const core::EpisodeCause& cause = *episode.cause;
    told.known = true;
    told.target = clip(symbol_of(cause.target, context), max_name_bytes, true);
    core::TimeNs last = core::no_time;
    double least = std::numeric_limits<double>::infinity();
    for (const core::CauseCondition& condition : cause.conditions) {
        told.conditions.push_back(explain_condition(condition, context, told));
        last = std::max(last, condition.held_since);
        if (condition.reading.scaled) least = std::min(least, condition.reading.ratio);
    }
    for (ExplainedCondition& condition : told.conditions)
        condition.last = condition.cause.held_since == last;
    if (std::isfinite(least)) told.factor_from = told.factor_now * least;

    for (std::size_t i = 0; i < told.conditions.size(); ++i)
        if (std::isfinite(smallest_change(told.conditions[i].cause))) told.prevention.push_back(i);
    std::stable_sort(told.prevention.begin(), told.prevention.end(),
                     [&](std::size_t a, std::size_t b) {
                         return smallest_change(told.conditions[a].cause) <
                                smallest_change(told.conditions[b].cause);
                     });
    told.also = facts(episode, cause, told, context);
    if (told.conditions.empty()) {
        told.note = "The conditions of this alert were not recorded.";
        return told;
    }
    told.why_then = why_then(episode, cause, told, context);
    told.note =
        "Any one of these would have kept this minute below the threshold, everything before "
        "being as it was. A later minute may then have opened the alert all the same.";
    return told;
}

}  // namespace contagiond::sinks
