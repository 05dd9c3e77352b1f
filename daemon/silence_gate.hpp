// SilenceGate: stands before a sink that sends alerts. It holds nothing back: the sink asks itself
// whether a change is silenced. But an episode that is still open when its silence ends is handed
// to the sink once more, as it stands, so that nobody has to wait for its next change to hear of
// it.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "daemon/episode_silences.hpp"
#include "daemon/sinks/sink.hpp"

namespace contagiond::daemon {

/// A sink's threads; `inner` and `silences` must outlive it.
class SilenceGate final : public sinks::Sink {
  public:
    SilenceGate(sinks::Sink& inner, EpisodeSilences& silences)
        : inner_(inner), silences_(silences) {}

    std::string_view name() const override { return inner_.name(); }
    bool wants_inputs() const override { return inner_.wants_inputs(); }
    bool wants(const core::Event& event) const override { return inner_.wants(event); }
    void consume(std::span<const sinks::Item> items) override;
    void idle() override;
    void finish(double seconds) override { inner_.finish(seconds); }

    const sinks::Sink& inner() const { return inner_; }

  private:
    void hand_over_released();

    sinks::Sink& inner_;
    EpisodeSilences& silences_;
    /// Latest changes of open episodes that were silenced, by id: as many as are open at once.
    std::map<std::string, core::EpisodeChanged, std::less<>> held_;
};

}  // namespace contagiond::daemon
