// What the three exchanges say and understand, apart from the sockets it goes over: a print becomes
// the venue's text, a client's frame becomes an answer. Pure: no clock, no socket.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"
#include "daemon/demo/market.hpp"

namespace contagiond::demo {

/// What an exchange remembers of its listings, for clients that come later.
class Tape {
  public:
    struct Listing {
        Print last_trade;  ///< trade_id 0: none yet
        double open = 0, high = 0, low = 0;
        double volume = 0;
    };

    void note(const Print& print);
    /// Null before the listing's first print.
    const Listing* find(std::string_view venue_symbol) const;
    const std::map<std::string_view, Listing>& listings() const { return listings_; }

  private:
    std::map<std::string_view, Listing> listings_;  ///< by venue symbol
};

/// Text frames for a client, in sending order.
using Frames = std::vector<std::string>;

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
};

/// The dialect's conversation for a client that connected to `target` (path and query); null where
/// the venue has no such path. `tape` outlives the conversation and is noted before each print.
std::unique_ptr<Conversation> open_conversation(Exchange exchange, std::string_view target,
                                                const Tape& tape);

std::unique_ptr<Conversation> open_binance_spot(std::string_view target);
std::unique_ptr<Conversation> open_coinbase_exchange(std::string_view target, const Tape& tape);
std::unique_ptr<Conversation> open_alpaca(std::string_view target);

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

}  // namespace contagiond::demo
