// Settings under which no alert could ever open: each is legal by itself and fails silently in the
// night, so it is refused by name before the start.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "core/level_channel.hpp"
#include "daemon/config_parts.hpp"
#include "daemon/config_units.hpp"

namespace contagiond::daemon {
namespace {

/// The joint fall if both sides lose everything.
constexpr double joint_fall_most = 1 / core::joint_source_unit + 1 / core::joint_target_unit;

/// Fails at the first of these keys that is written, else at the whole mapping.
[[noreturn]] void fail_at(ConfigMap& keys, std::initializer_list<std::string_view> candidates,
                          const std::string& problem) {
    for (const std::string_view candidate : candidates) {
        if (const auto written = keys.find(candidate)) written->fail(problem);
    }
    keys.self().fail(problem);
}

void check_falls(ConfigMap& keys, const core::DetectorConfig& d) {
    struct Fall {
        std::string_view key;
        double threshold;
        double most;
    };
    for (const Fall& fall : {Fall{"source_fall", d.source_fall, 1},
                             {"target_fall", d.target_fall, 1},
                             {"recent_fall", d.recent_fall, 1},
                             {"joint_fall", d.joint_fall, joint_fall_most}}) {
        if (fall.threshold * d.threshold_factor < fall.most) continue;
        fail_at(keys, {fall.key, "threshold_factor"},
                fmt::format("{} {} times threshold_factor {} is more than can be lost, so no alert "
                            "would ever open; wanted less than {:.3g} for the two together",
                            fall.key, format_number(fall.threshold),
                            format_number(d.threshold_factor), fall.most));
    }
    const double asked =
        d.follow_share * std::min(d.threshold_factor * d.source_fall, d.follow_cap);
    if (asked >= 1) {
        fail_at(keys, {"follow_share", "follow_cap", "source_fall"},
                fmt::format("of the least fall of the source that counts, follow_share {} asks a "
                            "target to lose {:.0f}%, so no alert would ever open",
                            format_number(d.follow_share), asked * 100));
    }
}

void check_lengths(ConfigMap& keys, const core::EngineConfig& engine) {
    const core::DetectorConfig& d = engine.detector;
    // Levels are looked at once a minute, or once a bar where bars are longer.
    const core::DurationNs row = std::max(engine.bar, core::ns_per_min);
    struct Length {
        std::string_view key;
        core::DurationNs length;
        core::DurationNs least;
    };
    for (const Length& length : {Length{"level_window", d.level_window, 2 * row},
                                 {"slide_age", d.slide_age, row},
                                 {"recent_window", d.recent_window, row}}) {
        if (length.length >= length.least) continue;
        fail_at(keys, {length.key, "level_window"},
                fmt::format("{} {} holds no fall at a bar of {}, so no alert would ever open; "
                            "wanted at least {}",
                            length.key, format_duration(length.length), format_duration(engine.bar),
                            format_duration(length.least)));
    }
    for (const Length& length :
         {Length{"slide_age", d.slide_age, 0}, {"recent_window", d.recent_window, 0}}) {
        if (length.length <= d.level_window) continue;
        fail_at(
            keys, {length.key, "level_window"},
            fmt::format("{} {} looks back further than level_window {}, and no price is known "
                        "beyond that; wanted {} of at most {}, or a longer level_window",
                        length.key, format_duration(length.length), format_duration(d.level_window),
                        length.key, format_duration(d.level_window)));
    }
    if (d.confirm > d.slide_age) {
        fail_at(keys, {"confirm", "slide_age"},
                fmt::format("confirm {} is longer than slide_age {}: by then the slide is too old "
                            "for an alert; wanted less than {}",
                            format_duration(d.confirm), format_duration(d.slide_age),
                            format_duration(d.slide_age)));
    }
}

/// The value of `key` in a mapping, or the mapping itself.
ConfigValue value_at(const ConfigValue& mapping, std::string_view key) {
    for (const auto& [name, value] : mapping.entries()) {
        if (name == key) return value;
    }
    return mapping;
}

}  // namespace

void check_reach(ConfigMap& keys, const core::EngineConfig& engine) {
    check_falls(keys, engine.detector);
    check_lengths(keys, engine);
}

std::vector<bool> delivered_instruments(const core::Universe& universe) {
    std::vector<bool> delivered(universe.instruments.size());
    for (const core::Feed& feed : universe.feeds) {
        for (const core::InstrumentId id : feed.instruments) delivered[id] = true;
    }
    return delivered;
}

void check_delivery(const ConfigValue& engine_keys, const core::EngineConfig& engine) {
    const core::Universe& universe = engine.universe;
    if (universe.feeds.empty()) return;
    const std::vector<bool> delivered = delivered_instruments(universe);
    const core::Group& source = universe.groups[engine.source_group];
    if (std::none_of(source.members.begin(), source.members.end(),
                     [&](const core::Member& m) { return delivered[m.instrument]; })) {
        value_at(engine_keys, "source")
            .fail(fmt::format("no feed delivers any member of {}, so no alert could ever open: "
                              "list some under the instruments of a feed",
                              source.name));
    }
    for (const core::InstrumentId target : engine.targets) {
        if (delivered[target]) continue;
        const std::string& symbol = universe.instruments[target].symbol;
        value_at(engine_keys, "targets")
            .fail(fmt::format("no feed delivers {}: it has no venue, and no alert could ever name "
                              "it; list it under the instruments of a feed, or take it out",
                              symbol));
    }
}

}  // namespace contagiond::daemon
