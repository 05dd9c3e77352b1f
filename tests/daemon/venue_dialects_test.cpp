// Every venue's adapter and its fake, held against each other without a socket: what one says the
// other must understand.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "feeds/adapter.hpp"
#include "feeds/url.hpp"
#include "tests/daemon/dialect_talk.hpp"
#include "tests/daemon/venue_facts.hpp"

using namespace contagiond;
using namespace contagiond::test;
using nlohmann::json;

namespace {

/// A number as the decoder hands it on; NaN where there is none.
double number(std::string_view text) {
    return text.empty() ? std::nan("") : std::strtod(std::string(text).c_str(), nullptr);
}

/// What the venue's own adapter makes of a frame.
struct Adapter {
    explicit Adapter(const feeds::Venue& v) : venue(v), decoder(v.make_decoder()) {}

    const feeds::Decoded& decode(const std::string& frame) {
        held = frame;
        held.reserve(frame.size() + feeds::frame_padding);
        decoder->decode(held, noon, decoded);
        CAPTURE(frame);
        REQUIRE(decoded.error == feeds::DecodeError::none);
        REQUIRE(decoded.rejected == 0);
        return decoded;
    }
    bool hears(const Frames& frames, feeds::ControlKind kind) {
        for (const std::string& frame : frames)
            for (const feeds::Control& c : decode(frame).controls)
                if (c.kind == kind) return true;
        return false;
    }

    const feeds::Venue& venue;
    std::unique_ptr<feeds::Decoder> decoder;
    std::string held;
    feeds::Decoded decoded;
};

constexpr core::DurationNs cut(core::TimeNs ts, core::DurationNs step) {
    return ts - ts % step;
}

void check_trade(const feeds::Row& row, const Print& p, const test::VenueFacts& facts) {
    CHECK(row.kind == feeds::RowKind::trade);
    CHECK(row.symbol == p.venue_symbol);
    CHECK(number(row.price) == p.price);
    CHECK((row.size.empty() || number(row.size) == p.size));
    CHECK(row.ts_exchange == cut(p.ts, facts.stamp));
    CHECK(row.flags == 0);
    if (facts.has_side)
        CHECK(row.side == (p.buyer_aggressive ? feeds::Side::buy : feeds::Side::sell));
    else
        CHECK(row.side == feeds::Side::unknown);
}

void check_quote(const feeds::Row& row, const Print& p, const test::VenueFacts& facts) {
    CHECK(row.kind == feeds::RowKind::quote);
    CHECK(row.symbol == p.venue_symbol);
    CHECK(number(row.bid_price) == p.bid);
    CHECK(number(row.bid_size) == p.bid_size);
    CHECK(number(row.ask_price) == p.ask);
    CHECK(number(row.ask_size) == p.ask_size);
    CHECK(row.ts_exchange ==
          (facts.quote_stamp == 0 ? core::no_time : cut(p.ts, facts.quote_stamp)));
}

/// A market of which one venue is in the middle.
struct Play {
    explicit Play(const test::VenueFacts& facts)
        : dialect(*demo::find_dialect(facts.venue)), market(5, dialect.listings) {
        house.key = "KEY";
        house.secret = "SECRET";
        for (const demo::Listing& listing : market.listings()) {
            if (listing.venue != facts.venue) continue;
            feeds::Subscription one{std::string(listing.venue_symbol)};
            one.quotes = feeds::find_venue(facts.venue)->has_quotes;
            wanted.push_back(one);
        }
    }

    /// What happens at the venue until so long after the start.
    std::vector<Print> until(core::DurationNs after_start) {
        std::vector<Print> prints;
        for (const Print& p : market.advance(market.script().start + after_start))
            if (p.venue == dialect.venue) prints.push_back(p);
        return prints;
    }

    const demo::Dialect& dialect;
    demo::Market market;
    demo::House house;
    std::vector<feeds::Subscription> wanted;
};

/// The address where the venue's adapter connects, as far as a server sees it.
std::string target_of(const feeds::Venue& venue, std::string_view address) {
    std::string url(address);
    if (venue.keyed_url != nullptr) url = venue.keyed_url(url, {"KEY", "SECRET"});
    feeds::Url parts;
    CHECK(feeds::parse_url(url, parts).empty());
    return parts.target;
}

std::string keyed(const feeds::Venue& venue, const std::string& frame) {
    return venue.keyed_subscription == nullptr ? frame
                                               : venue.keyed_subscription(frame, {"KEY", "SECRET"});
}

}  // namespace

