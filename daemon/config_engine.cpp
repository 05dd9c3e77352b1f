// The part of the configuration that says when the daemon speaks.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "daemon/config_parts.hpp"
#include "daemon/config_units.hpp"
#include "daemon/did_you_mean.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::size_t most_targets = 8;
constexpr std::size_t most_windows = 16;

std::uint16_t read_source(const ConfigValue& value, const core::Universe& universe) {
    const std::string name = value.text();
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < universe.groups.size(); ++i) {
        if (universe.groups[i].name == name) return static_cast<std::uint16_t>(i);
        names.push_back(universe.groups[i].name);
    }
    value.fail("is no group declared under groups" + did_you_mean(name, names));
}

bool is_member(const core::Group& group, core::InstrumentId instrument) {
    return std::any_of(group.members.begin(), group.members.end(),
                       [&](const core::Member& m) { return m.instrument == instrument; });
}

bool contains(const std::vector<core::InstrumentId>& list, core::InstrumentId instrument) {
    return std::find(list.begin(), list.end(), instrument) != list.end();
}

void read_targets(const ConfigValue& value, core::EngineConfig& engine) {
    const core::Group& source = engine.universe.groups[engine.source_group];
    engine.targets.clear();
    for (const ConfigValue& item : value.list()) {
        const core::InstrumentId target = find_instrument(engine.universe, item.text(), item);
        if (contains(engine.targets, target)) item.fail("is a target already");
        if (is_member(source, target)) {
            item.fail(fmt::format("is also a member of the source group {}", source.name));
        }
        engine.targets.push_back(target);
    }
    if (engine.targets.empty()) value.fail("names no target");
    if (engine.targets.size() > most_targets) {
        value.fail(fmt::format("names more than {} targets", most_targets));
    }
}

void read_controls(const ConfigValue& value, core::EngineConfig& engine) {
    const core::Group& source = engine.universe.groups[engine.source_group];
    engine.controls.clear();
    for (const auto& [symbol, where] : value.entries()) {
        core::Control control;
        control.instrument = find_instrument(engine.universe, symbol, where);
        if (is_member(source, control.instrument) || contains(engine.targets, control.instrument)) {
            where.fail("a control must be neither a target nor a member of the source group");
        }
        where.map([&](ConfigMap& keys) {
            control.sign = keys.need("hawkish_when").choice(hawkish_names) == 0 ? 1 : -1;
        });
        engine.controls.push_back(control);
    }
}

void read_placebos(const ConfigValue& value, core::EngineConfig& engine) {
    const core::Group& source = engine.universe.groups[engine.source_group];
    engine.placebos.clear();
    for (const ConfigValue& item : value.list()) {
        const core::InstrumentId placebo = find_instrument(engine.universe, item.text(), item);
        const bool is_control =
            std::any_of(engine.controls.begin(), engine.controls.end(),
                        [&](const core::Control& c) { return c.instrument == placebo; });
        if (is_control || is_member(source, placebo) || contains(engine.targets, placebo))
            item.fail("a placebo must be no target, no control and no member of the source group");
        if (contains(engine.placebos, placebo)) item.fail("it is named twice");
        engine.placebos.push_back(placebo);
    }
}

/// `duration` in whole bars, never less of it.
core::DurationNs whole_bars(core::DurationNs duration, core::DurationNs bar) {
    return (duration + bar - 1) / bar * bar;
}

core::DurationNs read_whole_bars(const ConfigValue& value, core::DurationNs least,
                                 core::DurationNs bar) {
    const core::DurationNs duration = value.duration(least, core::ns_per_day);
    if (duration % bar != 0) {
        value.fail(fmt::format("{} is no whole number of bars of {}", format_duration(duration),
                               format_duration(bar)));
    }
    return duration;
}

/// Lengths of time that must be whole bars, and rise.
std::vector<core::DurationNs> read_windows(const ConfigValue& value, core::DurationNs bar) {
    std::vector<core::DurationNs> windows;
    for (const ConfigValue& item : value.list()) {
        const core::DurationNs window = read_whole_bars(item, 2 * bar, bar);
        if (!windows.empty() && window <= windows.back()) {
            item.fail("must be longer than the one before it");
        }
        windows.push_back(window);
    }
    if (windows.empty()) value.fail("is empty, wanted at least one duration");
    if (windows.size() > most_windows) {
        value.fail(fmt::format("names more than {} durations", most_windows));
    }
    return windows;
}

/// How long a bar waits for its ticks: it must be told before the next one ends.
void read_lateness(ConfigMap& keys, const std::optional<ConfigValue>& bar,
                   core::EngineConfig& engine) {
    const auto lateness = keys.find("lateness");
    if (lateness) engine.lateness = lateness->duration(0, core::ns_per_day);
    if (engine.lateness <= engine.bar) return;
    if (lateness) {
        lateness->fail(fmt::format("{} is longer than a bar ({}), wanted 0s to one bar",
                                   format_duration(engine.lateness), format_duration(engine.bar)));
    }
    bar->fail(fmt::format("{} is shorter than the usual lateness ({}): set lateness too",
                          format_duration(engine.bar), format_duration(engine.lateness)));
}

