// What the alert document and its sentences both need of an episode. Private to event_json and
// event_sentences.
#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>

#include "core/elementary.hpp"
#include "core/symbol.hpp"
#include "daemon/sinks/event_json.hpp"

namespace contagiond::sinks::parts {

/// Targets that are told; the engine has at most as many.
inline constexpr std::size_t max_targets = 8;

inline const core::Universe& universe(const DocumentContext& context) {
    return context.engine->universe;
}

inline std::string_view symbol_of(core::InstrumentId id, const DocumentContext& context) {
    const auto& instruments = universe(context).instruments;
    return id < instruments.size() ? std::string_view(instruments[id].symbol) : "unknown";
}

/// What the instrument stands for, if it is a proxy; else empty.
inline std::string_view underlying_of(core::InstrumentId id, const DocumentContext& context) {
    return core::underlying_of(symbol_of(id, context));
}

inline std::string_view series_of(core::SeriesId id, const DocumentContext& context) {
    const core::Universe& all = universe(context);
    return id < all.series_count() ? std::string_view(all.series_name(id)) : "unknown";
}

inline std::string_view group_of(const core::Episode& episode, const DocumentContext& context) {
    const auto& groups = universe(context).groups;
    return episode.source_group < groups.size()
               ? std::string_view(groups[episode.source_group].name)
               : "unknown";
}

inline std::string_view mode_mark(const DocumentContext& context) {
    if (context.mode == "replay") return "[REPLAY] ";
    if (context.mode == "demo") return "[DEMO] ";
    return "";
}

/// The engine adds log returns; people read simple ones.
inline std::optional<double> simple_return(std::optional<double> log_return) {
    if (log_return) return core::elementary::expm1(*log_return);
    return log_return;
}

inline bool present(const std::optional<double>& value) {
    return value && std::isfinite(*value);
}

inline std::optional<core::DurationNs> correlation_window(const core::EpisodeTarget& target,
                                                          const DocumentContext& context) {
    const auto& windows = context.engine->correlation_windows;
    if (target.correlation_window >= windows.size()) return std::nullopt;
    return windows[target.correlation_window];
}

/// The lead of a target, if one is claimed.
inline const core::LeadMeasured* claimed_lead(const core::EpisodeTarget& target) {
    if (!target.lead || target.lead->verdict != core::LeadVerdict::led ||
        !present(target.lead->seconds))
        return nullptr;
    return &*target.lead;
}

}  // namespace contagiond::sinks::parts
