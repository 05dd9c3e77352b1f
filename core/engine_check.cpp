// What is wrong with an engine configuration. Apart from the engine, which may then trust it.
#include <algorithm>
#include <cmath>
#include <string>

#include "core/engine.hpp"

namespace contagiond::core {
namespace {

std::string check_universe(const EngineConfig& config) {
    const Universe& universe = config.universe;
    if (universe.instruments.empty()) return "no instruments";
    if (universe.series_count() >= no_id) return "too many instruments and groups";
    for (const Group& group : universe.groups) {
        if (group.members.empty()) return "group " + group.name + " has no members";
        for (std::size_t i = 0; i < group.members.size(); ++i) {
            const Member& member = group.members[i];
            if (member.instrument >= universe.instruments.size())
                return "group " + group.name + " has a member that is no instrument";
            if (!(member.weight > 0) || !std::isfinite(member.weight))
                return "group " + group.name + " has a weight that is not positive";
            for (std::size_t j = 0; j < i; ++j)
                if (group.members[j].instrument == member.instrument)
                    return "group " + group.name + " has a member twice";
            if (!std::isfinite(member.beta))
                return "group " + group.name + " has a beta that is no number";
        }
    }
    for (const Feed& feed : universe.feeds)
        for (const InstrumentId instrument : feed.instruments)
            if (instrument >= universe.instruments.size())
                return "feed " + feed.name + " delivers what is no instrument";
    if (config.source_group >= universe.groups.size()) return "the source group does not exist";
    if (config.targets.empty()) return "no targets";
    if (config.targets.size() > 8) return "more than 8 targets";
    for (std::size_t i = 0; i < config.targets.size(); ++i) {
        const InstrumentId target = config.targets[i];
        for (std::size_t j = 0; j < i; ++j)
            if (config.targets[j] == target) return "a target is named twice";
        if (target >= universe.instruments.size()) return "a target is no instrument";
        for (const Member& member : universe.groups[config.source_group].members)
            if (member.instrument == target)
                return universe.instruments[target].symbol + " is both source and target";
    }
    for (const Control& control : config.controls) {
        if (control.instrument >= universe.instruments.size()) return "a control is no instrument";
        if (control.sign != 1 && control.sign != -1) return "a control has no direction";
    }
    for (const InstrumentId placebo : config.placebos)
        if (placebo >= universe.instruments.size()) return "a placebo is no instrument";
    return {};
}

std::string check_windows(const EngineConfig& config) {
    if (config.bar < ns_per_ms || config.bar > ns_per_day) return "bar must be between 1ms and 1d";
    if (config.correlation_windows.empty() || config.correlation_windows.size() > 16)
        return "between 1 and 16 correlation windows are needed";
    if (config.selloff_horizons.empty() || config.selloff_horizons.size() > 16)
        return "between 1 and 16 selloff horizons are needed";
    for (const DurationNs window : config.correlation_windows)
        if (window < 2 * config.bar || window > 7 * ns_per_day)
            return "a correlation window must be between two bars and seven days";
    for (const DurationNs horizon : config.selloff_horizons)
        if (horizon < config.bar || horizon > 7 * ns_per_day)
            return "a selloff horizon must be between one bar and seven days";
    if (!std::is_sorted(config.selloff_horizons.begin(), config.selloff_horizons.end()))
        return "the selloff horizons must stand shortest first";
    if (config.baseline_half_life < config.bar) return "the baseline's half-life is below one bar";
    if (config.correlation_half_life < config.bar)
        return "the correlation's half-life is below one bar";
    if (config.warmup < 0) return "the warm-up is negative";
    if (config.lateness < 0 || config.lateness > config.bar)
        return "the lateness must lie between 0 and one bar";
    if (config.tick_window < ns_per_min || config.tick_window > 4 * ns_per_hour)
        return "the tick window must be between one minute and four hours";
    if (config.link_window < 2 * config.bar || config.link_before < 2 * config.bar ||
        config.link_window > 7 * ns_per_day || config.link_before > 7 * ns_per_day)
        return "the link windows must be between two bars and seven days";
    if (config.study_interval <= 0) return "the study interval must be above 0";
    return {};
}

std::string check_detector(const DetectorConfig& d) {
    if (!(d.enter_score > 0 && d.enter_score <= 1))
        return "the enter score must be above 0 and at most 1";
    if (!(d.exit_score > 0 && d.exit_score < d.enter_score))
        return "the exit score must be above 0 and below the enter score";
    if (!(d.elevated_score > 0 && d.elevated_score <= d.enter_score))
        return "the elevated score must be above 0 and not above the enter score";
    if (!(d.elevated_exit_score > 0 && d.elevated_exit_score <= d.elevated_score))
        return "the elevated exit score must be above 0 and not above the elevated score";
    if (!(d.critical_score >= d.enter_score && d.critical_score <= 1))
        return "the critical score must lie between the enter score and 1";
    for (const double threshold :
         {d.threshold_factor,    d.source_fall,       d.target_fall,   d.joint_fall,
          d.recent_fall,         d.follow_share,      d.before_share,  d.regained_share,
          d.slide_share,         d.slide_cap,         d.follow_cap,    d.reopen_factor,
          d.macro_share,         d.macro_one_way,     d.macro_sigma,   d.outrun_share,
          d.burst_volatility,    d.burst_correlation, d.burst_one_way, d.reverse_fall,
          d.reverse_source_fall, d.reverse_balance})
        if (!(threshold > 0) || !std::isfinite(threshold)) return "a threshold is not positive";
    for (const DurationNs duration : {d.confirm, d.minimum_hold, d.calm_before_over, d.cooldown,
                                      d.reopen_after, d.update_interval, d.slide_lead})
        if (duration < 0) return "a duration is negative";
    if (!(d.before_credit >= 0) || !std::isfinite(d.before_credit)) return "a share is negative";
    if (d.level_window < 2 * ns_per_min || d.level_window > 7 * ns_per_day)
        return "the level window must be between two minutes and seven days";
    if (d.recent_window < ns_per_min || d.recent_window > d.level_window)
        return "the recent window must lie between a minute and the level window";
    if (d.slide_age < ns_per_min || d.slide_age > d.level_window)
        return "the slide's age must lie between a minute and the level window";
    return {};
}

}  // namespace

std::string check(const EngineConfig& config) {
    if (auto wrong = check_universe(config); !wrong.empty()) return wrong;
    if (auto wrong = check_windows(config); !wrong.empty()) return wrong;
    return check_detector(config.detector);
}

}  // namespace contagiond::core
