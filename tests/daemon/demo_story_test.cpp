// The demo's story without sockets: the scripted market straight into the engine, under the
// configuration the demo ships with.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/engine.hpp"
#include "daemon/config.hpp"
#include "daemon/demo/market.hpp"
#include "daemon/embedded_files.hpp"
#include "tests/daemon/config_support.hpp"

using namespace contagiond;
using core::ns_per_min;
using core::ns_per_ms;
using core::ns_per_s;
using demo::Print;

namespace {

daemon::Config demo_config() {
    const test::TemporaryFolder folder;
    folder.write("alpaca-key", "any");
    folder.write("alpaca-secret", "thing");
    for (const daemon::EmbeddedFile& file : daemon::scenario_files())
        if (file.name == "demo.yml")
            return daemon::parse_config(std::string(file.contents), "demo.yml", folder.path());
    FAIL("no demo.yml is embedded");
    return {};
}

core::Decimal decimal(double value, int digits) {
    return {std::llround(value * std::pow(10, digits)), static_cast<std::int8_t>(-digits)};
}

/// Prints as the feeds would hand them on, each received `delay` after it happened.
class Wire {
  public:
    Wire(const core::Universe& universe, core::DurationNs delay)
        : universe_(universe), delay_(delay) {}

    core::Input input(const Print& p) const {
        const core::FeedId feed = feed_of(p.venue);
        const core::TimeNs ts_receive = p.ts + delay_;
        if (p.kind == Print::Kind::trade)
            return core::Input::make_trade(instrument_of(p.symbol), feed, p.ts, ts_receive,
                                           decimal(p.price, p.price_digits),
                                           decimal(p.size, p.size_digits), p.trade_id);
        core::QuoteBody body{};
        body.bid = decimal(p.bid, p.price_digits).mantissa;
        body.ask = decimal(p.ask, p.price_digits).mantissa;
        body.bid_size = decimal(p.bid_size, p.size_digits).mantissa;
        body.ask_size = decimal(p.ask_size, p.size_digits).mantissa;
        const core::TimeNs ts_exchange = p.venue == "binance_spot" ? core::no_time : p.ts;
        return core::Input::make_quote(instrument_of(p.symbol), feed, ts_exchange, ts_receive, body,
                                       static_cast<std::int8_t>(-p.price_digits),
                                       static_cast<std::int8_t>(-p.size_digits));
    }

    core::InstrumentId instrument_of(std::string_view symbol) const {
        for (std::size_t i = 0; i < universe_.instruments.size(); ++i)
            if (universe_.instruments[i].symbol == symbol)
                return static_cast<core::InstrumentId>(i);
        FAIL("demo.yml does not know " << symbol);
        return core::no_id;
    }

  private:
    core::FeedId feed_of(std::string_view venue) const {
        for (std::size_t i = 0; i < universe_.feeds.size(); ++i)
            if (universe_.feeds[i].venue == venue) return static_cast<core::FeedId>(i);
        FAIL("demo.yml has no feed for an exchange");
        return core::no_id;
    }

    const core::Universe& universe_;
    const core::DurationNs delay_;
};

struct Story {
    demo::Script script;
    std::vector<std::shared_ptr<const core::Episode>> told;
    std::vector<core::TargetAssessed> assessed;
    std::size_t rejected = 0;
};

Story play(const core::EngineConfig& config, std::uint64_t seed) {
    demo::Market market(seed);
    core::Engine engine(config);
    const Wire wire(config.universe, 20 * ns_per_ms);
    Story story;
    story.script = market.script();
    std::vector<core::Input> inputs;
    for (core::TimeNs t = story.script.start; t <= story.script.end; t += ns_per_s) {
        inputs.clear();
        for (const Print& p : market.advance(t)) inputs.push_back(wire.input(p));
        for (const core::Event& event : engine.step(inputs)) {
            if (const auto* e = std::get_if<core::EpisodeChanged>(&event))
                story.told.push_back(e->episode);
            if (const auto* a = std::get_if<core::TargetAssessed>(&event))
                story.assessed.push_back(*a);
            if (std::holds_alternative<core::TickRejected>(event)) ++story.rejected;
        }
    }
    return story;
}

std::vector<std::shared_ptr<const core::Episode>> told_of(const Story& story, core::Rule rule,
                                                          core::EpisodePhase phase) {
    std::vector<std::shared_ptr<const core::Episode>> out;
    for (const auto& e : story.told)
        if (e->rule == rule && e->phase == phase) out.push_back(e);
    return out;
}

}  // namespace

