// Sampler: irregular prints of several feeds to one row of prices and returns a bar.
//
//   print -> PriceGuard (is it believed?) -> last three of the bar, by feed -> CompositePrice (what
//   do the feeds agree on?) -> sample
//
// A feed's price is the middle one of its last three believed prints of the bar, so that one bad
// print never becomes a close; the instrument's is what its fresh feeds agree on, so that one bad
// feed never does. A feed whose price stands still beyond its habit (frozen_watch.hpp) has no say
// while another has one that lives. While a feed trades its trades are its price; its quotes are,
// after a silence (its two streams are not ordered against each other, so they are never mixed
// within it).
//
// Times are event times (see event_queue.hpp): a price's age, and the bar a print belongs to.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/composite_price.hpp"
#include "core/decimal.hpp"
#include "core/event.hpp"
#include "core/frozen_watch.hpp"
#include "core/input.hpp"
#include "core/instrument.hpp"
#include "core/market_hours.hpp"
#include "core/price_guard.hpp"

namespace contagiond::core {

/// One instrument at the end of one bar.
struct Sample {
    Decimal price;
    FeedId feed = no_id;               ///< whose price is shown
    TimeNs ts_price = no_time;         ///< event time of the newest print behind it
    double return_since_open = 0;      ///< sum of all bar returns since the first price
    std::optional<double> bar_return;  ///< log return since the last bar in which it printed
    double elapsed = 0;                ///< bars that return covers
    ReturnKind kind = ReturnKind::bar;
    bool synchronous = false;  ///< the return is of this bar and nothing in it came late
    bool linked = true;        ///< false: this price has no link to the one before
    std::uint8_t feeds_fresh = 0;
    std::uint8_t feeds_agreeing = 0;
    bool frozen = false;     ///< no fresh feed's price has moved for far longer than it ever stands
    bool undecided = false;  ///< two fresh feeds disagree, and nobody can tell which is right
    bool has_price = false;
    /// Told of, but never with a fresh price, as by a delayed feed: price, feed and ts_price are
    /// what was told, and nothing else follows from them. Only while its market is open.
    bool only_old = false;
    bool open = false;   ///< its market is open
    bool stale = true;   ///< its market is open, and it is older than the instrument's bound
    bool alive = false;  ///< open and young enough to count in its group; stale may still be alive
};

/// A believed print of the stream that an instrument's price comes from: what statistics on raw
/// ticks are made of.
struct StreamTick {
    InstrumentId instrument = no_id;
    TimeNs ts = no_time;  ///< event time; never below that of the instrument's tick before
    double price = 0;
    /// No return may be taken from the tick before: it is of another stream, or long ago.
    bool restarts = false;
};

/// One thread. Never allocates after construction.
class Sampler {
  public:
    Sampler(const Universe& universe, DurationNs bar);

    /// A trade or quote of an instrument at its event time. Answers why it was refused, or nothing
    /// when it was taken; a price that jumps may then still be held. Ticks marked as history or as
    /// not moving the last price are accepted and change no price. One that is older than the
    /// instrument's bound against what other feeds have said is refused as late: a delayed feed is
    /// no witness of the present. `late`: the bar it belongs to is closed.
    std::optional<RejectReason> take(const Input& tick, TimeNs ts_event, bool late);
    /// Prints that the last call of take() showed to be wrong: feeds by FeedId.
    std::span<const FeedId> outliers() const { return outliers_; }
    /// Prints that the last call of take() made part of their instrument's present stream.
    std::span<const StreamTick> stream() const { return stream_; }

    void set_feed_state(FeedId feed, FeedState state);

    /// Closes the bar that ends at `ts` and fills one sample an instrument, in order of
    /// instruments. What is held by then for long enough is believed or dropped: outliers() and
    /// stream() are of this call afterwards.
    void close_bar(TimeNs ts, std::span<Sample> out);
    /// Instruments whose outliers() these are, in the same order; after close_bar() only.
    std::span<const InstrumentId> outlier_instruments() const { return outlier_instruments_; }

