// RowIntake: what a session's connections decode becomes inputs: normalised, checked against the
// venue's numbering, counted and published.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "feeds/feed_counters.hpp"
#include "feeds/feed_link.hpp"
#include "feeds/handover.hpp"
#include "feeds/input_publisher.hpp"
#include "feeds/normalise.hpp"
#include "feeds/session.hpp"
#include "feeds/silence_watch.hpp"

namespace contagiond::feeds {

/// Feed thread only. Allocates only while one connection hands over to another.
class RowIntake {
  public:
    /// All must outlive it.
    RowIntake(const SessionSettings& settings, std::shared_ptr<FeedLink> link,
              const core::Clock& clock, InputPublisher& publisher, FeedCounters& counters);

    /// Where the rows of a connection come from. One a connection.
    struct Origin {
        core::TimeNs ts_subscribed = core::no_time;
        std::vector<core::InstrumentId> met;  ///< instruments that a trade came of
    };
    /// Rows of one message. `leads`: of the connection whose rows go on as they come; else they are
    /// kept until take_over().
    void take(std::span<const Row> rows, core::TimeNs ts_receive, MonotonicNs now, bool leads,
              Origin& origin);
    /// Messages of the connection that leads did not come: `missing` of them.
    void take_lost(std::uint64_t missing, core::TimeNs ts_receive);
    /// Who rolls over tells it how far it is.
    Handover& handover() { return handover_; }
    /// Which instruments are silent; each row of the connection that leads is told to it.
    SilenceWatch& watch() { return watch_; }
    /// The venue declares a trade of the symbol void: what was made of it is in doubt.
    void take_back(std::string_view symbol, core::TimeNs ts_receive);
    /// The connection that did not lead does from now on.
    void take_over(MonotonicNs now);

    /// What came since the last data is missing: of the feed, or of these listings where other
    /// connections carry the others.
    void publish_gap();

  private:
    void take_row(const Row& row, core::TimeNs ts_receive, MonotonicNs now, bool leads,
                  Origin& origin);
    void pass(const core::Input& input, TradeSequence* sequence, std::uint64_t number);
    bool check(TradeSequence& sequence, std::uint64_t number, const core::Input& input);
    void publish_gaps(core::TimeNs now, core::GapReason reason, std::uint64_t missing);
    /// Null where the venue does not number its trades.
    TradeSequence* sequence_of(const Normalised& row) const;

    const SessionSettings& settings_;
    const std::shared_ptr<FeedLink> link_;
    const core::Clock& clock_;
    InputPublisher& publisher_;
    FeedCounters& counters_;
    std::vector<TradeSequence*> sequences_;  ///< by listing; the link's
    Normaliser normaliser_;
    Handover handover_;
    SilenceWatch watch_;
    core::TimeNs ts_last_data_ = core::no_time;
};

}  // namespace contagiond::feeds
