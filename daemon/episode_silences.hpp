// EpisodeSilences: for each change of an episode, whether it may be sent. Decided once, when the
// first sink asks, so that all sinks do the same:
//
//   - a change that comes while the episode is silenced is kept from being sent;
//   - the end of an episode that was told is told too, silence or not: whoever was paged must hear
//     that it is over;
//   - an episode that is still open when its silence ends is told then, as it stands
//     (silence_gate.hpp).
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "daemon/desk_book.hpp"

namespace contagiond::daemon {

/// Any thread, briefly locked. Remembers the newest episodes, open ones longer than others.
class EpisodeSilences {
  public:
    /// `instruments` are the universe's symbols by number. `book` and `clock` must outlive this.
    EpisodeSilences(const DeskBook& book, const core::Clock& clock,
                    std::vector<std::string> instruments);

    /// The id of the silence that keeps this change from being sent; empty: it may be sent. The
    /// same answer for the same revision, but that the latest one of an open episode may be sent
    /// once its silence is over.
    std::string decide(const core::Episode& episode);

    /// Looks which silences are over; to be called now and then.
    void refresh();

    /// The silence under which the latest change of an episode was not sent; empty: there is none,
    /// or the episode is not known.
    std::string silenced_by(std::string_view id) const;
    /// Episode and silence of all such, newest first, at most so many.
    std::vector<std::pair<std::string, std::string>> silenced(std::size_t at_most) const;
    /// Open ones that are not told now, and those that somebody looks after.
    std::size_t open_silenced() const;
    std::size_t open_acknowledged() const;
    /// Rises when an answer above changes.
    std::uint64_t version() const;

  private:
    struct Row {
        core::Rule rule{};
        std::vector<core::InstrumentId> targets;
        std::uint32_t revision = 0;  ///< the latest
        bool is_open = true;
        bool is_told = false;                           ///< some change of it was sent
        std::string silence;                            ///< of the latest revision
        std::map<std::uint32_t, std::string> silenced;  ///< earlier ones that were not sent
    };
    std::string current(const Row& row) const;
    void release_if_over(Row& row);
    void forget_old();

    const DeskBook& book_;
    const core::Clock& clock_;
    const std::vector<std::string> instruments_;
    mutable std::mutex mutex_;
    std::map<std::string, Row, std::less<>> rows_;  ///< by id, which sorts by time
    std::uint64_t version_ = 1;
};

}  // namespace contagiond::daemon
