#include "core/engine.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "tests/core/engine_events.hpp"
#include "tests/core/market_builder.hpp"

using namespace contagiond;
using namespace contagiond::core;
using test::all;
using test::episodes;
using test::Fingerprint;
using test::run;
using test::spillover_story;

TEST_CASE("equal inputs give equal events in any batching") {
    const auto inputs = spillover_story(4);
    std::string reference;
    for (const std::size_t batch :
         {std::size_t{1}, std::size_t{7}, std::size_t{256}, inputs.size()}) {
        Engine engine(test::small_config());
        Fingerprint fingerprint;
        for (const Event& event : run(engine, inputs, batch)) std::visit(fingerprint, event);
        CAPTURE(batch);
        if (reference.empty()) reference = fingerprint.text.str();
        CHECK((fingerprint.text.str() == reference));
    }
    CHECK(reference.find("episode") != std::string::npos);
}

TEST_CASE("a tech selloff that the coins follow is one episode with both of them") {
    const std::uint64_t seed = GENERATE(range(1u, 9u));
    CAPTURE(seed);
    Engine engine(test::small_config());
    const auto inputs = spillover_story(seed);
    const auto told = episodes(run(engine, inputs, 64));
    REQUIRE(told.size() >= 2);
    const Episode& opened = *told.front();
    const Episode& resolved = *told.back();
    CHECK(opened.phase == EpisodePhase::opened);
    CHECK(opened.rule == Rule::tech_to_crypto);
    CHECK(opened.attribution == Attribution::tech);
    CHECK(opened.detected_at > test::market_open + 900 * ns_per_s);
    CHECK(opened.detected_at < test::market_open + 1260 * ns_per_s);
    CHECK(opened.started_at >= test::market_open + 720 * ns_per_s);
    CHECK(opened.started_at < opened.detected_at);
    CHECK(*opened.source_log_return < -0.0075);
    CHECK(resolved.phase == EpisodePhase::resolved);
    CHECK(resolved.ended_at == resolved.ts);
    CHECK(resolved.score_peak >= opened.score);
    CHECK(told[told.size() - 2]->targets.size() == 2);
    for (std::size_t i = 0; i < told.size(); ++i) {
        CHECK(told[i]->id == opened.id);
        CHECK(told[i]->revision == i + 1);
        CHECK((told[i]->phase == EpisodePhase::updated) == (i > 0 && i + 1 < told.size()));
    }
}

TEST_CASE("an episode says why it opened, the same in every revision") {
    const std::uint64_t seed = GENERATE(range(1u, 5u));
    CAPTURE(seed);
    const EngineConfig config = test::small_config();
    Engine engine(config);
    const auto told = episodes(run(engine, spillover_story(seed), 64));
    REQUIRE(told.size() >= 2);
    const Episode& opened = *told.front();
    REQUIRE(opened.cause);
    const EpisodeCause& cause = *opened.cause;
    CHECK(cause.target == config.targets[0]);
    CHECK(cause.score == opened.score);
    CHECK(cause.score >= config.detector.enter_score);
    REQUIRE(cause.conditions.size() == level_condition_count);
    TimeNs last = 0;
    for (const CauseCondition& condition : cause.conditions) {
        CAPTURE(to_string(condition.reading.condition));
        CHECK(condition.reading.holds());
        CHECK(condition.held_since > test::market_open);
        // The first row of all is taken with the first bar.
        CHECK((condition.held_since % ns_per_min == 0 ||
               condition.held_since == test::market_open + config.bar));
        last = std::max(last, condition.held_since);
    }
    // All of them were true with the last of them, and the score stood the confirmation from then.
    CHECK(cause.reached_at >= last);
    CHECK(cause.reached_at < last + ns_per_min);
    CHECK(opened.detected_at >= cause.reached_at + config.detector.confirm);
    // In a quiet market only what forbids something holds; the falls came with the fall.
    CHECK(cause.conditions[0].held_since > test::market_open + 900 * ns_per_s);
    CHECK(cause.conditions[1].held_since > test::market_open + 900 * ns_per_s);
    CHECK(cause.warm_since >= test::market_open + config.warmup);
    CHECK(cause.warm_since <= test::market_open + config.warmup + 2 * config.bar);
    CHECK(cause.judged_since <= cause.warm_since);
    CHECK(cause.trusted_since <= cause.warm_since);
    CHECK(cause.cooldown_until == no_time);
    CHECK_FALSE(cause.fallen_anew);
    CHECK(cause.shock.controls_fresh);
    CHECK(*cause.shock.source_sigma > 1);
    CHECK(*cause.shock.macro_sigma < config.detector.macro_share * *cause.shock.source_sigma);
    for (const auto& episode : told) CHECK(episode->cause == opened.cause);
}

