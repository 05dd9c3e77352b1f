// Title and summary of an episode: the sentences that people read first.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "daemon/sinks/clipped_text.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/event_parts.hpp"

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

std::string spoken(std::string_view text) {
    return clip(text, max_spoken_name_bytes, true);
}

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

/// "41 s", "2.5 s": no more digits than a lead is worth.
std::string spoken_seconds(double seconds) {
    if (seconds < 0.05) return "under 0.1 s";
    return seconds < 9.95 ? fmt::format("{:.1f} s", seconds) : fmt::format("{:.0f} s", seconds);
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
    return fmt::format(", {} weighed most", spoken(symbol_of(*episode.leader, context)));
}

/// "$593 bn"; three digits are more than the number of shares is known to.
std::string spoken_money(double usd) {
    if (usd < 0.5e6) return "under $1 m";
    if (usd < 999.5e6) return fmt::format("${:.0f} m", usd / 1e6);
    if (usd < 9.95e9) return fmt::format("${:.1f} bn", usd / 1e9);
    if (usd < 999.5e9) return fmt::format("${:.0f} bn", usd / 1e9);
    return fmt::format("${:.2f} tn", usd / 1e12);
}

/// "; $593 bn of market value gone, 33 % of the coins' worth"; nothing where nothing is known to be
/// gone.
std::string spoken_impact(const Episode& episode) {
    if (!present(episode.value_lost_usd) || !(*episode.value_lost_usd > 0)) return {};
    std::string out =
        fmt::format("; {} of market value gone", spoken_money(*episode.value_lost_usd));
    if (present(episode.value_lost_share) && *episode.value_lost_share > 0) {
        const double percent = *episode.value_lost_share * 100;
        out += percent < 0.05   ? std::string(", under 0.1 % of the coins' worth")
               : percent < 9.95 ? fmt::format(", {:.1f} % of the coins' worth", percent)
                                : fmt::format(", {:.0f} % of the coins' worth", percent);
    }
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
    out += spoken_lead(episode, context);
    out += fmt::format("; {} {}", source, spoken_percent(episode.source_log_return));
    for (std::size_t i = 1; i < std::min(episode.targets.size(), max_targets); ++i)
        out += fmt::format(", {} {}", spoken(symbol_of(episode.targets[i].instrument, context)),
                           spoken_percent(episode.targets[i].log_return));
    out += spoken_impact(episode);
    if (episode.degraded) out += "; data degraded";
    return clip(out, max_summary_bytes, true);
}

}  // namespace contagiond::sinks
