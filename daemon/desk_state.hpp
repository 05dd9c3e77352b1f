// DeskState: silences, acknowledgements and annotations as they stand after some records. Pure: no
// clock, no file; what holds at a moment is asked with the moment.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/desk_records.hpp"

namespace contagiond::daemon {

struct DeskLimits {
    std::size_t silences = 1'000;
    std::size_t acknowledgements = 1'000;
    std::size_t annotations = 10'000;
};

/// One thread at a time. Beyond a limit the oldest go, silences that are over before the others.
class DeskState {
  public:
    explicit DeskState(DeskLimits limits = {}) : limits_(limits) {}

    /// A record about what is not known changes nothing.
    void apply(const DeskRecord& record);

    /// Whether one more silence would push out one that is not over at `t`.
    bool silences_full(core::TimeNs t) const;

    /// Which silence keeps an episode of this rule, to these targets, from being sent at `t`;
    /// empty: none. An episode is silenced when each of its targets is: one story may hit two, and
    /// who silenced one still wants to hear of the other. Of several silences the first made is
    /// told.
    std::string silenced_by(core::Rule rule, std::span<const std::string_view> targets,
                            core::TimeNs t) const;
    std::size_t silences_active(core::TimeNs t) const;
    /// The first moment after `t` at which a silence begins or ends; the largest time if none does.
    core::TimeNs next_change(core::TimeNs t) const;

    /// Null where there is none.
    const Silence* silence(std::string_view id) const;
    const Acknowledgement* acknowledgement(std::string_view episode) const;

    const std::deque<Silence>& silences() const { return silences_; }  ///< in the order of making
    const std::deque<core::Annotation>& annotations() const { return annotations_; }  ///< likewise
    /// The newest first, at most so many.
    std::vector<Acknowledgement> acknowledgements(std::size_t at_most) const;

    /// Records that give this state again.
    std::vector<DeskRecord> records() const;
    std::size_t record_count() const;

  private:
    void take(const Silence& silence);
    void take(const SilenceEnd& end);
    void take(const Acknowledgement& acknowledgement);
    void take(const AcknowledgementEnd& end);
    void take(const core::Annotation& annotation);

    DeskLimits limits_;
    std::deque<Silence> silences_;
    std::deque<core::Annotation> annotations_;
    std::map<std::string, Acknowledgement, std::less<>> acknowledgements_;  ///< by episode
};

}  // namespace contagiond::daemon
