// Every venue end to end: the session and the adapter that ship, over TLS, against the fake of the
// venue. One line a venue in venue_facts.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <set>

#include "tests/daemon/venue_stage.hpp"
#include "tests/feeds/capture_files.hpp"
#include "tests/feeds/own_frames.hpp"

using namespace contagiond;
using namespace contagiond::test;
using core::ns_per_s;

namespace {

/// What a desk should have heard of one symbol.
struct Ledger {
    std::vector<Told> fresh, again;  ///< `again`: as history

    /// What came while the line stood.
    void heard(const std::vector<Told>& told) {
        fresh.insert(fresh.end(), told.begin(), told.end());
    }
    /// What came while it did not: the venue tells some of it again.
    void missed(const std::vector<Told>& told, const VenueFacts& facts) {
        const std::size_t n = std::min(facts.history, told.size());
        again.insert(again.end(), told.end() - static_cast<std::ptrdiff_t>(n), told.end());
        // In the form of a new one, and yet no news.
        if (facts.last_as_new && !told.empty()) again.push_back(told.back());
    }
};

/// Twelve Data tells no sizes.
std::vector<Told> as_told(std::vector<Told> trades, const VenueFacts& facts) {
    if (facts.venue == "twelvedata")
        for (Told& told : trades) std::get<2>(told) = 0;
    return trades;
}

/// Empty if equal, else where they part.
std::string difference(const std::vector<Told>& heard, const std::vector<Told>& told) {
    const auto [a, b] = std::ranges::mismatch(heard, told);
    if (a == heard.end() && b == told.end()) return "";
    const auto words = [](const std::vector<Told>& all, auto at) {
        return at == all.end()
                   ? std::string("nothing")
                   : fmt::format("{} {} {}", std::get<0>(*at), std::get<1>(*at), std::get<2>(*at));
    };
    return fmt::format("{} heard, {} told; trade {}: heard {}, told {}", heard.size(), told.size(),
                       a - heard.begin(), words(heard, a), words(told, b));
}

template <typename Act>
void for_each_venue(Act act) {
    for (const VenueFacts& facts : venue_facts) {
        INFO(facts.venue);
        act(facts);
    }
}

}  // namespace

TEST_CASE("a feed that is cut off comes back the same, loses nothing told again, counts all once") {
    for_each_venue([](const VenueFacts& facts) {
        Stage stage(facts);
        std::map<std::string, Ledger> ledgers;
        const auto hear = [&](core::DurationNs duration) {
            std::size_t n = stage.heard_fresh();
            for (auto& [symbol, told] : stage.play(duration)) {
                ledgers[symbol].heard(as_told(told, facts));
                n += told.size();
            }
            CHECK(stage.desk.until([&] { return stage.heard_fresh() >= n; }));
        };
        // What was printed before anybody listened.
        for (const auto& [symbol, told] : stage.play(5 * ns_per_s))
            ledgers[symbol].missed(as_told(told, facts), facts);
        stage.desk.start();
        REQUIRE(stage.desk.until([&] { return stage.is_subscribed(); }));
        const demo::Streams subscriptions = stage.subscriptions();
        hear(40 * ns_per_s);

        // The line is cut. What the market does meanwhile is lost, but for what is told again.
        stage.front.cut();
        REQUIRE(stage.desk.until([&] { return stage.desk.counters.connected.value() == 0; }));
        for (const auto& [symbol, told] : stage.play(10 * ns_per_s))
            ledgers[symbol].missed(as_told(told, facts), facts);
        stage.front.open_again();
        REQUIRE(stage.desk.until([&] { return stage.is_subscribed(); }));
        CHECK(stage.subscriptions() == subscriptions);
        hear(20 * ns_per_s);

        // The venue ends the connection in its own words.
        const std::size_t accepted = stage.front.accepted();
        stage.exchanges.leave(facts.venue);
        REQUIRE(stage.desk.until(
            [&] { return stage.front.accepted() > accepted && stage.is_subscribed(); }));
        CHECK(stage.subscriptions() == subscriptions);
        hear(20 * ns_per_s);

        stage.exchanges.beat(facts.venue);
        if (stage.desk.venue.text_ping != nullptr)
            CHECK(stage.desk.until([&] { return stage.exchanges.pings(facts.venue) > 0; }));
        CAPTURE(stage.desk.log_text());
        CHECK(stage.desk.stop());

        for (std::size_t i = 0; i < stage.desk.settings.listings.size(); ++i) {
            const Ledger& ledger = ledgers[stage.desk.settings.listings[i].symbol];
            CAPTURE(stage.desk.settings.listings[i].symbol);
            CHECK(difference(stage.heard(i, false), ledger.fresh) == "");
            const std::vector<Told> again = stage.heard(i, true);
            for (const Told& told : ledger.again)
                CHECK(std::count(again.begin(), again.end(), told) > 0);
        }
        for (std::size_t e = 1; e < feeds::decode_error_count; ++e)
            CHECK(stage.desk.counters.decode_errors[e].value() == 0);
        if (stage.wants_quotes()) CHECK(stage.desk.count(core::InputKind::quote) > 20);
    });
}

