// CompositePrice: the believed prices of one asset at several feeds, made one price whose changes
// no single feed can make up.
//
//     y_f = d_f + r_f            where each feed stands now, against the level before
//     c   = median over S of d   where the voters S stood then: zero while S stays the same
//     s   = median over S of y - c,     L <- L + s,     d_f <- y_f - c - s
//     d_f <- d_f * 2^(-dt / half-life)  while the feed agrees
//
// r_f is the feed's log return since its last price, d_f what it stands above the consensus level L
// after its basis (venues stand 0.1 to 0.5 % apart, and pairs in other dollars too); letting d_f
// fade is the same as learning the basis slowly. Taking c off makes the level continuous when
// feeds come and go: the change of the median that comes from the change of voters is a change of
// basis and no return. With one feed s = r exactly, to the last digit.
//
// Voters: one fresh feed alone; of two the preferred one; of three or more those within `apart` of
// the median of all that have not diverged. The median holds against any minority of wrong feeds
// (Edgeworth 1888 for the idea; Donoho and Huber 1983, "The notion of breakdown point", for the
// reason).
//
// A feed further than `apart` from the level has diverged: its basis stands still, and it has no
// vote where a majority agrees. Two that disagree leave no majority: the price is then taken from
// the one that moved less since they agreed, and marked undecided. After `settle` a divergence is
// the feed's new basis. Feeds that diverged and turn out to be the majority, or are the only ones
// left, were right: then c is zero, and the level goes to where they stand.
//
// A feed that is not trusted for other reasons (FeedQuote::votes) is heard and has no vote: how far
// it stands from the level is told, and its basis waits for the day it is trusted again.
//
// Every fresh feed votes, also with an old print: of three feeds of which one has printed, the
// level waits for a second. Who wants it faster calls fewer feeds fresh.
//
// Cost: O(feeds log feeds) a call, a logarithm a feed. Memory: 128 bytes a feed. Error: the
// level is a compensated sum, one rounding however many steps it has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "core/decimal.hpp"
#include "core/estimators/compensated_sum.hpp"
#include "core/units.hpp"

namespace contagiond::core {

/// Bounds are on the logarithm of the price.
struct CompositeRules {
    /// Of the basis. Slow against a selloff's minutes, fast against a day's wandering.
    DurationNs half_life = 10 * ns_per_min;
    /// Half above what venues stand apart in ordinary stress, far below what matters.
    double apart = 0.0075;
    /// Back below this a diverged feed agrees again.
    double together = 0.005;
    /// Two feeds this close have agreed: from here on it is counted which of them moves.
    double close = 0.0025;
    /// After so long a divergence is a basis: a venue with a price of its own still tells of moves.
    DurationNs settle = 15 * ns_per_min;
    /// A lone feed that stands further away than this is not followed there: the level is rebased.
    double follow_max = 0.5;
    /// A basis learned so long ago says little about where the feed stands now.
    DurationNs basis_age_max = ns_per_hour;
};

/// One feed at the end of a bar.
struct FeedQuote {
    bool fresh = false;  ///< the other fields count only then
    TimeNs ts = no_time;
    double value = 0;  ///< > 0 and finite: middle of the bar's last three prints, or the last one
    Decimal price;     ///< carried along for display
    /// False: it is held against the level and does not move it. Of the fresh feeds one votes at
    /// least.
    bool votes = true;
};

struct Consensus {
    bool has_price = false;  ///< since the first price; without a fresh feed the old one stays
    double log_level = 0;    ///< continuous through changes of feed: only differences mean anything
    /// Change of the level since the last call that had a fresh feed, with all its digits; absent
    /// without a fresh feed, and when rebased.
    std::optional<double> step;
    bool rebased = false;  ///< no link to the level before: no return may be taken over this call
    std::size_t feed = 0;  ///< shown; stays the one shown before while that is fresh and agrees
    Decimal price;         ///< of the feed shown
    TimeNs ts = no_time;   ///< newest among the fresh feeds that agree
    std::uint32_t fresh = 0;     ///< that vote
    std::uint32_t agreeing = 0;  ///< of these, how many have not diverged
    bool undecided = false;      ///< several are fresh, and no majority of them agrees
};

/// One asset, its feeds in order of preference. One thread. Never allocates after construction.
class CompositePrice {
  public:
    explicit CompositePrice(std::size_t feeds, CompositeRules rules = {});

    /// The prices at `ts`, one a feed. `ts` does not decrease.
    Consensus update(TimeNs ts, std::span<const FeedQuote> feeds);

    struct Divergence {
        bool diverged = false;
        std::optional<double> ratio;  ///< above the consensus, as a fraction; absent if not fresh
        TimeNs since = no_time;       ///< no_time while it has not diverged
    };
    /// Of a feed at the last update, after its basis.
    const Divergence& divergence(std::size_t feed) const { return feeds_[feed].divergence; }
    /// Divergences of a feed that lasted and became its basis.
    std::uint64_t settled(std::size_t feed) const { return feeds_[feed].settled; }

  private:
    struct Feed {
        bool fresh = false;
        bool votes = false;  ///< fresh, and asked
        bool any = false;    ///< has ever been fresh
        bool diverged = false;
        bool takes_part = false;  ///< in this update: it has a link to the level
        double value = 0;         ///< at its last fresh update, as the next three
        double deviation = 0;     ///< d
        double level = 0;         ///< L
        TimeNs ts = no_time;
        std::uint64_t update = 0;  ///< number of that update
        double now = 0;            ///< y
        double moved = 0;          ///< since it last agreed with the only other one
        TimeNs ts_since = no_time;
        std::uint64_t settled = 0;
        Divergence divergence;
    };

    using Part = double Feed::*;

    /// Brings in the new prices; how many of the fresh feeds have a link to the level.
    std::size_t collect(TimeNs ts, std::span<const FeedQuote> quotes);
    void elect(std::size_t participants);
    void elect_of_two();
    void elect_of_many(std::size_t participants);
    template <typename Member>
    void vote(Member member);
    /// Of the voters. Of an even number the middle of the two in the middle, or, when these are
    /// apart, the one nearer to `quiet`.
    double median(Part part, double quiet);
    /// Moves the level by the voters' step; absent when they cannot be followed.
    std::optional<double> move_level();
    void judge(Feed& feed, TimeNs ts);
    void anchor(Feed& feed, const FeedQuote& quote, TimeNs ts);
    void trail(Feed& feed, const FeedQuote& quote, TimeNs ts);
    double against_level(const Feed& feed, const FeedQuote& quote) const;
    void show(Consensus& out, std::span<const FeedQuote> quotes);

    CompositeRules rules_;
    std::vector<Feed> feeds_;
    std::vector<std::size_t> voters_;
    std::vector<double> scratch_;
    CompensatedSum level_;
    std::uint64_t updates_ = 0;  ///< that had a fresh feed
    TimeNs ts_last_ = no_time;   ///< the last of them
    std::size_t shown_ = 0;
    bool any_shown_ = false;
    Decimal shown_price_;
    TimeNs shown_ts_ = no_time;
};

}  // namespace contagiond::core
