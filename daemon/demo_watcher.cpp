#include "daemon/demo_watcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "daemon/clock.hpp"

namespace contagiond::daemon {
namespace {

/// "14:41:20" of a day in UTC.
std::string clock_text(core::TimeNs ts) {
    const core::DurationNs of_day = ts % core::ns_per_day;
    return fmt::format("{:02}:{:02}:{:02}", of_day / core::ns_per_hour,
                       of_day / core::ns_per_min % 60, of_day / core::ns_per_s % 60);
}

bool opened_within(const core::Episode& episode, core::TimeNs from, core::TimeNs to) {
    return episode.detected_at > from && episode.detected_at <= to;
}

}  // namespace

DemoWatcher::DemoWatcher(const core::EngineConfig& engine, const demo::Script& script, double speed)
    : engine_(engine),
      script_(script),
      speed_(speed),
      regimes_(engine.universe.instruments.size(), core::Regime::warming),
      started_at_(monotonic_now()) {
    context_.engine = &engine_;
    context_.mode = "demo";
}

void DemoWatcher::greet(const std::string& page_url) {
    const std::lock_guard lock(mutex_);
    fmt::print("{}\n\n", demo::demo_notice());
    fmt::print(
        "The source of those figures also says: about {:.1f} trillion dollars of US market value "
        "gone that "
        "day, {:.0f} % of all crypto's value. That is quoted, not computed here.\n\n",
        script_.us_value_lost_usd / 1e12,
        100 * script_.us_value_lost_usd / script_.crypto_total_value_usd);
    fmt::print("Page     {}\nMetrics  {}metrics\nSpeed    {:g} market seconds in one second\n\n",
               page_url, page_url, speed_);
    fmt::print("Market time (UTC)\n");
    line(script_.start, "the market opens; every target is warming up");
    std::fflush(stdout);
}

bool DemoWatcher::wants(const core::Event& event) const {
    return std::holds_alternative<core::TargetAssessed>(event) ||
           std::holds_alternative<core::EpisodeChanged>(event) ||
           std::holds_alternative<core::AlertSuppressed>(event);
}

void DemoWatcher::consume(std::span<const sinks::Item> items) {
    const std::lock_guard lock(mutex_);
    for (const sinks::Item& item : items)
        if (const auto* event = std::get_if<core::Event>(&item)) tell(*event);
    std::fflush(stdout);
}

void DemoWatcher::line(core::TimeNs ts, const std::string& text) {
    fmt::print("  {}  {}\n", clock_text(ts), text);
}

void DemoWatcher::tell(const core::Event& event) {
    if (const auto* assessed = std::get_if<core::TargetAssessed>(&event)) {
        core::Regime& known = regimes_[assessed->target];
        if (known == assessed->regime) return;
        known = assessed->regime;
        line(assessed->ts, fmt::format("{} is {}", engine_.universe.series_name(assessed->target),
                                       core::to_string(assessed->regime)));
    } else if (const auto* suppressed = std::get_if<core::AlertSuppressed>(&event)) {
        line(suppressed->ts, fmt::format("no alert ({}): {}", core::to_string(suppressed->rule),
                                         core::to_string(suppressed->reason)));
    } else if (const auto* changed = std::get_if<core::EpisodeChanged>(&event)) {
        const core::Episode& episode = *changed->episode;
        const auto known = std::find_if(episodes_.begin(), episodes_.end(),
                                        [&](const auto& e) { return e->id == episode.id; });
        if (known == episodes_.end())
            episodes_.push_back(changed->episode);
        else
            *known = changed->episode;
        line(episode.ts,
             fmt::format("{} {} · {} · {}",
                         episode.phase == core::EpisodePhase::opened ? "ALERT" : "alert",
                         core::to_string(episode.phase), sinks::title(episode, context_),
                         sinks::summary(episode, context_)));
        if (!first_alert_told_) {
            first_alert_told_ = true;
            line(episode.ts, fmt::format("first alert {:.1f} s after the start",
                                         core::to_seconds(monotonic_now() - started_at_)));
        }
    }
}

bool DemoWatcher::summarise() {
    const std::lock_guard lock(mutex_);
    bool tech_flagged = false, macro_called_tech = false, macro_flagged = false;
    fmt::print("\nWhat was played, and what was flagged\n");
    fmt::print("  {} to {}  tech selloff, the coins follow\n", clock_text(script_.selloff_start),
               clock_text(script_.selloff_end));
    fmt::print("  {} to {}  macro shock: rates and dollar move first, both legs fall\n",
               clock_text(script_.macro_start), clock_text(script_.macro_end));
    for (const auto& episode : episodes_) {
        std::string targets;
        for (const core::EpisodeTarget& target : episode->targets)
            targets +=
                (targets.empty() ? "" : ", ") + engine_.universe.series_name(target.instrument);
        fmt::print(
            "  flagged {}  {} ({}), {} → {}, peak score {:.2f}\n", clock_text(episode->detected_at),
            core::to_string(episode->rule), core::to_string(episode->attribution),
            engine_.universe.groups[episode->source_group].name, targets, episode->score_peak);
        const bool tech = episode->rule == core::Rule::tech_to_crypto;
        if (opened_within(*episode, script_.selloff_start, script_.macro_start) && tech &&
            episode->targets.size() == engine_.targets.size())
            tech_flagged = true;
        if (opened_within(*episode, script_.macro_start, script_.end)) {
            macro_called_tech |= tech;
            macro_flagged |= episode->rule == core::Rule::common_macro;
        }
    }
    if (!tech_flagged)
        fmt::print("WRONG: the tech selloff was not flagged as tech_to_crypto with every target\n");
    if (macro_called_tech) fmt::print("WRONG: the macro shock was called tech_to_crypto\n");
    if (!macro_flagged) fmt::print("note: the macro shock raised no alert of its own\n");
    if (tech_flagged && !macro_called_tech)
        fmt::print(
            "RIGHT: the spillover was flagged with the right source and targets, the macro shock "
            "was "
            "not called tech\n");
    std::fflush(stdout);
    return tech_flagged && !macro_called_tech;
}

}  // namespace contagiond::daemon