TEST_CASE("the demo's configuration is valid and lists what its market plays") {
    const daemon::Config config = demo_config();
    CHECK(core::check(config.engine).empty());
    CHECK(config.warnings.empty());
    const core::Universe& universe = config.engine.universe;
    const demo::Script script = demo::Market(1).script();
    CHECK(universe.instruments.size() == script.moves.size());
    const Wire wire(universe, 0);
    for (const auto& m : script.moves) CHECK(wire.instrument_of(m.symbol) != core::no_id);

    // Every listing of the market is subscribed to under the name its exchange writes.
    demo::Market market(1);
    std::size_t listed = 0;
    for (const Print& p : market.advance(script.start)) {
        if (p.kind != Print::Kind::trade || p.ts != script.start) continue;
        CAPTURE(p.venue_symbol);
        bool found = false;
        for (const auto& feed : config.feeds)
            for (const auto& listing : feed.listings)
                found |= listing.symbol == p.venue_symbol &&
                         universe.instruments[listing.instrument].symbol == p.symbol;
        CHECK(found);
        ++listed;
    }
    std::size_t wanted = 0;
    for (const auto& feed : config.feeds) wanted += feed.listings.size();
    CHECK(listed == wanted);
}

TEST_CASE("the selloff is flagged as tech's, once, and the macro episode is not") {
    const std::uint64_t seed = GENERATE(std::uint64_t{20250127}, std::uint64_t{2}, std::uint64_t{3},
                                        std::uint64_t{4}, std::uint64_t{5}, std::uint64_t{6});
    INFO("seed " << seed);
    const daemon::Config config = demo_config();
    const Story story = play(config.engine, seed);
    const demo::Script& script = story.script;
    CHECK(story.rejected == 0);

    using core::EpisodePhase;
    using core::Rule;
    const auto opened = told_of(story, Rule::tech_to_crypto, EpisodePhase::opened);
    REQUIRE(opened.size() == 1);
    const core::Episode& first = *opened.front();
    CHECK(first.detected_at > script.selloff_start);
    CHECK(first.detected_at <= script.selloff_start + 9 * ns_per_min);
    CHECK(std::abs(first.started_at - script.selloff_start) <= 3 * ns_per_min);
    CHECK(first.attribution == core::Attribution::tech);
    CHECK_FALSE(first.degraded);
    CHECK(first.coverage == Approx(1.0));

    const auto resolved = told_of(story, Rule::tech_to_crypto, EpisodePhase::resolved);
    REQUIRE(resolved.size() == 1);
    const core::Episode& last = *resolved.front();
    CHECK(last.id == first.id);
    CHECK(last.ended_at > script.selloff_end);
    CHECK(last.ended_at < script.macro_start - config.engine.detector.cooldown);
    CHECK(last.severity == core::Severity::critical);
    std::vector<std::string> targets;
    for (const auto& t : last.targets)
        targets.push_back(config.engine.universe.instruments[t.instrument].symbol);
    std::sort(targets.begin(), targets.end());
    CHECK(targets == std::vector<std::string>{"BTC-USD", "ETH-USD"});

    const auto macro = told_of(story, Rule::common_macro, EpisodePhase::opened);
    REQUIRE(macro.size() == 1);
    CHECK(macro.front()->detected_at > script.macro_start);
    CHECK(macro.front()->detected_at < script.macro_end);
    CHECK(macro.front()->attribution == core::Attribution::macro);
    CHECK(told_of(story, Rule::common_macro, EpisodePhase::resolved).size() == 1);
    for (const auto& a : story.assessed)
        if (a.ts > script.macro_start) REQUIRE(a.regime != core::Regime::contagion);
}