    /// Whether the feed's price of an instrument stands apart from the others, as of the last bar.
    using Divergence = CompositePrice::Divergence;
    std::size_t feed_count(InstrumentId instrument) const {
        return instruments_[instrument].feeds.size();
    }
    FeedId feed_at(InstrumentId instrument, std::size_t place) const {
        return instruments_[instrument].feeds[place].feed;
    }
    const Divergence& divergence(InstrumentId instrument, std::size_t place) const {
        return instruments_[instrument].composite.divergence(place);
    }

    /// Feed whose price the instrument had at the last bar; no_id before.
    FeedId current_feed(InstrumentId instrument) const {
        return instruments_[instrument].current_feed;
    }
    /// Whether this feed is one of those the instrument's price may come from now.
    bool stands_behind(InstrumentId instrument, FeedId feed) const;

    /// Prints older than this no longer count in a group.
    static constexpr DurationNs alive_bound = 600 * ns_per_s;
    /// A return over more than this is one over a gap, unless the instrument is known to print more
    /// rarely.
    static constexpr DurationNs gap_bound = 300 * ns_per_s;

  private:
    struct Print {
        Decimal price;
        double value = 0;
    };
    /// What one feed has said of one instrument.
    struct FeedPrice {
        FeedId feed = no_id;
        bool any = false;
        bool is_quote = false;  ///< the price is the middle of a quote
        bool late = false;      ///< a print of this bar came after its own bar was closed
        TimeNs ts_exchange_trade = no_time;
        TimeNs ts_exchange_quote = no_time;
        TimeNs ts_trade = no_time;  ///< event time of the last believed trade that moved the price
        TimeNs ts_price = no_time;  ///< event time of the last believed print
        std::array<Print, 3> prints;  ///< of this bar, latest three
        std::uint32_t prints_in_bar = 0;
        Print last;
        FrozenWatch trade_watch;
        FrozenWatch quote_watch;
        bool frozen() const { return (is_quote ? quote_watch : trade_watch).frozen(); }
    };
    struct InstrumentState {
        InstrumentState(std::size_t feed_count) : guard(feed_count), composite(feed_count) {}

        std::vector<FeedPrice> feeds;  ///< in order of preference
        PriceGuard guard;
        CompositePrice composite;
        TimeNs ts_guard = no_time;  ///< latest event time the guard has seen
        FeedId current_feed = no_id;
        bool stream_is_quote = false;
        bool stream_restarts = true;  ///< the next tick of the stream is the first of a new one
        TimeNs ts_stream = no_time;
        double pending = 0;        ///< log return since the last bar in which it printed
        bool based = false;        ///< pending has a beginning
        TimeNs ts_base = no_time;  ///< end of that bar
        double return_since_open = 0;
    };

    FeedPrice* find(const Input& tick, std::size_t& place);
    const MarketHours& hours_of(const Instrument& instrument) const {
        return hours_[static_cast<std::size_t>(instrument.market)];
    }
    /// Whether a closure, or a silence so long that it is one, lies between two moments.
    bool is_gap(const Instrument& instrument, TimeNs from, TimeNs to) const;
    void believe(InstrumentId instrument, const GuardedPrint& print);
    void collect(InstrumentId instrument);
    bool read_feeds(const Instrument& instrument, InstrumentState& state, TimeNs ts);
    static void tell_old(const InstrumentState& state, Sample& sample);
    void follow_stream(InstrumentState& state, const Consensus& consensus);
    void take_return(const Instrument& instrument, InstrumentState& state, TimeNs ts,
                     const Consensus& consensus, Sample& sample);
    static Print representative(const FeedPrice& feed);

    const Universe& universe_;
    DurationNs bar_;
    std::vector<InstrumentState> instruments_;
    std::vector<bool> feed_up_;
    std::array<MarketHours, market_count> hours_ = {MarketHours(Market::always),
                                                    MarketHours(Market::us_equities),
                                                    MarketHours(Market::cme_globex)};
    std::vector<FeedQuote> quotes_;  ///< of one instrument, while a bar is closed
    std::vector<FeedId> outliers_;
    std::vector<InstrumentId> outlier_instruments_;
    std::vector<StreamTick> stream_;
};

}  // namespace contagiond::core