TEST_CASE("quiet markets, lone tech selloffs and lone coin selloffs raise nothing") {
    const std::uint64_t seed = GENERATE(range(1u, 9u));
    CAPTURE(seed);
    const auto story =
        GENERATE(std::vector<double>{}, std::vector<double>{-0.05, -0.05, -0.04, -0.02},
                 std::vector<double>{0, 0, 0, 0, -0.04, -0.04});
    test::MarketBuilder market(seed);
    std::vector<Input> inputs;
    market.run(1500, {}, inputs);
    market.run(300, story, inputs);
    market.run(900, {}, inputs);
    Engine engine(test::small_config());
    CHECK(episodes(run(engine, inputs, 64)).empty());
}

TEST_CASE("when the controls carry the fall it is macro, not tech") {
    const std::uint64_t seed = GENERATE(range(1u, 5u));
    CAPTURE(seed);
    test::MarketBuilder market(seed);
    std::vector<Input> inputs;
    market.run(1200, {}, inputs);
    market.run(40, {0, 0, 0, 0, 0, 0, -0.003, 0.002}, inputs);
    market.run(260, {-0.04, -0.04, -0.03, -0.02, -0.035, -0.035, -0.005, 0.0035}, inputs);
    Engine engine(test::small_config());
    const auto told = episodes(run(engine, inputs, 64));
    REQUIRE_FALSE(told.empty());
    CHECK(told.front()->rule == Rule::common_macro);
    CHECK(told.front()->attribution == Attribution::macro);
}

TEST_CASE("without controls nothing is attributed") {
    auto config = test::small_config();
    config.controls.clear();
    Engine engine(config);
    const auto told = episodes(run(engine, spillover_story(2), 64));
    REQUIRE_FALSE(told.empty());
    CHECK(told.front()->attribution == Attribution::unattributed);
}

TEST_CASE("targets are warming, not calm, until enough was seen") {
    test::MarketBuilder market(3);
    std::vector<Input> inputs;
    market.run(1200, {}, inputs);
    Engine engine(test::small_config());
    const auto assessed = all<TargetAssessed>(run(engine, inputs, 64));
    REQUIRE(assessed.size() > 100);
    CHECK(assessed.front().regime == Regime::warming);
    CHECK(assessed.front().warmup < 0.1);
    CHECK(assessed.back().regime == Regime::calm);
    CHECK(assessed.back().warmup == 1.0);
    for (std::size_t i = 2; i < assessed.size(); ++i) {
        if (assessed[i].regime == Regime::warming) CHECK(assessed[i].warmup < 1);
        CHECK(assessed[i].warmup >= assessed[i - 2].warmup);
    }
}

TEST_CASE("a hole in the feed keeps an episode from opening and says why") {
    test::MarketBuilder market(5);
    std::vector<Input> inputs;
    market.run(1200, {}, inputs);
    GapBody gap{};
    gap.count = 12;
    gap.reason = GapReason::sequence;
    inputs.push_back(Input::make_gap(0, no_id, market.now(), gap));
    market.run(240, {-0.03, -0.03, -0.03, -0.02, -0.03, -0.03}, inputs);
    Engine engine(test::small_config());
    const auto events = run(engine, inputs, 64);
    CHECK(episodes(events).empty());
    bool told_why = false;
    for (const auto& s : all<AlertSuppressed>(events))
        told_why |= s.reason == SuppressReason::stale_data;
    CHECK(told_why);
}