TEST_CASE("every venue has a dialect and every dialect is tested") {
    REQUIRE(demo::dialects().size() == feeds::venues().size());
    REQUIRE(test::venue_facts.size() == feeds::venues().size());
    for (std::size_t i = 0; i < feeds::venues().size(); ++i) {
        CHECK(demo::dialects()[i].venue == feeds::venues()[i].id);
        CHECK(test::venue_facts[i].venue == feeds::venues()[i].id);
        CHECK(demo::find_dialect(feeds::venues()[i].id) == &demo::dialects()[i]);
    }
    CHECK(demo::find_dialect("nasdaq") == nullptr);
}

TEST_CASE("the adapters' own handshakes are understood and every number comes back") {
    for (const test::VenueFacts& facts : test::venue_facts) {
        const feeds::Venue& venue = *feeds::find_venue(facts.venue);
        INFO(facts.venue);
        Adapter adapter(venue);
        Play play(facts);
        for (const Print& p : play.until(60 * core::ns_per_s)) play.house.tape.note(p);

        std::string target = target_of(venue, venue.default_url);
        if (play.dialect.answer != nullptr) {
            const std::string_view asked = venue.bootstrap.url;
            const std::string_view path = asked.substr(asked.find('/', asked.find("//") + 2));
            CHECK(play.dialect.answer("/elsewhere", "wss://localhost/").empty());
            const auto reply = venue.bootstrap.read(play.dialect.answer(path, "wss://localhost/"));
            REQUIRE(reply.trouble.empty());
            target = target_of(venue, reply.url);
        }
        const auto c = open_conversation(facts.venue, target, play.house);
        REQUIRE(c);
        Frames greeting;
        c->opened(greeting);
        // Bitfinex introduces itself, and does not mind who speaks before it.
        if (adapter.hears(greeting, feeds::ControlKind::greeting) != venue.rules.greets)
            CHECK(facts.venue == "bitfinex");
        if (venue.rules.authenticates)
            CHECK(adapter.hears(answer(*c, venue.authenticate({"KEY", "SECRET"})),
                                feeds::ControlKind::authenticated));
        std::size_t history = 0, again = 0;
        bool acknowledged = false;
        for (const std::string& frame : venue.subscribe(play.wanted, noon)) {
            for (const std::string& said : answer(*c, keyed(venue, frame))) {
                const feeds::Decoded& decoded = adapter.decode(said);
                for (const feeds::Control& control : decoded.controls) {
                    CAPTURE(control.text);
                    CHECK(control.kind < feeds::ControlKind::shutdown_notice);
                    acknowledged |= control.kind == feeds::ControlKind::subscribed;
                }
                for (const feeds::Row& row : decoded.rows) {
                    if (row.kind != feeds::RowKind::trade) continue;
                    ++((row.flags & feeds::row_snapshot) != 0 ? history : again);
                }
            }
        }
        CHECK(acknowledged == venue.rules.acknowledges);
        CHECK(history == facts.history * play.wanted.size());
        CHECK(again == (facts.last_as_new ? play.wanted.size() : 0));
        CHECK(c->streams().size() >= play.wanted.size());

        // Whoever may ping in his own words is answered, and is told nothing wrong every second.
        if (venue.text_ping != nullptr) {
            const Frames pong = answer(*c, venue.text_ping(noon));
            CHECK(c->pings() == 1);
            REQUIRE(pong.size() == 1);
            adapter.decode(pong[0]);
        }
        for (int second = 0; second < 40; ++second) {
            Frames out;
            c->beat(out);
            for (const std::string& frame : out) {
                for (const feeds::Control& control : adapter.decode(frame).controls) {
                    CHECK(control.kind < feeds::ControlKind::shutdown_notice);
                    if (control.kind == feeds::ControlKind::reply)
                        answer(*c, std::string(control.text));
                }
            }
        }
        CHECK_FALSE(c->hangs_up());

        std::size_t trades = 0, quotes = 0;
        std::map<std::string, std::uint64_t> last_id;
        for (const Print& p : play.until(180 * core::ns_per_s)) {
            play.house.tape.note(p);
            for (const std::string& frame : heard(*c, p)) {
                CAPTURE(frame);
                for (const feeds::Row& row : adapter.decode(frame).rows) {
                    if (row.kind == feeds::RowKind::quote) {
                        check_quote(row, p, facts);
                        ++quotes;
                        continue;
                    }
                    check_trade(row, p, facts);
                    ++trades;
                    if (!venue.rules.contiguous_trade_ids) continue;
                    std::uint64_t& last = last_id[std::string(row.symbol)];
                    const auto id = std::stoull(std::string(row.trade_id));
                    if (last != 0) CHECK(id == last + 1);
                    last = id;
                }
            }
        }
        CHECK(trades > 100 * play.wanted.size());
        CHECK(trades < 140 * play.wanted.size());
        // The futures have their quotes at another address.
        if (venue.has_quotes && venue.quotes_url.empty()) CHECK(quotes > 40 * play.wanted.size());
    }
}

