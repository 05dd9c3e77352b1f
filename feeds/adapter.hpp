// Adapter: what one venue means, apart from how its bytes arrive. A venue is a Venue value (one
// line in venues.cpp) and a Decoder; neither meets a socket or a clock.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"
#include "feeds/symbols.hpp"

namespace contagiond::feeds {

enum class RowKind : std::uint8_t { trade, quote };

/// Side of the aggressor.
enum class Side : std::uint8_t { unknown, buy, sell };

/// Facts about a row beyond its numbers.
enum RowFlag : std::uint16_t {
    row_snapshot = 1,  ///< history sent on subscribing, or marked a snapshot by the venue
    row_block = 2,     ///< negotiated away from the book
    row_combo = 4,     ///< leg of a combination, at a price that follows from the others
    row_liquidation = 8,
    row_internal = 16,  ///< taken inside the venue, no public match
    row_rpi = 32,       ///< against a retail price improvement order, which the book does not show
    row_not_market = 64,   ///< no match on the market, in the venue's own word: Row::mark
    row_not_last = 128,    ///< sale condition that must not move the last price
    row_size_is_sum = 256  ///< quote: sizes are sums over 25 levels
};
/// A trade with one of these says nothing of the price at which one could have traded just then.
inline constexpr std::uint16_t row_moves_no_price =
    row_block | row_combo | row_internal | row_not_market | row_not_last;

/// One trade or best quote. Numbers are the venue's own text, unchanged (no sign on sizes). All
/// views point into the frame or the decoder and are valid until the decoder's next call. An empty
/// price means the side is absent.
struct Row {
    RowKind kind = RowKind::trade;
    Side side = Side::unknown;
    std::uint16_t flags = 0;  ///< RowFlag bits
    core::TimeNs ts_exchange = core::no_time;
    std::string_view symbol;   ///< as the venue writes it
    std::string_view channel;  ///< the venue's name of the channel
    std::string_view trade_id;
    std::string_view sequence;  ///< a trade's number that rises by one a symbol, if not its id
    std::string_view mark;      ///< of row_not_market
    std::string_view price;
    std::string_view size;
    std::string_view bid_price;
    std::string_view bid_size;
    std::string_view ask_price;
    std::string_view ask_size;
};

/// Names of the row's flags in the order above, joined by ';'.
void append_flag_names(std::string& out, const Row& row);

/// What a venue says that is not market data, as far as a session must act on it.
enum class ControlKind : std::uint8_t {
    greeting,  ///< the venue spoke first; now we may authenticate or subscribe
    authenticated,
    subscribed,       ///< an acknowledgement of a subscription
    heartbeat,        ///< alive, no data
    reply,            ///< the venue asks; `text` is the frame to answer with at once
    shutdown_notice,  ///< the venue will close soon: roll over now
    error_retry,      ///< refused, may heal by reconnecting
    error_permanent,  ///< refused, will not heal soon (bad key, connection limit): back off long,
                      ///< tell the operator
};

struct Control {
    ControlKind kind;
    std::string_view
        text;  ///< the venue's words, hostile until proven otherwise; valid as Row's views are
};

/// Why a frame gave nothing. Names are metric labels.
enum class DecodeError : std::uint8_t {
    none,
    malformed_json,  ///< not one JSON object or array
    wrong_type,      ///< a field the row needs has another type than documented
    missing_field,   ///< a field the row needs is absent
    bad_time,        ///< a time that is no time
    too_large,
    unexpected_binary,
    bad_number,  ///< price or size text is no JSON number, not finite, or has more digits than 64
                 ///< bits hold
};
inline constexpr std::size_t decode_error_count = 8;
std::string_view to_string(DecodeError error);

/// What one frame gave. Reused from frame to frame, so that nothing is allocated once it has grown.
struct Decoded {
    std::vector<Row> rows;
    std::vector<Control> controls;
    std::uint32_t ignored =
        0;  ///< messages understood to be none of ours (book updates, bars, unknown types)
    /// Symbols, one for each trade told before that the venue cancels or corrects; valid as Row's
    /// views are. Empty where it does not say.
    std::vector<std::string_view> taken_back;
    std::uint32_t rejected = 0;  ///< elements of a batch that were dropped while the rest was kept
    DecodeError error = DecodeError::none;  ///< of the frame, or of the first rejected element
    bool remembered = false;  ///< the decoder reads later frames of the connection by this one
    /// Of the message, where the venue numbers all of a connection's without holes.
    std::optional<std::uint64_t> number;

