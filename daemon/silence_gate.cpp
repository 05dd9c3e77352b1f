#include "daemon/silence_gate.hpp"

#include <utility>
#include <vector>

namespace contagiond::daemon {

void SilenceGate::consume(std::span<const sinks::Item> items) {
    hand_over_released();
    // Asked before the sink asks: what is silenced here and free there comes twice, which is better
    // than the other way round.
    for (const sinks::Item& item : items) {
        const auto* event = std::get_if<core::Event>(&item);
        const auto* changed = event ? std::get_if<core::EpisodeChanged>(event) : nullptr;
        if (!changed || !changed->episode) continue;
        const core::Episode& episode = *changed->episode;
        const bool is_open = episode.phase != core::EpisodePhase::resolved;
        if (is_open && !silences_.decide(episode).empty())
            held_.insert_or_assign(std::string(episode.id.view()), *changed);
        else if (const auto it = held_.find(episode.id.view()); it != held_.end())
            held_.erase(it);
    }
    inner_.consume(items);
}

void SilenceGate::idle() {
    hand_over_released();
    inner_.idle();
}

void SilenceGate::hand_over_released() {
    std::vector<sinks::Item> released;
    for (auto it = held_.begin(); it != held_.end();) {
        if (silences_.decide(*it->second.episode).empty()) {
            released.emplace_back(core::Event(it->second));
            it = held_.erase(it);
        } else {
            ++it;
        }
    }
    if (!released.empty()) inner_.consume(released);
}

}  // namespace contagiond::daemon