TEST_CASE("a silent source suspends judgement and holds an open episode") {
    test::MarketBuilder market(6);
    std::vector<Input> inputs;
    const double nan = std::nan("");
    market.run(1200, {}, inputs);
    market.run(300, {-0.05, -0.05, -0.04, -0.02, -0.035, -0.035}, inputs);
    market.run(3000, {nan, nan, nan, nan, 0, 0, nan, nan}, inputs);
    Engine engine(test::small_config());
    const auto events = run(engine, inputs, 64);
    const auto told = episodes(events);
    REQUIRE_FALSE(told.empty());
    CHECK(told.back()->phase != EpisodePhase::resolved);
    CHECK(all<TargetAssessed>(events).back().suspended);
    CHECK(all<TargetAssessed>(events).back().regime == Regime::contagion);
}

TEST_CASE("a source that never ticks is told as such: nothing is judged, and nothing warms up") {
    test::MarketBuilder market(6);
    std::vector<Input> inputs;
    const double nan = std::nan("");
    market.run(3000, {nan, nan, nan, nan, -0.05, -0.05, nan, nan}, inputs);
    Engine engine(test::small_config());
    const auto events = run(engine, inputs, 64);
    CHECK(episodes(events).empty());
    const auto assessed = all<TargetAssessed>(events);
    REQUIRE_FALSE(assessed.empty());
    for (const TargetAssessed& target : assessed) {
        CHECK(target.suspended);
        CHECK(target.regime == Regime::warming);
        CHECK(target.warmup == 0);
        CHECK_FALSE(target.score);
    }
}

TEST_CASE("bad ticks are rejected by name and change nothing") {
    auto config = test::small_config();
    config.lateness = 0;  // no tick waits: the verdict comes at once
    const TimeNs t = test::market_open;
    const Decimal one{1, 0};
    const auto verdict = [&](const Input& input) -> std::string {
        Engine engine(config);
        const auto first = Input::make_trade(0, 0, t, t, {100, 0}, one);
        engine.step({&first, 1});
        const auto rejected = all<TickRejected>(engine.step({&input, 1}));
        return rejected.empty() ? "taken" : std::string(to_string(rejected[0].reason));
    };
    CHECK(verdict(Input::make_trade(0, 0, t, t, {0, 0}, one)) == "zero_price");
    CHECK(verdict(Input::make_trade(0, 0, t, t, {-5, 0}, one)) == "negative_price");
    CHECK(verdict(Input::make_trade(0, 0, t, t, {1, 30}, one)) == "absurd_price");
    CHECK(verdict(Input::make_trade(0, 0, t / 1000, t, {5, 0}, one)) == "absurd_time");
    CHECK(verdict(Input::make_trade(0, 0, t * 4, t, {5, 0}, one)) == "absurd_time");
    CHECK(verdict(Input::make_trade(0, 0, t - 1, t, {5, 0}, one)) == "late");
    CHECK(verdict(Input::make_trade(77, 0, t, t, {5, 0}, one)) == "unknown_instrument");
    CHECK(verdict(Input::make_trade(0, 1, t, t, {5, 0}, one)) == "unknown_instrument");
    CHECK(verdict(Input::make_quote(0, 0, t, t, {102, 101, 1, 1}, 0, 0)) == "crossed_quote");
    CHECK(verdict(Input::make_quote(0, 0, t, t, {-1, 101, 1, 1}, 0, 0)) == "negative_price");
    CHECK(verdict(Input::make_quote(0, 0, t, t, {100, 103, 1, 1}, 0, 0)) == "wide_quote");
    CHECK(verdict(Input::make_quote(0, 0, t, t, {100, 101, 1, 1}, 0, 0)) == "taken");
    CHECK(verdict(Input::make_quote(0, 0, no_time, t, {0, 101, 1, 1}, 0, 0)) == "taken");
    CHECK(verdict(Input::make_trade(0, 0, no_time, t, {5, 0}, one)) == "taken");
}