/// Windows of the slower statistics. Those the file leaves alone follow the bar it sets.
void read_study(ConfigMap& keys, core::EngineConfig& engine) {
    const core::DurationNs bar = engine.bar;
    if (const auto window = keys.find("tick_window")) {
        engine.tick_window = window->duration(core::ns_per_min, 4 * core::ns_per_hour);
    }
    const auto in_bars = [&](std::string_view key, core::DurationNs bars_min,
                             core::DurationNs& into) {
        const core::DurationNs least = bars_min * bar;
        const auto found = keys.find(key);
        into = found ? read_whole_bars(*found, least, bar) : whole_bars(std::max(into, least), bar);
    };
    in_bars("link_window", 2, engine.link_window);
    in_bars("link_before", 2, engine.link_before);
    in_bars("study_interval", 1, engine.study_interval);
}

/// A bare number is a share, and is easily written where a percentage is meant.
double read_threshold(const ConfigValue& value, const DetectorNumber& number) {
    constexpr double percent_most = 100;
    if (number.most >= 1) return value.ratio(number.least, number.most);
    const double share = value.ratio(number.least, percent_most);
    if (share > number.most) {
        value.fail(fmt::format(
            "{0} is {1}%, further than any price can fall, so no alert would ever open; wanted a "
            "share or a percentage, did you mean {0}%?",
            format_number(share), format_number(share * 100)));
    }
    return share;
}

/// Two thresholds of which the first must lie below the second, or not above it.
void check_order(ConfigMap& keys, std::string_view lower_key, double lower,
                 std::string_view upper_key, double upper, bool may_be_equal) {
    if (lower < upper || (may_be_equal && lower <= upper)) return;
    auto written = keys.find(lower_key);
    if (!written) written = keys.find(upper_key);
    const ConfigValue& where = written ? *written : keys.self();
    where.fail(fmt::format("{} {} must {} {} {}", lower_key, format_number(lower),
                           may_be_equal ? "not be above" : "be below", upper_key,
                           format_number(upper)));
}

void warn_at(const ConfigValue& where, std::string_view what, std::vector<std::string>& warnings) {
    warnings.push_back(fmt::format("{}: {}", where.place(), what));
}

void warn_at(const ConfigValue& where, std::string_view what, Config& config) {
    warn_at(where, what, config.warnings);
}

void warn_of_missing_feeds(const ConfigValue& where, Config& config) {
    const core::EngineConfig& engine = config.engine;
    const core::Universe& universe = engine.universe;
    if (universe.feeds.empty()) {
        warn_at(where, "there are no feeds: fit for replaying files, and nothing else", config);
        return;
    }
    const std::vector<bool> delivered = delivered_instruments(universe);
    const auto symbol = [&](core::InstrumentId id) { return universe.instruments[id].symbol; };
    const core::Group& source = universe.groups[engine.source_group];
    std::string missing;
    std::size_t count = 0;
    for (const core::Member& member : source.members) {
        if (delivered[member.instrument]) continue;
        missing += (missing.empty() ? "" : ", ") + symbol(member.instrument);
        ++count;
    }
    if (count == source.members.size()) {
        warn_at(where,
                fmt::format("no feed delivers any member of the source group {}: it cannot be seen "
                            "falling",
                            source.name),
                config);
    } else if (count > 0) {
        warn_at(where,
                fmt::format("no feed delivers {} of the source group {}: it never ticks, and the "
                            "group is what is left",
                            missing, source.name),
                config);
    }
    for (const core::InstrumentId target : engine.targets) {
        if (delivered[target]) continue;
        warn_at(where, fmt::format("no feed delivers the target {}", symbol(target)), config);
    }
    for (const core::Control& control : engine.controls) {
        if (delivered[control.instrument]) continue;
        warn_at(where, fmt::format("no feed delivers the control {}", symbol(control.instrument)),
                config);
    }
    for (const core::InstrumentId placebo : engine.placebos) {
        if (delivered[placebo]) continue;
        warn_at(where, fmt::format("no feed delivers the placebo {}", symbol(placebo)), config);
    }
}

/// Without shares and supplies an alert cannot say how much money is gone.
void warn_of_missing_units(const ConfigValue& where, Config& config) {
    const core::Universe& universe = config.engine.universe;
    const core::Group& source = universe.groups[config.engine.source_group];
    const auto& zeros = config.counted_elsewhere;
    std::string missing;
    for (const core::Member& member : source.members) {
        const core::Instrument& instrument = universe.instruments[member.instrument];
        const bool is_missing =
            instrument.asset_class == core::AssetClass::equity &&
            instrument.units_outstanding == 0 &&
            std::find(zeros.begin(), zeros.end(), member.instrument) == zeros.end();
        if (is_missing) missing += (missing.empty() ? "" : ", ") + instrument.symbol;
    }
    if (!missing.empty()) {
        warn_at(where,
                fmt::format("the dollars gone from {} are told without {}: shares_outstanding is "
                            "missing there",
                            source.name, missing),
                config);
    }
    const auto has_supply = [&](core::InstrumentId target) {
        const core::Instrument& instrument = universe.instruments[target];
        return instrument.asset_class == core::AssetClass::crypto &&
               instrument.units_outstanding > 0;
    };
    const std::vector<core::InstrumentId>& targets = config.engine.targets;
    if (std::none_of(targets.begin(), targets.end(), has_supply)) {
        warn_at(where,
                "no target has a circulating_supply: the dollars gone cannot be set against what "
                "the coins are worth",
                config);
    }
}

}  // namespace

