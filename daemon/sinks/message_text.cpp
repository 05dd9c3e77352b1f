#include "daemon/sinks/message_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/calendar.hpp"
#include "daemon/sinks/clipped_text.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/spoken.hpp"

namespace contagiond::sinks {
namespace {

constexpr std::size_t max_spoken_name = 24;
constexpr std::size_t least_spoken_name = 4;
constexpr std::size_t max_spoken_list = 4;
constexpr std::size_t max_digest_facts = 10;
constexpr std::string_view arrow = " → ";

std::string spoken(std::string_view name) {
    return shortened(name, max_spoken_name);
}

std::string upper(std::string_view word) {
    std::string out(word);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

std::string mark_of(const AlertMessage& message) {
    std::string out;
    if (message.mode == "replay") out = "[REPLAY] ";
    if (message.mode == "demo") out = "[DEMO] ";
    if (!message.shadow.empty()) out += "[SHADOW] ";
    return out;
}

std::string word_of(const AlertMessage& message) {
    if (message.kind == AlertKind::resolved) return "RESOLVED";
    if (message.kind == AlertKind::test) return "TEST";
    return upper(core::to_string(message.severity));
}

std::uint32_t color_of(const AlertMessage& message) {
    if (message.kind == AlertKind::resolved) return 0x2A9D8F;
    switch (message.severity) {
        case core::Severity::critical:
            return 0xD7263D;
        case core::Severity::warning:
            return 0xF4A261;
        case core::Severity::info:
            break;
    }
    return 0x3A86FF;
}

/// "6 min"; absent where either moment is.
std::optional<std::string> between(std::optional<core::TimeNs> from,
                                   std::optional<core::TimeNs> to) {
    if (!from || !to) return std::nullopt;
    return spoken_duration(elapsed(*from, *to));
}

/// Time of day in UTC, "14:36".
std::string clock_of(core::TimeNs t) {
    return rfc3339(t).substr(11, 5);
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator = ", ") {
    std::string out;
    for (const std::string& part : parts) {
        if (part.empty()) continue;
        if (!out.empty()) out += separator;
        out += part;
    }
    return out;
}

// ---- what both headline and facts say ----------------------------------------------------------

const AlertTarget& first_target(const AlertMessage& message) {
    static const AlertTarget none;
    return message.targets.empty() ? none : message.targets.front();
}

struct Pair {
    std::string who;
    std::string whom;
};

Pair direction_of(const AlertMessage& message) {
    const std::string source = message.source.empty() ? "unknown" : message.source;
    const std::string& symbol = first_target(message).symbol;
    const std::string target = symbol.empty() ? "no target" : symbol;
    if (message.rule == core::to_string(core::Rule::crypto_to_tech)) return {target, source};
    if (message.rule == core::to_string(core::Rule::common_macro))
        return {"macro", fmt::format("{}, {}", spoken(source), spoken(target))};
    return {source, target};
}

struct Move {
    std::optional<double> ratio;
    std::optional<std::string> in;  ///< how long it took
};

/// Since the slide began where that is known, else over the horizon.
Move move_of(const AlertMessage& message, std::optional<double> fall,
             std::optional<double> return_ratio) {
    if (fall) return {fall, between(message.started_at, message.ts)};
    Move move{return_ratio, {}};
    if (message.horizon_s && *message.horizon_s >= 0 && *message.horizon_s < 1e9)
        move.in = spoken_duration(static_cast<core::DurationNs>(*message.horizon_s * 1e9));
    return move;
}

/// Of the one the arrow points at: beside its end the move would be read as its own.
Move headline_move(const AlertMessage& message) {
    if (message.rule == core::to_string(core::Rule::crypto_to_tech))
        return move_of(message, message.source_fall_ratio, message.source_return_ratio);
    const AlertTarget& target = first_target(message);
    return move_of(message, target.fall_ratio, target.return_ratio);
}

bool is_claimed(const std::optional<AlertLead>& lead) {
    return lead && lead->verdict == core::to_string(core::LeadVerdict::led) && lead->seconds;
}

/// Who moved first, by name, where a lead is claimed.
std::string first_mover(const AlertMessage& message, const AlertTarget& target) {
    if (*target.lead->seconds < 0) return target.symbol;
    return target.lead->source.empty() ? message.leader : target.lead->source;
}

bool is_in_step(const AlertLead& lead) {
    return lead.verdict == core::to_string(core::LeadVerdict::spans_zero) ||
           lead.verdict == core::to_string(core::LeadVerdict::finer_than_ticks);
}

// ---- the headline ------------------------------------------------------------------------------

std::string spoken_delay(const AlertMessage& message, bool by_name) {
    const AlertTarget& target = first_target(message);
    if (!is_claimed(target.lead))
        return target.lead && is_in_step(*target.lead) ? "in step" : "lag unclear";
    const std::string mover = first_mover(message, target);
    const std::string seconds = spoken_seconds(std::abs(*target.lead->seconds));
    if (by_name && !mover.empty()) return fmt::format("{} led {}", spoken(mover), seconds);
    return fmt::format("lag {}{}", *target.lead->seconds < 0 ? "−" : "", seconds);
}

/// Who → whom in at most `limit` code points, both shortened where they must be.
std::string spoken_pair(const Pair& pair, std::size_t limit) {
    std::string who = spoken(pair.who), whom = shortened(pair.whom, 2 * max_spoken_name + 2);
    const std::size_t budget =
        std::max(limit, code_points(arrow) + 2 * least_spoken_name) - code_points(arrow);
    if (code_points(who) + code_points(whom) > budget) {
        // The shorter one keeps what it needs, up to a half.
        const std::size_t half = budget / 2;
        const std::size_t who_share =
            code_points(whom) <= half ? budget - code_points(whom) : std::max(half, std::size_t{1});
        who = shortened(who, who_share);
        whom = shortened(whom, budget - code_points(who));
    }
    return who + std::string(arrow) + whom;
}

/// `head`, the pair, `tail`; where the pair has to give way it does.
std::string fitted(const std::string& head, const Pair& pair, const std::string& tail) {
    const std::size_t taken = code_points(head) + code_points(tail);
    const std::size_t left = taken < headline_code_points ? headline_code_points - taken : 0;
    return shortened(head + spoken_pair(pair, left) + tail, headline_code_points);
}

std::string firing_headline(const AlertMessage& message) {
    const Pair pair = direction_of(message);
    const Move move = headline_move(message);
    const AlertCorrelation& correlation = first_target(message).correlation;
    const auto two_digits = [](std::optional<double> value) {
        return value ? spoken_correlation(value) : std::string("n/a");
    };
    const std::string ratio = move.ratio ? spoken_ratio(move.ratio) : "move n/a";
    const std::string relation = fmt::format("rho {} (usual {})", two_digits(correlation.value),
                                             two_digits(correlation.baseline));
    const std::string head = mark_of(message) + word_of(message) + " ";
    const std::string whole = spoken_pair(pair, 4 * max_spoken_name);
    std::string line;
    // What can be read elsewhere gives way first, the names last.
    struct Variant {
        bool update, name, duration;
    };
    for (const Variant v : {Variant{true, true, true},
                            {false, true, true},
                            {false, false, true},
                            {false, false, false}}) {
        const bool is_update = v.update && message.kind == AlertKind::updated;
        const std::string start = head + (is_update ? "update " : "");
        const std::string tail =
            fmt::format(" {}{}, {}, {}", ratio,
                        v.duration && move.in ? fmt::format(" in {}", *move.in) : std::string(),
                        relation, spoken_delay(message, v.name));
        line = start + whole + tail;
        if (code_points(line) <= headline_code_points) return line;
        line = fitted(start, pair, tail);
    }
    return line;
}

std::string resolved_headline(const AlertMessage& message) {
    const auto duration =
        between(message.started_at, message.ended_at ? message.ended_at : message.ts);
    const std::string tail =
        fmt::format(" after {}, peak score {}", duration.value_or("an unknown time"),
                    message.score_peak ? fmt::format("{:.2f}", *message.score_peak) : "n/a");
    return fitted(
        fmt::format("{}RESOLVED {} ", mark_of(message), core::to_string(message.severity)),
        direction_of(message), tail);
}

std::string headline_of(const AlertMessage& message) {
    switch (message.kind) {
        case AlertKind::opened:
        case AlertKind::updated:
            return firing_headline(message);
        case AlertKind::resolved:
            return resolved_headline(message);
        case AlertKind::test:
            break;
    }
    return shortened(fmt::format("{}TEST from {}: nothing happened in any market", mark_of(message),
                                 spoken(message.instance)),
                     headline_code_points);
}

// ---- facts -------------------------------------------------------------------------------------

bool through_proxies(const AlertMessage& message) {
    return std::any_of(message.members.begin(), message.members.end(),
                       [](const AlertMember& member) { return member.is_proxy; });
}

Fact moves(const AlertMessage& message) {
    std::vector<std::string> parts;
    const Move source = move_of(message, message.source_fall_ratio, message.source_return_ratio);
    parts.push_back(fmt::format("{} {}{}", spoken(message.source), spoken_ratio(source.ratio),
                                through_proxies(message) ? " (through proxies)" : ""));
    bool since_onset = message.source_fall_ratio.has_value();
    for (const AlertTarget& target : message.targets) {
        if (parts.size() > 2 * max_spoken_list) break;
        since_onset = since_onset && target.fall_ratio;
        const Move move = move_of(message, target.fall_ratio, target.return_ratio);
        parts.push_back(fmt::format(
            "{} {}{}", spoken(target.symbol), spoken_ratio(move.ratio),
            target.price.empty() ? std::string() : fmt::format(" at {}", spoken(target.price))));
    }
    std::string name = "Moves";
    if (since_onset && message.started_at)
        name = fmt::format("Moves since {} UTC", clock_of(*message.started_at));
    else if (const Move over = move_of(message, {}, {}); over.in)
        name = fmt::format("Moves over {}", *over.in);
    return {std::move(name), joined(parts)};
}

Fact correlation_fact(const AlertMessage& message) {
    const AlertTarget& target = first_target(message);
    const AlertCorrelation& c = target.correlation;
    std::string name = "Correlation";
    if (c.window_s && *c.window_s > 0 && *c.window_s < 1e9)
        name += fmt::format(" over {}",
                            spoken_duration(static_cast<core::DurationNs>(*c.window_s * 1e9)));
    std::string value = spoken_correlation(c.value);
    if (c.value && c.standard_error) value += fmt::format(" ± {:.2f}", *c.standard_error);
    value += fmt::format(", usual {}", spoken_correlation(c.baseline));
    if (c.adjusted)
        value += fmt::format("; {:.2f} adjusted for the larger moves", *c.adjusted + 0.0);
    if (message.contagion == "contagion" || message.contagion == "interdependence")
        value += ": " + message.contagion;
    return {std::move(name), std::move(value)};
}

/// Why no lead is claimed.
std::string_view unclaimed(const std::optional<AlertLead>& lead) {
    if (!lead) return "not measured";
    if (is_in_step(*lead)) return "both together, as far as the ticks can tell";
    if (lead->verdict == core::to_string(core::LeadVerdict::too_few_ticks))
        return "unclear, too few ticks";
    if (lead->verdict == core::to_string(core::LeadVerdict::at_the_edge))
        return "unclear, the lag may be longer than looked for";
    return "unclear, no lag stands out";
}

Fact lead_fact(const AlertMessage& message) {
    const AlertTarget& target = first_target(message);
    std::string value;
    if (is_claimed(target.lead)) {
        const double seconds = *target.lead->seconds;
        const std::string mover = first_mover(message, target);
        const std::string follower =
            seconds < 0 ? (target.lead->source.empty() ? message.source : target.lead->source)
                        : target.symbol;
        value = fmt::format("{}, {} before {}", mover.empty() ? "unknown" : spoken(mover),
                            spoken_seconds(std::abs(seconds)), spoken(follower));
        if (target.lead->seconds_low && target.lead->seconds_high) {
            const double a = std::abs(*target.lead->seconds_low);
            const double b = std::abs(*target.lead->seconds_high);
            value += fmt::format(" (95 %: {:.0f} to {:.0f} s)", std::min(a, b), std::max(a, b));
        }
    } else {
        value = unclaimed(target.lead);
    }
    for (const AlertMember& member : message.members)
        if (!message.leader.empty() && member.symbol == message.leader && member.share)
            value += fmt::format("; {} is {} of {}'s fall", spoken(member.symbol),
                                 spoken_share(*member.share), spoken(message.source));
    return {"Who moved first", std::move(value)};
}

Fact cause_fact(const AlertMessage& message) {
    std::string value = "unknown, no control has a fresh price";
    if (message.attribution == "tech") value = "tech, not macro";
    if (message.attribution == "macro") value = "macro";
    if (message.attribution == "crypto") value = "crypto's own fall";
    if (message.attribution == "undecided") value = "tech or macro, undecided";
    std::vector<std::string> controls;
    for (const AlertControl& control : message.controls)
        if (control.z && controls.size() < max_spoken_list)
            controls.push_back(
                fmt::format("{} {}", spoken(control.symbol), spoken_sigma(*control.z)));
    if (!controls.empty()) value += fmt::format("; macro pressure {}", joined(controls));
    return {"Cause", std::move(value)};
}

Fact score_fact(const AlertMessage& message) {
    std::string value = message.score ? fmt::format("{:.2f}", *message.score) : "unknown";
    if (message.score_enter) value += fmt::format(", alerts from {:.2f}", *message.score_enter);
    if (const auto late = between(message.started_at, message.detected_at))
        value += fmt::format("; detected {} after onset", *late);
    return {"Score", std::move(value)};
}

std::string spoken_loss(const AlertMessage& message) {
    if (!message.value_lost_usd || !(*message.value_lost_usd > 0)) return {};
    std::string out = fmt::format("{} of market value", spoken_money(*message.value_lost_usd));
    if (message.value_lost_share && *message.value_lost_share > 0)
        out += fmt::format(", {} of the coins' worth", spoken_share(*message.value_lost_share));
    return out;
}

std::vector<Fact> firing_facts(const AlertMessage& message) {
    std::vector<Fact> facts = {moves(message), correlation_fact(message), lead_fact(message),
                               cause_fact(message)};
    if (const std::string loss = spoken_loss(message); !loss.empty())
        facts.push_back({fmt::format("Lost by {}", spoken(message.source)), loss});
    else
        facts.push_back(score_fact(message));
    return facts;
}

std::vector<Fact> resolved_facts(const AlertMessage& message) {
    const auto end = message.ended_at ? message.ended_at : message.ts;
    std::string lasted = between(message.started_at, end).value_or("unknown");
    if (message.started_at && end)
        lasted += fmt::format(", {} to {} UTC", clock_of(*message.started_at), clock_of(*end));
    std::string peak = message.score_peak ? fmt::format("{:.2f}", *message.score_peak) : "unknown";
    if (message.score_enter) peak += fmt::format(", alerts from {:.2f}", *message.score_enter);
    return {{"Lasted", std::move(lasted)},
            {"Peak score", std::move(peak)},
            moves(message),
            correlation_fact(message)};
}

std::vector<Fact> test_facts(const AlertMessage& message) {
    const auto known = [](const std::string& text) {
        return text.empty() ? std::string("unknown") : spoken(text);
    };
    return {{"Meaning", "only that messages arrive here"},
            {"Sent by",
             fmt::format("contagiond {} on {}", known(message.version), known(message.instance))},
            {"Mode", known(message.mode)}};
}

// ---- the rest ----------------------------------------------------------------------------------

/// "AMD, NVDA and 3 more"
std::string some_of(const std::vector<std::string>& names) {
    std::vector<std::string> told;
    for (const std::string& name : names)
        if (told.size() < max_spoken_list) told.push_back(spoken(name));
    std::string out = joined(told);
    if (names.size() > told.size()) out += fmt::format(" and {} more", names.size() - told.size());
    return out;
}

std::string caveat_of(const AlertMessage& message) {
    if (!message.degraded) return {};
    std::vector<std::string> parts;
    if (!message.stale.empty())
        parts.push_back(fmt::format("no fresh price of {}", some_of(message.stale)));
    if (!message.diverged.empty())
        parts.push_back(fmt::format("feeds disagree on {}", some_of(message.diverged)));
    if (message.gaps > 0)
        parts.push_back(fmt::format("{} gap{}", message.gaps, message.gaps == 1 ? "" : "s"));
    if (message.coverage)
        parts.push_back(
            fmt::format("{:.0f} % of {} seen", *message.coverage * 100, spoken(message.source)));
    const std::string why = joined(parts);
    return "Caution, the data was degraded" + (why.empty() ? "" : ": " + why);
}

std::string when_of(const AlertMessage& message) {
    std::optional<core::TimeNs> t = message.ts;
    std::string verb = "As of";
    // There is seldom room for it in the headline.
    if (message.kind == AlertKind::updated && message.revision > 1)
        verb = fmt::format("Update {}, as of", message.revision - 1);
    if (message.kind == AlertKind::opened) verb = "Detected", t = message.detected_at;
    if (message.kind == AlertKind::resolved) verb = "Ended", t = message.ended_at;
    if (message.kind == AlertKind::test) verb = "Sent";
    if (!t) t = message.ts;
    return t ? fmt::format("{} {}", verb, spoken_time(*t)) : std::string();
}

int urgency(const AlertMessage& message) {
    if (message.kind == AlertKind::test) return 0;
    if (message.kind == AlertKind::resolved) return 1;
    return 2 + static_cast<int>(message.severity);
}

}  // namespace

std::string spoken_time(core::TimeNs t) {
    const std::string utc = rfc3339(t);
    const core::NewYorkTime there = core::new_york_time(t);
    const std::string date = fmt::format("{:04}-{:02}-{:02}", there.year, there.month, there.day);
    const bool same_date = utc.compare(0, 10, date) == 0;
    return fmt::format("{} {} UTC ({}{:02}:{:02}:{:02} New York)", utc.substr(0, 10),
                       utc.substr(11, 8), same_date ? "" : date + " ",
                       there.of_day / core::ns_per_hour, there.of_day / core::ns_per_min % 60,
                       there.of_day / core::ns_per_s % 60);
}

MessageText message_text(const AlertMessage& message) {
    MessageText text;
    text.word = word_of(message);
    text.color = color_of(message);
    text.headline = headline_of(message);
    text.title = shortened(message.title, headline_code_points);
    switch (message.kind) {
        case AlertKind::opened:
        case AlertKind::updated:
            text.facts = firing_facts(message);
            break;
        case AlertKind::resolved:
            text.facts = resolved_facts(message);
            break;
        case AlertKind::test:
            text.facts = test_facts(message);
            break;
    }
    text.caveat = caveat_of(message);
    text.when = when_of(message);
    text.reference = message.id;
    if (message.kind == AlertKind::updated)
        text.reference +=
            fmt::format(", update {}", message.revision > 0 ? message.revision - 1 : 0);
    text.link = message.link;
    return text;
}

MessageText digest_text(std::span<const AlertMessage> messages) {
    MessageText text;
    std::vector<const AlertMessage*> latest;
    for (const AlertMessage& message : messages) {
        const auto same = std::find_if(latest.begin(), latest.end(),
                                       [&](const auto* other) { return other->id == message.id; });
        if (same != latest.end()) latest.erase(same);
        latest.push_back(&message);
    }
    if (latest.empty()) return text;
    std::string mark;
    for (const AlertMessage* message : latest) mark = mark_of(*message);
    std::stable_sort(latest.begin(), latest.end(),
                     [](const auto* a, const auto* b) { return urgency(*a) > urgency(*b); });
    const MessageText worst = message_text(*latest.front());
    text.word = worst.word;
    text.color = worst.color;
    text.headline =
        shortened(fmt::format("{}{} digest: {} messages of {} episode{}", mark, worst.word,
                              messages.size(), latest.size(), latest.size() == 1 ? "" : "s"),
                  headline_code_points);
    text.title = "The latest of each episode, the most urgent first";
    for (const AlertMessage* message : latest) {
        if (text.facts.size() == max_digest_facts) break;
        const MessageText one = message_text(*message);
        const auto t = message->kind == AlertKind::resolved && message->ended_at ? message->ended_at
                                                                                 : message->ts;
        text.facts.push_back({t ? clock_of(*t) + " UTC" : std::string("unknown time"),
                              one.headline + (message->degraded ? "; data degraded" : "")});
    }
    if (latest.size() > text.facts.size())
        text.caveat =
            fmt::format("{} more episodes are not listed here", latest.size() - text.facts.size());
    const AlertMessage& newest = messages.back();
    if (newest.ts) text.when = fmt::format("Latest {}", spoken_time(*newest.ts));
    text.reference = fmt::format("digest up to {}, message {}", newest.id, newest.revision);
    text.link = latest.front()->link;
    return text;
}

std::string body_text(const MessageText& text) {
    std::string out;
    for (const Fact& fact : text.facts) out += fmt::format("{}: {}\n", fact.name, fact.value);
    for (const std::string* line : {&text.caveat, &text.when, &text.reference})
        if (!line->empty()) out += *line + "\n";
    if (!out.empty()) out.pop_back();
    return out;
}

}  // namespace contagiond::sinks
