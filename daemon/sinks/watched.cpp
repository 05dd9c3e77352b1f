#include "daemon/sinks/watched.hpp"

#include <fmt/format.h>

namespace contagiond::sinks {

std::vector<core::SeriesId> watched_sources(const core::EngineConfig& engine) {
    std::vector<core::SeriesId> sources;
    if (engine.source_group >= engine.universe.groups.size()) return sources;
    sources.push_back(engine.universe.group_series(engine.source_group));
    for (const core::Member& member : engine.universe.groups[engine.source_group].members)
        sources.push_back(member.instrument);
    return sources;
}

std::vector<WatchedPair> watched_pairs(const core::EngineConfig& engine) {
    std::vector<WatchedPair> pairs;
    for (const core::SeriesId source : watched_sources(engine))
        for (const core::InstrumentId target : engine.targets)
            for (std::size_t w = 0; w < engine.correlation_windows.size(); ++w)
                pairs.push_back({source, target, static_cast<std::uint8_t>(w)});
    return pairs;
}

std::vector<core::SeriesId> watched_series(const core::EngineConfig& engine) {
    std::vector<core::SeriesId> series = watched_sources(engine);
    series.insert(series.end(), engine.targets.begin(), engine.targets.end());
    return series;
}

std::string window_label(core::DurationNs window) {
    if (window % core::ns_per_hour == 0) return fmt::format("{}h", window / core::ns_per_hour);
    if (window % core::ns_per_min == 0) return fmt::format("{}m", window / core::ns_per_min);
    return fmt::format("{}s", core::to_seconds(window));
}

}  // namespace contagiond::sinks
