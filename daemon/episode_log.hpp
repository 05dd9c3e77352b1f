// What an evaluation keeps of the engine's events: its episodes, and what they claimed when.
#pragma once

#include <string>
#include <vector>

#include "core/event.hpp"

namespace contagiond::daemon {

/// What one revision of an episode says.
struct Claim {
    core::TimeNs ts = 0;
    core::Rule rule = core::Rule::tech_to_crypto;
    core::Severity severity = core::Severity::warning;
    core::Attribution attribution = core::Attribution::unattributed;
};

struct LoggedEpisode {
    std::string id;
    std::string target;         ///< the one that fell most, when it opened
    std::vector<Claim> claims;  ///< opening and updates, in order; never empty
    core::TimeNs until = 0;     ///< when it was resolved, or its last word

    const Claim& opening() const { return claims.front(); }
};

/// One thread.
class EpisodeLog {
  public:
    void tell(const core::Event& event, const core::Universe& universe);
    /// An episode has changed.
    void tell(const core::Episode& episode, const core::Universe& universe);
    const std::vector<LoggedEpisode>& episodes() const { return episodes_; }
    std::vector<LoggedEpisode> take() { return std::move(episodes_); }

  private:
    std::vector<LoggedEpisode> episodes_;
};

}  // namespace contagiond::daemon