void read_engine(const ConfigValue& value, bool is_overlay, core::EngineConfig& engine) {
    value.map([&](ConfigMap& keys) {
        const auto wanted = [&](std::string_view name) {
            return is_overlay ? keys.find(name) : std::optional(keys.need(name));
        };
        if (const auto source = wanted("source")) {
            engine.source_group = read_source(*source, engine.universe);
        }
        if (const auto targets = wanted("targets")) read_targets(*targets, engine);
        if (const auto controls = keys.find("controls")) read_controls(*controls, engine);
        if (const auto placebos = keys.find("placebos")) read_placebos(*placebos, engine);
        const auto bar = keys.find("bar");
        if (bar) engine.bar = bar->duration(100 * core::ns_per_ms, 10 * core::ns_per_min);
        const auto windows = [&](std::string_view key, std::vector<core::DurationNs>& into) {
            if (const auto list = keys.find(key)) {
                into = read_windows(*list, engine.bar);
                return;
            }
            // A bar that the file sets must still fit the windows it leaves alone.
            for (const core::DurationNs window : into) {
                if (bar && (window % engine.bar != 0 || window < 2 * engine.bar)) {
                    bar->fail(fmt::format("{} does not fit into the usual {} ({}): set those too",
                                          format_duration(engine.bar), key,
                                          format_duration(window)));
                }
            }
        };
        windows("correlation_windows", engine.correlation_windows);
        windows("selloff_horizons", engine.selloff_horizons);
        const auto half_life = [&](std::string_view key, core::DurationNs& into) {
            if (const auto time = keys.find(key)) {
                into = time->duration(engine.bar, 365 * core::ns_per_day);
            }
        };
        half_life("baseline_half_life", engine.baseline_half_life);
        half_life("correlation_half_life", engine.correlation_half_life);
        if (const auto warmup = keys.find("warmup")) {
            engine.warmup = warmup->duration(0, 30 * core::ns_per_day);
        }
        read_lateness(keys, bar, engine);
        read_study(keys, engine);
    });
}

void read_detector(const ConfigValue& value, core::EngineConfig& engine, double& budget,
                   std::vector<std::string>& warnings) {
    core::DetectorConfig& detector = engine.detector;
    value.map([&](ConfigMap& keys) {
        for (const DetectorNumber& number : detector_numbers) {
            if (const auto found = keys.find(number.key)) {
                detector.*number.member = read_threshold(*found, number);
            }
        }
        for (const DetectorDuration& duration : detector_durations) {
            if (const auto found = keys.find(duration.key)) {
                detector.*duration.member = found->duration(duration.least, duration.most);
            }
        }
        read_budget(keys, engine, budget, warnings);
        check_order(keys, "exit_score", detector.exit_score, "enter_score", detector.enter_score,
                    false);
        check_order(keys, "elevated_exit_score", detector.elevated_exit_score, "elevated_score",
                    detector.elevated_score, false);
        check_order(keys, "elevated_score", detector.elevated_score, "enter_score",
                    detector.enter_score, true);
        check_order(keys, "enter_score", detector.enter_score, "critical_score",
                    detector.critical_score, true);
        if (detector.elevated_score == detector.enter_score) {
            warn_at(keys.self(), "elevated_score is that of enter_score: that tier is hardly seen",
                    warnings);
        }
        if (detector.critical_score == detector.enter_score) {
            warn_at(keys.self(), "critical_score is that of enter_score: all alerts are critical",
                    warnings);
        }
        check_reach(keys, engine);
    });
}

void warn_of_gaps(const ConfigValue& engine, Config& config) {
    const core::Group& source = config.engine.universe.groups[config.engine.source_group];
    if (source.members.size() == 1) {
        warn_at(engine,
                fmt::format("the source group {} has one member: a basket of one is that "
                            "company's news, and there is no leader to name within it",
                            source.name),
                config);
    }
    if (std::none_of(source.members.begin(), source.members.end(),
                     [](const core::Member& m) { return m.is_index; })) {
        warn_at(engine,
                fmt::format("the source group {} has no index (index: true on a future or a fund): "
                            "single names alone find far fewer spillovers, and more that are none",
                            source.name),
                config);
    }
    if (config.engine.controls.empty()) {
        warn_at(engine,
                "there are no controls: tech and macro shocks cannot be told apart, and no alert "
                "says which it was; name some under controls, such as the dollar and a Treasury",
                config);
    }
    warn_of_missing_units(engine, config);
    warn_of_missing_feeds(engine, config);
}

}  // namespace contagiond::daemon