TEST_CASE("what a venue says before it leaves is understood as that, or is at least no error") {
    std::size_t notices = 0;
    for (const test::VenueFacts& facts : test::venue_facts) {
        INFO(facts.venue);
        Adapter adapter(*feeds::find_venue(facts.venue));
        Play play(facts);
        std::string target(play.dialect.path);
        target = target_of(*feeds::find_venue(facts.venue), "wss://x" + target);
        const auto c = open_conversation(facts.venue, target, play.house);
        REQUIRE(c);
        Frames out;
        c->leaving(out);
        for (const std::string& frame : out)
            for (const feeds::Control& control : adapter.decode(frame).controls)
                notices += control.kind == feeds::ControlKind::shutdown_notice;
    }
    CHECK(notices == 7);  // both of Gate, Binance's two, OKX, Bitstamp, Bitfinex
}

TEST_CASE("the books of the futures are told at an address of their own") {
    const test::VenueFacts& facts = test::venue_facts[2];
    const feeds::Venue& venue = *feeds::find_venue(facts.venue);
    Adapter adapter(venue);
    Play play(facts);
    const auto c = open_conversation(facts.venue, target_of(venue, venue.quotes_url), play.house);
    REQUIRE(c);
    for (const std::string& frame : venue.subscribe(play.wanted, noon)) answer(*c, frame);
    std::size_t quotes = 0;
    for (const Print& p : play.until(60 * core::ns_per_s)) {
        for (const std::string& frame : heard(*c, p)) {
            for (const feeds::Row& row : adapter.decode(frame).rows) {
                check_quote(row, p, facts);
                ++quotes;
            }
        }
    }
    CHECK(quotes > 20 * play.wanted.size());
    CHECK_FALSE(open_conversation(facts.venue, "/stream", play.house));
}

