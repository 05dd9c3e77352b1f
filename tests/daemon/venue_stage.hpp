// A venue's fake behind TLS, a desk that listens to it as the daemon does, and a market of equal
// seed that knows what the desk should have heard.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "daemon/demo/dialect.hpp"
#include "daemon/demo/exchanges.hpp"
#include "tests/daemon/venue_facts.hpp"
#include "tests/feeds/session_desk.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/tls_front.hpp"

namespace contagiond::test {

/// A trade as both sides can tell it: time, price, size.
using Told = std::tuple<core::TimeNs, double, double>;

class Stage {
  public:
    static constexpr std::uint64_t seed = 20250127;

    explicit Stage(const VenueFacts& the_facts, demo::ExchangeSettings settings = doors())
        : facts(the_facts),
          market(seed, demo::find_dialect(facts.venue)->listings),
          witness(seed, demo::find_dialect(facts.venue)->listings),
          clock(market.script().start),
          exchanges(market, clock, std::move(settings)),
          front(port_of(exchanges.start().find(facts.venue)->second)),
          desk(front.url(demo::find_dialect(facts.venue)->path)) {
        desk.venue = *feeds::find_venue(facts.venue);
        // A test has no time for what the world wants.
        desk.venue.rules.send_spacing = core::ns_per_ms;
        if (desk.venue.rules.text_ping_interval > 0)
            desk.venue.rules.text_ping_interval = 20 * core::ns_per_ms;
        // Where to connect is asked for, at the same front.
        if (!desk.venue.bootstrap.url.empty()) {
            const std::string_view asked = desk.venue.bootstrap.url;
            where_to_ask_ = front.url(asked.substr(asked.find('/', asked.find("//") + 2)), "https");
            desk.venue.bootstrap.url = where_to_ask_;
            desk.settings.url.clear();
        }
        desk.settings.name = facts.venue;
        desk.settings.ca_file = authority_file();
        desk.settings.credentials = {"KEY", "SECRET"};
        desk.settings.listings.clear();
        for (const demo::Listing& listing : market.listings())
            if (listing.venue == facts.venue) list(listing.venue_symbol);
        witness.advance(market.script().start);
    }
    ~Stage() { exchanges.stop(); }
    Stage(const Stage&) = delete;

    static demo::ExchangeSettings doors() { return {"KEY", "SECRET", {}, true}; }

    /// The futures have their quotes elsewhere: another connection, and another test.
    bool wants_quotes() const { return desk.venue.has_quotes && desk.venue.quotes_url.empty(); }

    void list(std::string_view venue_symbol) {
        auto& listings = desk.settings.listings;
        listings.push_back({static_cast<core::InstrumentId>(listings.size()),
                            std::string(venue_symbol), true, wants_quotes()});
    }

    /// One client, subscribed to all it wants, and it knows.
    bool is_subscribed() {
        const auto clients = exchanges.streams(facts.venue);
        return desk.counters.connected.value() == 1 && clients.size() == 1 &&
               clients[0].size() >= desk.settings.listings.size() * streams_of_one();
    }
    demo::Streams subscriptions() {
        const auto clients = exchanges.streams(facts.venue);
        return clients.empty() ? demo::Streams{} : clients[0];
    }

    /// The market goes on for so long. What the venue printed meanwhile, by symbol.
    std::map<std::string, std::vector<Told>> play(core::DurationNs duration) {
        clock.set(clock.now() + duration);
        exchanges.catch_up();
        std::map<std::string, std::vector<Told>> out;
        for (const demo::Print& p : witness.advance(clock.now()))
            if (p.venue == facts.venue && demo::is_trade(p))
                out[std::string(p.venue_symbol)].emplace_back(p.ts - p.ts % facts.stamp, p.price,
                                                              p.size);
        return out;
    }

    /// What the desk heard of a listing, fresh or as history.
    std::vector<Told> heard(std::size_t listing, bool history) const {
        std::vector<Told> out;
        for (const core::Input& input : desk.inputs) {
            if (input.kind != core::InputKind::trade || input.instrument != listing ||
                ((input.flags & core::history) != 0) != history)
                continue;
            out.emplace_back(input.ts_exchange,
                             core::to_double({input.trade.price, input.price_exponent}),
                             core::to_double({input.trade.size, input.size_exponent}));
        }
        return out;
    }
    std::size_t heard_fresh() const {
        std::size_t n = 0;
        for (std::size_t i = 0; i < desk.settings.listings.size(); ++i) n += heard(i, false).size();
        return n;
    }
    std::size_t lines_with(std::string_view words, std::string_view and_these = "") const {
        std::size_t n = 0;
        for (const std::string& line : desk.lines)
            n += line.find(words) != std::string::npos && line.find(and_these) != std::string::npos;
        return n;
    }

    const VenueFacts& facts;
    demo::Market market, witness;
    ManualClock clock;
    demo::Exchanges exchanges;
    TlsFront front;
    feeds::Desk desk;

  private:
    std::string where_to_ask_;
    std::size_t streams_of_one() const {
        // Tiingo's subscription names a ticker, not its streams.
        return facts.venue == "tiingo" || !wants_quotes() ? 1 : 2;
    }
};

}  // namespace contagiond::test