TEST_CASE("frames as venues sent them arrive over the wire as the adapter reads them") {
    for_each_venue([](const VenueFacts& facts) {
        constexpr std::size_t frames_max = 600;
        constexpr std::size_t symbols_max = 12;
        std::vector<std::string> frames;
        for (const CaptureFile& file : capture_files(facts.venue))
            for (std::string& line : lines_of(read_whole(file.messages)))
                if (frames.size() < frames_max && line.size() < 16'000)
                    frames.push_back(std::move(line));
        if (frames.empty()) frames = own_frames(facts.venue);

        // The adapter alone is the measure. What would end the connection is another test's.
        const auto decoder = feeds::find_venue(facts.venue)->make_decoder();
        feeds::Decoded decoded;
        std::size_t rows = 0, errors = 0, malformed_alone = 0;
        std::set<std::string, std::less<>> symbols;
        std::erase_if(frames, [&](const std::string& frame) {
            const PaddedFrame padded(frame);
            decoder->decode(padded.view(), 0, decoded);
            for (const feeds::Control& control : decoded.controls)
                if (control.kind != feeds::ControlKind::heartbeat &&
                    control.kind != feeds::ControlKind::subscribed)
                    return true;
            rows += decoded.rows.size();
            if (decoded.error != feeds::DecodeError::none) errors += std::max(decoded.rejected, 1U);
            for (const feeds::Row& row : decoded.rows)
                if (symbols.size() < symbols_max && row.symbol.find('"') == row.symbol.npos)
                    symbols.emplace(row.symbol);
            return false;
        });
        REQUIRE(rows > 0);

        demo::ExchangeSettings doors = Stage::doors();
        doors.also_listed = symbols;
        Stage stage(facts, std::move(doors));
        stage.desk.settings.listings.clear();
        for (const std::string& symbol : symbols) stage.list(symbol);
        stage.desk.start();
        REQUIRE(stage.desk.until([&] { return stage.is_subscribed(); }));
        const feeds::FeedCounters& counters = stage.desk.counters;
        const auto accounted = [&] {
            std::uint64_t n = counters.ticks.value() + counters.duplicates.value();
            for (const auto& rejected : counters.rows_rejected) n += rejected.value();
            return n;
        };
        // A frame that is no JSON marks the place: what was said before it has been read.
        const auto malformed = [&] {
            return stage.desk.errors(feeds::DecodeError::malformed_json);
        };
        const std::string mark = "{";
        stage.exchanges.say(facts.venue, {mark});
        REQUIRE(stage.desk.until([&] { return malformed() == 1; }));
        const std::uint64_t before = accounted();
        const std::uint64_t ticks = counters.ticks.value();
        frames.push_back(mark);
        stage.exchanges.say(facts.venue, frames);
        CHECK(stage.desk.until([&] { return malformed() == malformed_alone + 2; }));
        CAPTURE(stage.desk.log_text());
        CHECK(stage.desk.stop());
        // Rows that are not wanted (the futures' quotes) are counted as ignored; and where messages
        // are numbered, a recorded one whose number was seen is none.
        const bool is_numbered = facts.venue == "coinbase_advanced";
        if ((stage.wants_quotes() || !stage.desk.venue.has_quotes) && !is_numbered)
            CHECK(accounted() - before == rows);
        CHECK(counters.ticks.value() > ticks);
        std::uint64_t errors_seen = 0;
        for (const auto& error : counters.decode_errors) errors_seen += error.value();
        CHECK(errors_seen == errors + 2);
        CHECK(stage.desk.all_reconnects() == 0);
    });
}

TEST_CASE("a symbol that the venue does not have is shown once, in plain words") {
    for_each_venue([](const VenueFacts& facts) {
        Stage stage(facts);
        stage.list("NOSUCH");
        stage.desk.start();
        if (facts.bad_symbol.empty()) {
            // The venue keeps quiet; what it has is told all the same.
            REQUIRE(stage.desk.until([&] { return stage.desk.counters.connected.value() == 1; }));
            stage.play(20 * ns_per_s);
            CHECK(stage.desk.until([&] { return stage.heard_fresh() > 10; }));
            return;
        }
        // Some do not say what they refuse: then it is known only on the next connection.
        CHECK(stage.desk.until(
            [&] { return stage.lines_with("the venue refuses", facts.bad_symbol) > 0; }));
        stage.desk.until([] { return false; }, std::chrono::milliseconds(150));
        CAPTURE(stage.desk.log_text());
        CHECK(stage.lines_with("the venue refuses", facts.bad_symbol) == 1);
        // What the venue has is told all the same.
        REQUIRE(stage.desk.until([&] { return stage.desk.counters.connected.value() == 1; }));
        stage.play(20 * ns_per_s);
        CHECK(stage.desk.until([&] { return stage.heard_fresh() > 10; }));
    });
}

TEST_CASE("a key that the venue does not know is shown once, in plain words, and never itself") {
    for_each_venue([](const VenueFacts& facts) {
        if (facts.bad_key.empty()) return;
        Stage stage(facts, {"ANOTHER", "SECRET", {}, true});
        stage.desk.settings.credentials = {"canary-key", "SECRET"};
        stage.desk.start();
        CHECK(stage.desk.until([&] { return stage.lines_with(facts.bad_key) > 0; }));
        CHECK_FALSE(stage.desk.until([&] { return stage.front.accepted() > 1; },
                                     std::chrono::milliseconds(150)));
        CAPTURE(stage.desk.log_text());
        CHECK(stage.lines_with(facts.bad_key) == 1);
        CHECK(stage.lines_with("canary-key") == 0);
        CHECK(stage.desk.counters.connected.value() == 0);
        CHECK(stage.heard_fresh() == 0);
    });
}

TEST_CASE("nobody is let in whose certificate is another's") {
    const VenueFacts& facts = venue_facts[3];
    demo::Market market(1, demo::find_dialect(facts.venue)->listings);
    const ManualClock clock(market.script().start);
    demo::Exchanges exchanges(market, clock);
    TlsFront front(port_of(exchanges.start().find(facts.venue)->second),
                   Certificate::unknown_authority);
    feeds::Desk desk(front.url("/ws/2"));
    desk.venue = *feeds::find_venue(facts.venue);
    desk.settings.ca_file = authority_file();
    desk.start();
    CHECK(desk.until([&] { return desk.reconnects(feeds::ReconnectReason::tls) > 0; }));
    CHECK(desk.count(core::InputKind::trade) == 0);
}
