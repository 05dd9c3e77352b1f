#include "daemon/episode_log.hpp"

#include <algorithm>

namespace contagiond::daemon {

void EpisodeLog::tell(const core::Event& event, const core::Universe& universe) {
    if (const auto* changed = std::get_if<core::EpisodeChanged>(&event))
        tell(*changed->episode, universe);
}

void EpisodeLog::tell(const core::Episode& e, const core::Universe& universe) {
    // Few are open at once, and those are the latest.
    const auto known = std::find_if(episodes_.rbegin(), episodes_.rend(),
                                    [&](const auto& logged) { return logged.id == e.id.view(); });
    LoggedEpisode* logged = known == episodes_.rend() ? nullptr : &*known;
    if (logged == nullptr) {
        logged = &episodes_.emplace_back();
        logged->id = e.id.view();
        if (!e.targets.empty())
            logged->target = universe.instruments[e.targets.front().instrument].symbol;
    }
    logged->until = std::max(logged->until, e.ts);
    const bool opens = e.phase == core::EpisodePhase::opened;
    if (e.phase == core::EpisodePhase::resolved && !logged->claims.empty()) return;
    logged->claims.push_back({opens ? e.detected_at : e.ts, e.rule, e.severity, e.attribution});
}

}  // namespace contagiond::daemon