TEST_CASE("history and prints that are not the last price move nothing") {
    const TimeNs t = test::market_open;
    for (const std::uint8_t flag : {history, not_last}) {
        Engine engine(test::small_config());
        std::vector<Input> inputs = {
            Input::make_trade(0, 0, t, t, {100, 0}, {1, 0}),
            Input::make_trade(0, 0, t, t, {100, 0}, {1, 0}),
            Input::make_trade(0, 0, t + ns_per_s, t + ns_per_s, {50, 0}, {1, 0}, 0, flag),
            Input::make_clock(t + 11 * ns_per_s),
        };
        const auto prices = all<PriceSampled>(run(engine, inputs, 1));
        REQUIRE_FALSE(prices.empty());
        for (const auto& price : prices) CHECK(to_double(price.price) == 100);
    }
}

TEST_CASE(
    "the second feed serves when the first goes down, and what lies between them is no move") {
    const TimeNs t = test::market_open;
    Engine engine(test::small_config());
    std::vector<Input> inputs;
    const auto trade = [&](int second, FeedId feed, std::int64_t price) {
        inputs.push_back(Input::make_trade(4, feed, t + second * ns_per_s, t + second * ns_per_s,
                                           {price, 0}, {1, 0}));
    };
    for (const int second : {1, 2}) {
        trade(second, 1, 100'000);
        trade(second, 2, 100'500);
    }
    trade(11, 1, 100'010);
    trade(12, 2, 100'510);
    inputs.push_back(Input::make_feed_status(1, t + 15 * ns_per_s, FeedState::down));
    trade(22, 2, 100'520);
    trade(32, 2, 100'620);
    inputs.push_back(Input::make_clock(t + 45 * ns_per_s));
    std::vector<PriceSampled> btc;
    for (const auto& price : all<PriceSampled>(run(engine, inputs, 3)))
        if (price.instrument == 4) btc.push_back(price);
    REQUIRE(btc.size() == 4);
    CHECK(to_double(btc[0].price) == 100'000);
    CHECK(to_double(btc[1].price) == 100'510);
    // Ten dollars on either venue; the half per cent between the two is none of it.
    CHECK(*btc[1].bar_return == Approx(std::log(100'510.0 / 100'500.0)));
    CHECK(*btc[2].bar_return == Approx(std::log(100'520.0 / 100'510.0)));
    CHECK(*btc[3].bar_return == Approx(std::log(100'620.0 / 100'520.0)));
}

TEST_CASE("one bad print at the end of a bar is not its price") {
    const TimeNs t = test::market_open;
    Engine engine(test::small_config());
    std::vector<Input> inputs;
    for (int i = 1; i <= 4; ++i)
        inputs.push_back(Input::make_trade(0, 0, t + i * ns_per_s, t + i * ns_per_s,
                                           {i == 4 ? 1 : 100 + i, 0}, {1, 0}));
    inputs.push_back(Input::make_clock(t + 11 * ns_per_s));
    const auto prices = all<PriceSampled>(run(engine, inputs, 1));
    REQUIRE(prices.size() == 1);
    CHECK(to_double(prices[0].price) == 102);
}

TEST_CASE("a pause of days closes no thousands of bars and time never runs back") {
    const TimeNs t = test::market_open;
    Engine engine(test::small_config());
    std::vector<Input> inputs = {Input::make_trade(0, 0, t, t, {100, 0}, {1, 0}),
                                 Input::make_clock(t + 30 * ns_per_day),
                                 Input::make_clock(t + 29 * ns_per_day),
                                 Input::make_clock(t + 30 * ns_per_day + 20 * ns_per_s)};
    const auto bars = all<BarClosed>(run(engine, inputs, 1));
    CHECK(bars.size() < 10);
    for (std::size_t i = 1; i < bars.size(); ++i) CHECK(bars[i].ts > bars[i - 1].ts);
}

TEST_CASE("a configuration that cannot work is refused in one sentence") {
    CHECK(check(test::small_config()).empty());
    const auto refused = [](auto change) {
        auto config = test::small_config();
        change(config);
        return !check(config).empty();
    };
    CHECK(refused([](auto& c) { c.targets.clear(); }));
    CHECK(refused([](auto& c) { c.targets.push_back(0); }));
    CHECK(refused([](auto& c) { c.source_group = 3; }));
    CHECK(refused([](auto& c) { c.universe.groups[0].members[0].weight = 0; }));
    CHECK(refused([](auto& c) { c.universe.groups[0].members[1].instrument = 0; }));
    CHECK(refused([](auto& c) { c.targets[1] = c.targets[0]; }));
    CHECK(refused([](auto& c) { c.bar = 0; }));
    CHECK(refused([](auto& c) { c.detector.exit_score = 0.9; }));
    CHECK(refused([](auto& c) { c.detector.enter_score = 1.2; }));
    CHECK(refused([](auto& c) { c.detector.source_fall = -1; }));
    CHECK(refused([](auto& c) { c.controls[0].sign = 0; }));
}

TEST_CASE("a closed market makes no price stale, and no group of it counts as alive") {
    // Friday evening in New York: 15 minutes of post-market are left, then the weekend.
    const TimeNs t = 1'738'371'600 * ns_per_s - 15 * ns_per_min;  // 2025-02-01T00:45:00Z
    Engine engine(test::small_config());
    std::vector<Input> inputs;
    const auto both_trade = [&](TimeNs ts) {
        inputs.push_back(Input::make_trade(0, 0, ts, ts, {100, 0}, {1, 0}));
        inputs.push_back(Input::make_trade(4, 1, ts, ts, {100'000, 0}, {1, 0}));
    };
    both_trade(t);
    both_trade(t);
    for (int minute = 1; minute <= 30; ++minute)
        inputs.push_back(Input::make_clock(t + minute * ns_per_min));
    const auto events = run(engine, inputs, 4);
    std::size_t stale_while_open = 0, stale_while_closed = 0, coin_stale = 0;
    for (const auto& price : all<PriceSampled>(events)) {
        if (price.instrument == 4) coin_stale += price.stale;
        if (price.instrument != 0) continue;
        (price.ts <= t + 15 * ns_per_min ? stale_while_open : stale_while_closed) += price.stale;
    }
    CHECK(stale_while_open > 70);  // silent for longer than 90 s of open time
    CHECK(stale_while_closed == 0);
    CHECK(coin_stale > 160);  // its market never closes
    for (const auto& measured : all<SelloffMeasured>(events))
        if (measured.series == 0 && measured.ts > t + 15 * ns_per_min)
            CHECK(measured.coverage == 0);
    CHECK(all<TargetAssessed>(events).back().suspended);
}

TEST_CASE(
    "a price of Friday is not stale on Monday until its market has been open for as long as its "
    "bound") {
    const TimeNs friday =
        1'738'371'600 * ns_per_s - 30 * ns_per_s;    // half a minute before the close
    const TimeNs monday = 1'738'573'200 * ns_per_s;  // 2025-02-03T09:00:00Z
    Engine engine(test::small_config());
    std::vector<Input> inputs = {Input::make_trade(0, 0, friday, friday, {100, 0}, {1, 0}),
                                 Input::make_trade(0, 0, friday, friday, {100, 0}, {1, 0}),
                                 Input::make_clock(monday + 61 * ns_per_s),
                                 Input::make_clock(monday + 121 * ns_per_s)};
    bool fresh_seen = false, stale_seen = false;
    for (const auto& price : all<PriceSampled>(run(engine, inputs, 1))) {
        if (price.ts > monday && price.ts <= monday + 60 * ns_per_s) fresh_seen |= !price.stale;
        if (price.ts > monday + 61 * ns_per_s) stale_seen |= price.stale;
        if (price.ts > monday && price.ts <= monday + 60 * ns_per_s) CHECK_FALSE(price.stale);
    }
    CHECK(fresh_seen);
    CHECK(stale_seen);
}

TEST_CASE("an alert soon after the start tells its falls over what there is") {
    // The slide is as old as the daemon: no horizon holds it with its whole history.
    test::MarketBuilder market(4);
    std::vector<Input> inputs;
    market.run(330, {}, inputs);
    market.run(260, {-0.040, -0.042, -0.035, -0.024, -0.045, -0.042, 0.0005, 0}, inputs);
    auto config = test::small_config();
    config.selloff_horizons.back() = 30 * ns_per_min;
    Engine engine(config);
    const auto told = episodes(run(engine, inputs, 64));
    REQUIRE_FALSE(told.empty());
    for (const auto& episode : told) {
        CHECK(episode->source_log_return);
        for (const EpisodeTarget& target : episode->targets) CHECK(target.log_return);
    }
}
