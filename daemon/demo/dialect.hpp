// What the exchanges say and understand, apart from the sockets it goes over: a print becomes the
// venue's text, a client's frame becomes an answer. Pure: no clock, no socket. Written from what
// the venues document and send, not from our decoders: these are to be witnesses of each other.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"
#include "daemon/demo/market.hpp"

namespace contagiond::demo {

/// What an exchange remembers of its listings, for clients that come later.
class Tape {
  public:
    static constexpr std::size_t recent_max = 50;
    struct Listing {
        Print last_trade;          ///< trade_id 0: none yet
        Print last_quote;          ///< sequence 0: none yet
        std::deque<Print> recent;  ///< the last trades, oldest first; at most recent_max
        double open = 0, high = 0, low = 0;
        double volume = 0;
    };

    void note(const Print& print);
    /// Null before the listing's first print.
    const Listing* find(std::string_view venue_symbol) const;

  private:
    std::map<std::string_view, Listing> listings_;  ///< by venue symbol
};

/// What one exchange knows, whoever asks.
struct House {
    Tape tape;
    std::string key, secret;  ///< who has others is refused; empty: any will do, but not none
    std::set<std::string, std::less<>> also_listed;  ///< beside what the tape has seen

    bool lists(std::string_view venue_symbol) const;
    bool lets_in(std::string_view its_key) const;
    bool lets_in(std::string_view its_key, std::string_view its_secret) const;
};

/// Text frames for a client, in sending order.
using Frames = std::vector<std::string>;
using Streams = std::set<std::string, std::less<>>;

/// One client's side of one exchange: its handshake, what it asked for, and what it is sent. One
/// thread; never blocks.
class Conversation {
  public:
    virtual ~Conversation() = default;
    /// The connection stands; some venues speak first.
    virtual void opened(Frames& out);
    /// A text frame from the client.
    virtual void received(std::string_view frame, Frames& out) = 0;
    /// The market moved: appends what this client subscribed to.
    virtual void print(const Print& print, Frames& out) = 0;
    /// No more prints for now: venues that batch send what they hold.
    virtual void flush(Frames& out);
    /// A second has passed by the wall: heartbeats, and whatever is counted by the second.
    virtual void beat(Frames& out);
    /// The venue will end the connection: what it says before, where it has words for that.
    virtual void leaving(Frames& out);

    /// What the client is subscribed to, in the venue's own names.
    const Streams& streams() const { return streams_; }
    /// Pings in the venue's own words, answered.
    std::size_t pings() const { return pings_; }
    /// The venue wants to end the connection once all is said.
    bool hangs_up() const { return hangs_up_; }

  protected:
    bool holds(std::string_view stream) const { return streams_.contains(stream); }
    /// False if nothing changed.
    bool change(bool add, std::string_view stream);

    Streams streams_;
    std::size_t pings_ = 0;
    bool hangs_up_ = false;
};

/// A client was let in, or was refused with an HTTP status.
struct Door {
    std::unique_ptr<Conversation> conversation;  ///< null: refused
    unsigned refused = 404;
};

/// Prints into arrays: "[{..},{..}]", one frame a flush, or sooner when it has grown long.
class Batch {
  public:
    void add(std::string_view element, Frames& out);
    void close(Frames& out);

  private:
    std::string text_;
};

/// One venue's dialect. Plain data and pure functions.
struct Dialect {
    std::string_view venue;             ///< its id
    std::string_view path;              ///< where clients connect
    std::span<const Listing> listings;  ///< what it lists beside the usual market
    /// A client came to `target` (path and query). `house` outlives the conversation and is noted
    /// before each print.
    Door (*open)(std::string_view target, const House& house);
    int close_code = 1001;  ///< with which it ends a connection
    /// The body with which a POST to `target` is answered, empty where there is nothing; null where
    /// the venue has no HTTP. `address` is that of the WebSocket: "wss://host:port/".
    std::string (*answer)(std::string_view target, std::string_view address) = nullptr;
};

/// All dialects, sorted by venue; one line each in dialects.cpp.
std::span<const Dialect> dialects();
/// Null if there is none.
const Dialect* find_dialect(std::string_view venue);
/// What they list beside the usual market, for a market that all of them tell.
std::vector<Listing> all_listings();

/// One event each, as the venue writes it.
std::string binance_trade(const Print& trade);
std::string binance_book_ticker(const Print& quote);
/// `type` is match or last_match.
std::string coinbase_match(const Print& trade, std::string_view type);
std::string coinbase_ticker(const Tape::Listing& listing);
std::string coinbase_heartbeat(std::string_view product, std::uint64_t last_trade_id,
                               std::uint64_t sequence, core::TimeNs ts);
/// One element of Alpaca's arrays.
std::string alpaca_trade(const Print& trade);
std::string alpaca_quote(const Print& quote);

/// RFC 3339 in UTC with `digits` (0-9) digits of the second's fraction, cut off, not rounded.
std::string rfc3339(core::TimeNs ts, int digits);
/// A decimal without trailing zeros.
std::string shortest_decimal(double value, int digits);

/// What a print's numbers look like with the digits that they have.
struct Numbers {
    explicit Numbers(const Print& print);
    std::string price, size, bid, bid_size, ask, ask_size;
};
inline std::string_view taker(const Print& trade, std::string_view buy, std::string_view sell) {
    return trade.buyer_aggressive ? buy : sell;
}
inline bool is_trade(const Print& print) {
    return print.kind == Print::Kind::trade;
}
inline std::int64_t ms(const Print& print) {
    return print.ts / core::ns_per_ms;
}

}  // namespace contagiond::demo