TEST_CASE("limits are told in the venue's words") {
    demo::House house;
    Play play(test::venue_facts[5]);
    const auto says = [](demo::Conversation& c, const std::string& frame, std::string_view words) {
        const Frames out = answer(c, frame);
        return !out.empty() && out.back().find(words) != std::string::npos;
    };
    SECTION("Alpaca's free plan") {
        const auto c = open_conversation("alpaca", "/v2/iex", house);
        answer(*c, R"({"action":"auth","key":"k","secret":"s"})");
        json symbols = json::array();
        for (int i = 0; i < 31; ++i) symbols.push_back("S" + std::to_string(i));
        CHECK(says(*c, json{{"action", "subscribe"}, {"trades", symbols}}.dump(), "405"));
        CHECK(c->streams().empty());
    }
    SECTION("Binance's requests a second") {
        const auto c = open_conversation("binance_spot", "/ws", house);
        for (int i = 0; i < 5; ++i) answer(*c, R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
        CHECK_FALSE(c->hangs_up());
        CHECK(says(*c, R"({"method":"LIST_SUBSCRIPTIONS","id":1})", "Too many requests"));
        CHECK(c->hangs_up());
    }
    SECTION("Deribit's requests a second") {
        const auto c = open_conversation("deribit", "/ws/api/v2", house);
        const std::string ask =
            R"({"jsonrpc":"2.0","id":1,"method":"public/subscribe","params":{"channels":["quote.X"]}})";
        for (int i = 0; i < 10; ++i) CHECK(says(*c, ask, R"("result":[])"));
        CHECK(says(*c, ask, "10028"));
        Frames none;
        c->beat(none);
        CHECK(says(*c, ask, R"("result":[])"));
    }
    SECTION("Deribit's test must be answered") {
        const auto c = open_conversation("deribit", "/ws/api/v2", house);
        answer(*c, R"({"id":2,"method":"public/set_heartbeat","params":{"interval":10}})");
        Frames out;
        for (int i = 0; i < 19; ++i) c->beat(out);
        CHECK(out.size() == 1);
        CHECK_FALSE(c->hangs_up());
        c->beat(out);
        CHECK(c->hangs_up());
    }
    SECTION("Bybit's topics a request, and one bad topic fails all") {
        const auto c = open_conversation("bybit_v5", "/v5/public/spot", house);
        house.also_listed = {"A"};
        json topics = json::array();
        for (int i = 0; i < 11; ++i) topics.push_back("publicTrade.A");
        CHECK(says(*c, json{{"op", "subscribe"}, {"args", topics}}.dump(), "args size"));
        CHECK(
            says(*c, R"({"op":"subscribe","args":["publicTrade.A","publicTrade.B"]})", "Invalid"));
        CHECK(c->streams().empty());
    }
    SECTION("Bitfinex' channels a connection") {
        for (int i = 0; i < 26; ++i) house.also_listed.insert("tS" + std::to_string(i));
        const auto c = open_conversation("bitfinex", "/ws/2", house);
        const auto ask = [](int i) {
            return R"({"event":"subscribe","channel":"ticker","symbol":"tS)" + std::to_string(i) +
                   R"("})";
        };
        for (int i = 0; i < 25; ++i) CHECK(says(*c, ask(i), "subscribed"));
        CHECK(says(*c, ask(25), "10305"));
    }
    SECTION("Finnhub's symbols") {
        for (int i = 0; i < 51; ++i) house.also_listed.insert("S" + std::to_string(i));
        const auto c = open_conversation("finnhub", "/?token=k", house);
        for (int i = 0; i < 50; ++i)
            answer(*c, R"({"type":"subscribe","symbol":"S)" + std::to_string(i) + R"("})");
        CHECK(says(*c, R"({"type":"subscribe","symbol":"S50"})", "too many symbols"));
    }
    SECTION("KuCoin's token") {
        const auto c = open_conversation("kucoin", "/?token=other", house);
        Frames out;
        c->opened(out);
        CHECK(out.at(0).find("token is invalid") != std::string::npos);
        CHECK(c->hangs_up());
    }
}

TEST_CASE("no dialect is upset by nonsense") {
    const std::string deep = R"({"a":)" + std::string(9'000, '[') + std::string(9'000, ']') + "}";
    for (const test::VenueFacts& facts : test::venue_facts) {
        INFO(facts.venue);
        Play play(facts);
        for (const Print& p : play.until(core::ns_per_s)) play.house.tape.note(p);
        const feeds::Venue& venue = *feeds::find_venue(facts.venue);
        const auto c = open_conversation(
            facts.venue, target_of(venue, "wss://x" + std::string(play.dialect.path)), play.house);
        REQUIRE(c);
        for (const std::string& frame :
             {std::string("\xff\x00{[", 4), std::string("[]"), std::string("{}"), deep,
              std::string(R"({"op":5,"args":{},"method":[],"params":7,"event":null,"data":[]})"),
              std::string(R"({"op":"subscribe","args":[5],"type":"subscribe","topic":",,"})"),
              std::string(R"({"method":"subscribe","params":[],"subscription":5})"),
              std::string(R"({"event":"subscribe","channel":"trades","symbol":"\u0000\"<"})")}) {
            CAPTURE(frame.substr(0, 80));
            CHECK_NOTHROW(answer(*c, frame));
            CHECK(c->streams().empty());
        }
        CHECK_FALSE(open_conversation(facts.venue, "/no/such/path", play.house));
    }
}
