// Title and summary of an episode: the sentences that people read first.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/elementary.hpp"
#include "daemon/sinks/clipped_text.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/event_parts.hpp"
#include "daemon/sinks/spoken.hpp"

namespace contagiond::sinks {
namespace {

using core::Episode;
using core::EpisodeTarget;
using namespace parts;

constexpr std::string_view arrow = " → ";
constexpr std::size_t max_title_bytes = 256;
constexpr std::size_t max_summary_bytes = 600;
/// Of a name inside a sentence, so that its first 80 characters hold more than names.
constexpr std::size_t max_spoken_name_bytes = 24;
constexpr std::size_t max_spoken_controls = 4;
constexpr std::size_t clock_at = 11, clock_characters = 5;  // of an RFC 3339 time

std::string spoken(std::string_view text) {
    return clip(text, max_spoken_name_bytes, true);
}

std::string spoken_percent(std::optional<double> log_return) {
    return spoken_ratio(simple_return(log_return));
}

/// "rho5m 0.81 (usual 0.34)"
std::string relation_to_usual(const EpisodeTarget& target, const DocumentContext& context) {
    std::string out = "rho";
    if (const auto window = correlation_window(target, context))
        out += *window % core::ns_per_min == 0 ? fmt::format("{}m", *window / core::ns_per_min)
                                               : fmt::format("{:.0f}s", core::to_seconds(*window));
    return fmt::format("{} {} (usual {})", out, spoken_correlation(target.correlation),
                       spoken_correlation(target.correlation_baseline));
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

/// ", NVDA led by 41 s": who moved first. Where that is not known it is not said: only whose share
/// of the fall was largest.
std::string spoken_lead(const Episode& episode, const DocumentContext& context) {
    if (!episode.targets.empty()) {
        const EpisodeTarget& target = episode.targets[0];
        if (const core::LeadMeasured* lead = claimed_lead(target)) {
            const auto first = *lead->seconds < 0 ? symbol_of(target.instrument, context)
                                                  : series_of(lead->source, context);
            return fmt::format(", {} led by {}", spoken(first),
                               spoken_seconds(std::abs(*lead->seconds)));
        }
    }
    if (!episode.leader) return {};
    std::string out = fmt::format(", {} weighed most", spoken(symbol_of(*episode.leader, context)));
    for (const core::EpisodeMember& member : episode.members)
        if (member.instrument == *episode.leader && present(member.share))
            out += fmt::format(" ({:.0f} % of it)", *member.share * 100);
    return out;
}

/// "−2.1 % (4.1σ)"
std::string spoken_fall(std::optional<double> log_return, std::optional<double> loss_sigma) {
    std::string out = spoken_percent(log_return);
    if (present(loss_sigma) && *loss_sigma > 0) out += fmt::format(" ({:.1f}σ)", *loss_sigma);
    return out;
}

/// "−2.1 %" where the fall since the slide began is known, else the return in its sigma.
std::string spoken_move(std::optional<double> fall, std::optional<double> log_return,
                        std::optional<double> loss_sigma) {
    if (present(fall) && *fall < 1) return spoken_percent(core::elementary::log1p(-*fall));
    return spoken_fall(log_return, loss_sigma);
}

/// "ZN −0.9σ, DXY +0.2σ": how the controls themselves moved, over the horizon of the fall.
std::string spoken_controls(const Episode& episode, const DocumentContext& context) {
    std::string out;
    std::size_t told = 0;
    for (const core::EpisodeControl& control : episode.controls) {
        if (!present(control.loss_sigma) || told == max_spoken_controls) continue;
        int sign = 1;
        for (const core::Control& c : context.engine->controls)
            if (c.instrument == control.instrument) sign = c.sign;
        out += fmt::format("{}{} {}", told++ == 0 ? "" : ", ",
                           spoken(symbol_of(control.instrument, context)),
                           spoken_sigma(-sign * *control.loss_sigma));
    }
    return out;
}

/// "; not macro: ZN +0.9σ, DXY −0.2σ": whose shock it was, and how that is known.
std::string spoken_attribution(const Episode& episode, const DocumentContext& context) {
    std::string out;
    switch (episode.attribution) {
        case core::Attribution::tech:
            out = "; not macro";
            break;
        case core::Attribution::macro:
            out = "; macro";
            break;
        case core::Attribution::undecided:
            out = "; tech or macro undecided";
            break;
        case core::Attribution::crypto:
            return "; crypto's own fall, the larger one in its usual sigma";
        case core::Attribution::unattributed:
            return context.engine->controls.empty()
                       ? "; tech or macro unknown: no controls are configured"
                       : "; tech or macro unknown: no control has a fresh price";
    }
    if (const std::string controls = spoken_controls(episode, context); !controls.empty())
        out += ": " + controls;
    for (const core::EpisodeControl& placebo : episode.placebos)
        if (present(placebo.loss_sigma))
            out += fmt::format(", placebo {} {}", spoken(symbol_of(placebo.instrument, context)),
                               spoken_sigma(-*placebo.loss_sigma));
    return out;
}

/// "; us_tech through nothing but proxies": tokens and perpetuals have a price of their own where
/// the shares behind them do not trade.
std::string spoken_proxies(const Episode& episode, const DocumentContext& context) {
    std::size_t proxies = 0;
    for (const core::EpisodeMember& member : episode.members)
        if (!underlying_of(member.instrument, context).empty()) ++proxies;
    if (proxies == 0) return {};
    return fmt::format(
        "; {} {} proxies", spoken(group_of(episode, context)),
        proxies == episode.members.size() ? "through nothing but" : "partly through");
}

/// "; $593 bn of market value gone, 33 % of the coins' worth"; nothing where nothing is known to be
/// gone.
std::string spoken_impact(const Episode& episode) {
    if (!present(episode.value_lost_usd) || !(*episode.value_lost_usd > 0)) return {};
    std::string out =
        fmt::format("; {} of market value gone", spoken_money(*episode.value_lost_usd));
    if (present(episode.value_lost_share) && *episode.value_lost_share > 0)
        out += fmt::format(", {} of the coins' worth", spoken_share(*episode.value_lost_share));
    return out;
}

}  // namespace

std::string title(const core::Episode& episode, const DocumentContext& context) {
    std::string targets;
    for (std::size_t i = 0; i < std::min(episode.targets.size(), max_targets); ++i) {
        if (i > 0) targets += ", ";
        targets += spoken(symbol_of(episode.targets[i].instrument, context));
    }
    if (targets.empty()) targets = "no target";
    std::string out(mode_mark(context));
    if (!context.shadow.empty()) out += fmt::format("[SHADOW {}] ", spoken(context.shadow));
    out += direction(episode, spoken(group_of(episode, context)), targets);
    return clip(out, max_title_bytes, true);
}

std::string summary(const core::Episode& episode, const DocumentContext& context) {
    const std::string source = spoken(group_of(episode, context));
    std::string out = direction(episode, source, first_target(episode, context));
    if (episode.phase == core::EpisodePhase::resolved) {
        const core::TimeNs end = episode.ended_at == core::no_time ? episode.ts : episode.ended_at;
        out += fmt::format(" over after {}, peak score {:.2f}",
                           spoken_duration(elapsed(episode.started_at, end)), episode.score_peak);
        if (episode.degraded) out += "; data degraded";
        return clip(out, max_summary_bytes, true);
    }
    // What the first 80 characters must say comes first: the move, the relation, the delay.
    if (!episode.targets.empty()) {
        const EpisodeTarget& target = episode.targets[0];
        // Beside the arrow's end the move would read as the source's.
        if (episode.rule == core::Rule::crypto_to_tech)
            out += fmt::format(": {}", first_target(episode, context));
        out += fmt::format(
            " {} in {}, {}", spoken_move(target.fall, target.log_return, std::nullopt),
            spoken_duration(present(target.fall) ? elapsed(episode.started_at, episode.ts)
                                                 : episode.horizon_ns),
            relation_to_usual(target, context));
    }
    out += fmt::format(", {} after onset",
                       spoken_duration(elapsed(episode.started_at, episode.detected_at)));
    out += spoken_lead(episode, context);
    out += fmt::format(
        "; {} {}", source,
        spoken_move(episode.source_fall, episode.source_log_return, episode.source_loss_sigma));
    for (std::size_t i = 1; i < std::min(episode.targets.size(), max_targets); ++i)
        out += fmt::format(", {} {}", spoken(symbol_of(episode.targets[i].instrument, context)),
                           spoken_move(episode.targets[i].fall, episode.targets[i].log_return,
                                       episode.targets[i].loss_sigma));
    out += fmt::format(" since {} UTC",
                       rfc3339(episode.started_at).substr(clock_at, clock_characters));
    out += spoken_attribution(episode, context);
    out += spoken_impact(episode);
    out += spoken_proxies(episode, context);
    if (episode.degraded) out += "; data degraded";
    return clip(out, max_summary_bytes, true);
}

}  // namespace contagiond::sinks