    void clear() {
        rows.clear();
        controls.clear();
        taken_back.clear();
        ignored = rejected = 0;
        error = DecodeError::none;
        remembered = false;
        number.reset();
    }
};

/// Bytes of slack that must be readable behind a frame (simdjson reads in blocks).
inline constexpr std::size_t frame_padding = 128;

/// Turns frames of one connection into rows; each connection has a new one. One thread; never
/// blocks; allocates only while its buffers grow.
class Decoder {
  public:
    virtual ~Decoder() = default;
    /// `frame` is followed by at least frame_padding readable bytes. `out` is cleared first. A
    /// frame that is not well-formed as far as it was read yields an error and no rows: nothing
    /// half-decoded leaves.
    virtual void decode(std::string_view frame, core::TimeNs ts_receive, Decoded& out) = 0;
};

/// Which streams of an instrument are wanted.
struct Subscription {
    std::string symbol;  ///< as the venue writes it in messages
    bool trades = true;
    bool quotes = true;
};

/// Secrets of a feed. Held in memory only; never printed.
struct Credentials {
    std::string key;
    std::string secret;
    bool empty() const { return key.empty() && secret.empty(); }
};

/// What of them a venue wants.
enum class Keys : std::uint8_t { none, key, key_and_secret };

/// Obligations and limits of a venue's connections, as data for the session.
struct ConnectionRules {
    bool greets = false;         ///< wait for a greeting before speaking
    bool authenticates = false;  ///< needs credentials; wait for `authenticated` before subscribing
    bool acknowledges = true;    ///< sends `subscribed`
    /// Trades of a symbol are numbered without holes, by their ids or, where the rows have one, by
    /// Row::sequence: a jump is a gap, a repeat a duplicate.
    bool contiguous_trade_ids = false;
    core::DurationNs silence_any = 10 * core::ns_per_s;  ///< no frame at all for so long: dead
    core::DurationNs silence_data =
        60 * core::ns_per_s;  ///< alive but no data for so long: useless; 0: quiet hours are normal
    core::DurationNs ping_interval = 5 * core::ns_per_s;  ///< our control-frame pings; 0: none
    core::DurationNs text_ping_interval = 0;  ///< pings in the venue's own words; 0: none
    core::DurationNs max_lifetime = 0;        ///< the venue cuts connections of this age; 0: never
    /// A second connection may stand beside the first for a while, and trades carry ids by which
    /// those that came over both are known. Else a feed is without connection while it rolls over.
    bool second_connection = false;
    /// What it refuses of a request it refuses alone. Else the rest of the request is refused too,
    /// as far as we know, and is asked for anew on the next connection.
    bool refuses_alone = false;
    /// Each of our requests is answered, in their order, by an acknowledgement or a refusal. So
    /// when its words do not tell which symbol it refuses, each is asked for alone and waited for.
    bool answers_in_turn = false;
    /// Sends a symbol's last trade on subscribing, however old, as if it were news.
    bool resends_last_trade = false;
    std::uint32_t max_streams = 0;  ///< subscriptions a connection may hold, trades and quotes of
                                    ///< an instrument counted apart; 0: no limit known
    core::DurationNs send_spacing = 0;      ///< least time between two frames of ours
    std::uint32_t connects_per_minute = 0;  ///< tries that an address has; 0: no limit known
};

/// For venues that fall silent while their market is closed: no data are no fault then, and two of
/// our pings may go without an answer before a connection counts as dead.
constexpr void allow_quiet_hours(ConnectionRules& rules) {
    rules.ping_interval = 10 * core::ns_per_s;
    rules.silence_any = 25 * core::ns_per_s;
    rules.silence_data = 0;
}

/// Where a venue says that a connection is to be made.
struct BootstrapReply {
    std::string url;                          ///< secret: it holds a token. Empty: there is none
    core::DurationNs text_ping_interval = 0;  ///< the venue's wish; 0: it has none
    std::string trouble;                      ///< why there is no url, in the venue's words
};

/// For venues that must be asked over HTTPS, before each connection, where to connect.
struct Bootstrap {
    /// https://.., or http:// to a loopback address only; asked by a POST without a body. Empty: no
    /// need.
    std::string_view url = {};
    BootstrapReply (*read)(std::string_view body) = nullptr;  ///< the body of the answer. Pure
};

/// One venue. Plain data and pure functions.
struct Venue {
    std::string_view id;             ///< "binance_spot": folder, configuration and label name
    std::string_view name;           ///< as people write it: "Binance spot"
    std::string_view documentation;  ///< where the protocol is described
    std::string_view default_url;    ///< wss://host[:port]/path
    std::string_view
        default_channels;  ///< for the README's table: which channels carry trades and quotes
    ConnectionRules rules;
    std::unique_ptr<Decoder> (*make_decoder)();
    /// Frames that subscribe to all of `wanted`, in sending order. Their number depends on `wanted`
    /// alone; `now` is for venues that want the time in them.
    std::vector<std::string> (*subscribe)(std::span<const Subscription> wanted, core::TimeNs now);
    /// The frame that authenticates; null where the venue has none.
    std::string (*authenticate)(const Credentials&) = nullptr;
    /// The frame of text_ping_interval.
    std::string (*text_ping)(core::TimeNs now) = nullptr;
    /// Where quotes come over connections of their own; empty: they come with the trades.
    std::string_view quotes_url = {};
    /// Adds the key to the address; null where the address holds no key. What it gives is secret.
    std::string (*keyed_url)(std::string_view url, const Credentials&) = nullptr;
    /// Where it is needed, default_url is only what its answers usually name.
    Bootstrap bootstrap = {};
    /// Adds the key to a frame of `subscribe`; null where they hold no key. What it gives is
    /// secret.
    std::string (*keyed_subscription)(std::string_view frame, const Credentials&) = nullptr;
    Keys keys = Keys::none;
    /// Frames of `subscribe` unsubscribe with the second word in the first one's place. Empty: more
    /// than a word is needed, and one instrument cannot be asked for anew.
    std::string_view subscribe_word = R"("subscribe")";
    std::string_view unsubscribe_word = R"("unsubscribe")";
    bool has_quotes = true;    ///< false: it knows trades only, and quotes are not asked for
    SymbolTable symbols = {};  ///< how it spells what people call by another name
};

/// All venues, sorted by id; one line each in venues.cpp.
std::span<const Venue> venues();
/// Null if there is none of that id.
const Venue* find_venue(std::string_view id);

}  // namespace contagiond::feeds
