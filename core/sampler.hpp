// Sampler: irregular prints of several feeds to one row of prices and returns a bar.
//
// The price of an instrument is the last accepted one of its preferred feed, that is of the first
// feed in configuration order that is up and fresh. Returns are never taken between two feeds: on a
// change of feed the series is re-based and that bar has no return, because venues stand 0.1 to 0.5
// % apart in stress.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/calendar.hpp"
#include "core/decimal.hpp"
#include "core/event.hpp"
#include "core/input.hpp"
#include "core/instrument.hpp"

namespace contagiond::core {

/// One instrument at the end of one bar.
struct Sample {
    Decimal price;
    FeedId feed = no_id;
    TimeNs ts_last = no_time;          ///< receive time of the last accepted tick of any feed
    double return_since_open = 0;      ///< sum of all bar returns since the first price
    std::optional<double> bar_return;  ///< log return since the last bar in which it printed
    double elapsed = 0;                ///< bars that return covers
    bool has_price = false;
    bool open = false;   ///< its market is open
    bool stale = true;   ///< its market is open, and it is older than the instrument's bound
    bool alive = false;  ///< open and young enough to count in its group; stale may still be alive
};

/// One thread. Never allocates after construction.
class Sampler {
  public:
    Sampler(const Universe& universe, DurationNs bar);

    /// A trade or quote. Answers why it was not believed, or nothing when it was. Ticks marked as
    /// history or as not moving the last price are accepted and change no price.
    std::optional<RejectReason> take(const Input& tick);
    void set_feed_state(FeedId feed, FeedState state);

    /// Closes the bar that ends at `ts` and fills one sample an instrument, in order of
    /// instruments.
    void close_bar(TimeNs ts, std::span<Sample> out);

    /// Feed whose price the instrument had at the last bar; no_id before.
    FeedId current_feed(InstrumentId instrument) const {
        return instruments_[instrument].current_feed;
    }
    /// Prints older than this no longer count in a group.
    static constexpr DurationNs alive_bound = 600 * ns_per_s;

  private:
    struct Print {
        Decimal price;
        double value = 0;
    };
    /// What one feed has said of one instrument.
    struct FeedPrice {
        FeedId feed = no_id;
        bool any = false;
        TimeNs ts_exchange_trade = no_time;
        TimeNs ts_exchange_quote = no_time;
        TimeNs ts_trade = no_time;  ///< receive time of the last trade that moved the price
        TimeNs ts_price = no_time;
        std::array<Print, 3> prints;  ///< of this bar, latest three
        std::uint32_t prints_in_bar = 0;
        Print last;
    };
    struct InstrumentState {
        std::vector<FeedPrice> feeds;  ///< in order of preference
        FeedId current_feed = no_id;
        double base = 0;           ///< price at the last bar in which the current feed printed
        TimeNs ts_base = no_time;  ///< end of that bar
        double return_since_open = 0;
        TimeNs ts_last = no_time;
    };

    /// The stretch of hours each market is in, kept from bar to bar.
    struct MarketHours {
        SessionSpan span;
        /// Open time between `from` and `ts`, which lies in the span.
        DurationNs open_age(Market market, TimeNs from, TimeNs ts) const;
    };

    FeedPrice* find(const Input& tick);
    static void accept(FeedPrice& feed, Decimal price, double value, TimeNs ts_receive);
    static Print representative(const FeedPrice& feed);

    const Universe& universe_;
    DurationNs bar_;
    std::vector<InstrumentState> instruments_;
    std::vector<bool> feed_up_;
    std::array<MarketHours, market_count> hours_{};
};

}  // namespace contagiond::core
