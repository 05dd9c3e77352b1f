// DeskView: what people at the desk said, as page, stream and API show it beside the market.
//
//   {"silences":[...],           those that are active or still to come, newest first (at most 50)
//    "silences_active":2,
//    "silenced":[{"id":episode,"silence":"S1"}],      whose latest change was not sent (at most
//    100) "acknowledged":[{"id":episode,"by","at","comment"}],               newest first (at most
//    100) "annotations":[{"id","time","at","by","text","symbols","tags"}]}   the latest 100 by
//    "time"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/episode_silences.hpp"

namespace contagiond::daemon {

/// One thread at a time. What it is made of must outlive it.
class DeskView {
  public:
    DeskView(const DeskBook& book, EpisodeSilences& silences, const core::Clock& clock)
        : book_(book), silences_(silences), clock_(clock) {}

    /// The text above, where it is another than the last time; cheap where it is not. Silences that
    /// are over are let go of here.
    std::optional<std::string> changed();

  private:
    const DeskBook& book_;
    EpisodeSilences& silences_;
    const core::Clock& clock_;
    std::uint64_t book_version_ = 0;
    std::uint64_t silences_version_ = 0;
    core::TimeNs next_change_ = core::no_time;
};

/// Members of an alert's row in the API: "acknowledged":{...} or null,"silenced_by":"S1" or null.
/// Any thread.
std::string alert_marks(std::string_view id, const DeskBook& book, const EpisodeSilences& silences);

}  // namespace contagiond::daemon
