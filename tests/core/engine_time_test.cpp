// Time, order and doubtful prices, as the engine meets them.
#include "core/engine.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "tests/core/engine_events.hpp"
#include "tests/core/market_builder.hpp"

using namespace contagiond;
using namespace contagiond::core;
using test::all;
using test::Fingerprint;
using test::run;
using test::spillover_story;

namespace {

/// Trades of one price each second on every instrument's own feeds, so that windows fill.
struct Tape {
    std::vector<Input> inputs;
    TimeNs now = test::market_open;

    void trade(InstrumentId instrument, FeedId feed, double price, DurationNs delay = 0) {
        inputs.push_back(
            Input::make_trade(instrument, feed, now, now + delay,
                              {static_cast<std::int64_t>(std::llround(price * 100)), -2}, {1, 0}));
    }
    void clock() { inputs.push_back(Input::make_clock(now)); }
};

}  // namespace

TEST_CASE("a tick on its way is waited for, a later one changes nothing that was said") {
    const DurationNs delay = GENERATE(0, 300 * ns_per_ms, 900 * ns_per_ms);
    CAPTURE(delay);
    Tape tape;
    for (int i = 0; i < 9; ++i) {
        tape.now += ns_per_s;
        tape.trade(0, 0, 100);
    }
    // Just before the bar's end prices that arrive `delay` after they happened.
    for (const DurationNs before : {12, 11, 10}) {
        tape.now = test::market_open + 10 * ns_per_s - before * ns_per_ms;
        tape.trade(0, 0, 100.5, delay);
    }
    tape.now = test::market_open + 21 * ns_per_s;
    tape.clock();
    Engine engine(test::small_config());
    const auto events = run(engine, tape.inputs, 1);
    const auto prices = all<PriceSampled>(events);
    const auto late = all<TickLate>(events);
    REQUIRE(prices.size() == 2);
    if (delay <= 500 * ns_per_ms) {
        CHECK(late.empty());
        CHECK(to_double(prices[0].price) == 100.5);
    } else {
        REQUIRE(late.size() == 3);
        CHECK(late[2].behind == 10 * ns_per_ms);
        CHECK(to_double(prices[0].price) == 100);
        // It counts from now on, under its own time, and in no correlation.
        CHECK(to_double(prices[1].price) == 100.5);
        CHECK(prices[1].ts_price == test::market_open + 10 * ns_per_s - 10 * ns_per_ms);
    }
}

TEST_CASE("what was said of a bar does not depend on how ticks overtook each other") {
    const std::uint64_t seed = 31;
    test::Random random(seed);
    std::vector<Input> in_order = spillover_story(9);
    // Nine of ten ticks reach us up to 400 ms after they happened; the lateness is 500 ms. The
    // tenth comes at once, so that the way is known.
    std::vector<Input> jittered;
    for (Input input : in_order) {
        if (input.kind == InputKind::trade) {
            input.ts_exchange += 5 * ns_per_ms;
            input.ts_receive = input.ts_exchange;
        }
        jittered.push_back(input);
    }
    in_order = jittered;
    for (std::size_t i = 8; i < jittered.size(); ++i)
        if (jittered[i].kind == InputKind::trade && random.uniform() < 0.9)
            jittered[i].ts_receive += static_cast<DurationNs>(random.uniform() * 400e6);
    std::stable_sort(jittered.begin(), jittered.end(),
                     [](const Input& a, const Input& b) { return a.ts_receive < b.ts_receive; });
    const auto bars = [](std::span<const Input> inputs) {
        Engine engine(test::small_config());
        Fingerprint fingerprint;
        for (const Event& event : run(engine, inputs, 64)) std::visit(fingerprint, event);
        return fingerprint.text.str();
    };
    CHECK((bars(in_order) == bars(jittered)));
}

TEST_CASE("a burst that does not fit the queue loses no tick and no order") {
    // More ticks than can wait, all of the half second before the bar's end and told at its end.
    constexpr std::int64_t burst = 70'000;
    Tape tape;
    tape.now += 9 * ns_per_s;
    tape.trade(4, 1, 100'000);
    tape.trade(4, 1, 100'000);
    const TimeNs end = test::market_open + 10 * ns_per_s;
    const auto tell = [&](DurationNs before_end, std::int64_t mantissa) {
        tape.inputs.push_back(
            Input::make_trade(4, 1, end - before_end, end, {mantissa, -2}, {1, 0}));
    };
    for (std::int64_t i = 0; i < burst; ++i) tell(6 * (burst - i), 10'000'000 + i % 100);
    // Older than all that wait, younger than all that had to go: it is not behind any of them.
    tell(6 * 65'536 + 1, 10'000'000);
    for (int i = 3; i > 0; --i) tell(i, 10'005'000);
    tape.now = end + 20 * ns_per_s;
    tape.clock();
    Engine engine(test::small_config());
    const auto events = run(engine, tape.inputs, 512);
    CHECK(all<TickRejected>(events).empty());
    CHECK(all<TickLate>(events).empty());
    const auto prices = all<PriceSampled>(events);
    REQUIRE_FALSE(prices.empty());
    CHECK(prices.front().ts == end);
    CHECK(to_double(prices.front().price) == 100'050);
}

TEST_CASE("when our own clock is set, what comes after it is on time") {
    const DurationNs step = GENERATE(3 * ns_per_s, -3 * ns_per_s);
    CAPTURE(step);
    Tape tape;
    DurationNs ahead = 0;  // of our clock
    for (int i = 0; i < 600; ++i) {
        tape.now += ns_per_s;
        if (i == 300) {
            ahead = step;
            tape.inputs.push_back(Input::make_clock_step(tape.now + ahead, step));
        }
        Input input = Input::make_trade(4, 1, tape.now, tape.now + ahead + 20 * ns_per_ms,
                                        {100'000, 0}, {1, 0});
        tape.inputs.push_back(input);
    }
    Engine engine(test::small_config());
    const auto events = run(engine, tape.inputs, 16);
    // What was waiting when the clock went back has been overtaken.
    CHECK(all<TickRejected>(events).size() <= 1);
    std::size_t late = 0;
    for (const auto& tick : all<TickLate>(events))
        late += tick.ts > test::market_open + 306 * ns_per_s;
    CHECK(late == 0);
    const auto prices = all<PriceSampled>(events);
    REQUIRE_FALSE(prices.empty());
    CHECK(prices.back().ts - prices.back().ts_price < 2 * ns_per_s);
}

TEST_CASE("a night is no return of ticks") {
    const TimeNs close = 1'738'026'000 * ns_per_s;  // 2025-01-28T01:00:00Z, the post-market's end
    Tape tape;
    test::Random random(17);
    double nvda = 140, btc = 100'000;
    const auto run_for = [&](int seconds, bool stocks) {
        for (int s = 0; s < seconds; ++s) {
            tape.now += ns_per_s;
            const double common = 3e-4 * random.normal();
            nvda *= 1 + common;
            btc *= 1 + common;
            if (stocks) tape.trade(0, 0, nvda);
            tape.trade(4, 1, btc);
        }
    };
    tape.now = close - 20 * ns_per_min;
    run_for(20 * 60 - 1, true);
    // Overnight they part, by far more than they move in a morning.
    nvda *= 0.95;
    btc *= 1.02;
    tape.now = close + 8 * ns_per_hour - 10 * ns_per_min;
    run_for(10 * 60, false);
    run_for(10 * 60, true);
    Engine engine(test::small_config());
    std::optional<double> last;
    for (const auto& rho : all<TickCorrelationMeasured>(run(engine, tape.inputs, 64)))
        if (rho.source == 0 && rho.target == 4) last = rho.value;
    REQUIRE(last);
    CHECK(*last > 0.8);
}

TEST_CASE("a crash on every venue is believed within a second, a fat finger never") {
    Tape tape;
    const auto second = [&](double btc, double btc_2) {
        tape.now += ns_per_s / 4;
        tape.trade(4, 1, btc);
        tape.now += ns_per_s / 4;
        tape.trade(4, 2, btc_2);
        tape.now += ns_per_s / 2;
    };
    for (int i = 0; i < 60; ++i) second(100'000, 100'200);
    SECTION("one print") {
        tape.trade(4, 1, 31.5);
        for (int i = 0; i < 30; ++i) second(100'000, 100'200);
        tape.clock();
        Engine engine(test::small_config());
        const auto events = run(engine, tape.inputs, 16);
        std::size_t outliers = 0;
        for (const auto& rejected : all<TickRejected>(events))
            outliers += rejected.reason == RejectReason::outlier;
        CHECK(outliers == 1);
        for (const auto& price : all<PriceSampled>(events))
            CHECK(std::abs(price.return_since_open) < 1e-9);
    }
    SECTION("everywhere") {
        for (int i = 0; i < 2; ++i) second(65'000, 65'130);
        tape.now += 9 * ns_per_s;
        tape.clock();
        Engine engine(test::small_config());
        const auto prices = all<PriceSampled>(run(engine, tape.inputs, 16));
        REQUIRE_FALSE(prices.empty());
        CHECK(prices.back().return_since_open == Approx(std::log(0.65)));
    }
}

TEST_CASE("two venues that disagree leave the price in doubt, and it says so") {
    Tape tape;
    double drift = 0;
    for (int i = 0; i < 1200; ++i) {
        tape.now += ns_per_s;
        tape.trade(4, 1, 100'000);
        // The second venue slides away by 3 % within five minutes, too smoothly to be a jump.
        if (i >= 600 && i < 900) drift += 0.03 / 300;
        tape.trade(4, 2, 100'200 * (1 - drift));
        for (InstrumentId i2 = 0; i2 < 4; ++i2) tape.trade(i2, 0, 50);
    }
    Engine engine(test::small_config());
    const auto events = run(engine, tape.inputs, 64);
    const auto diverged = all<PriceDiverged>(events);
    REQUIRE_FALSE(diverged.empty());
    CHECK(diverged.front().feed == 2);
    CHECK(diverged.front().diverged);
    CHECK(*diverged.front().ratio < -0.0075);
    bool tainted = false;
    for (const auto& price : all<PriceSampled>(events)) {
        if (price.instrument != 4) continue;
        CHECK(std::abs(price.return_since_open) < 1e-9);  // it did not move the price
        CHECK(price.feeds_fresh == 2);
        tainted |= price.taint == taint_bit(TaintCause::divergence) && price.feeds_agreeing == 1;
    }
    CHECK(tainted);
}

TEST_CASE("an overnight gap is a return of its own kind and in no correlation") {
    // New York's post-market closes at 01:00 UTC and opens at 09:00.
    const TimeNs close = 1'738'026'000 * ns_per_s;  // 2025-01-28T01:00:00Z
    Tape tape;
    tape.now = close - 20 * ns_per_min;
    test::Random random(3);
    double nvda = 140, btc = 100'000;
    const auto run_for = [&](int seconds, bool stocks) {
        for (int s = 0; s < seconds; ++s) {
            tape.now += ns_per_s;
            nvda *= 1 + 1e-4 * random.normal();
            btc *= 1 + 1e-4 * random.normal();
            if (stocks) tape.trade(0, 0, nvda);
            tape.trade(4, 1, btc);
        }
    };
    run_for(20 * 60 - 1, true);
    tape.now = close + 8 * ns_per_hour;
    nvda *= 0.9;
    run_for(300, true);
    Engine engine(test::small_config());
    const auto events = run(engine, tape.inputs, 64);
    std::size_t gaps = 0;
    for (const auto& price : all<PriceSampled>(events)) {
        if (price.instrument != 0 || !price.bar_return) continue;
        if (price.return_kind == ReturnKind::gap) {
            ++gaps;
            CHECK(*price.bar_return == Approx(std::log(0.9)).margin(0.01));
        } else {
            CHECK(std::abs(*price.bar_return) < 0.01);
        }
    }
    CHECK(gaps == 1);
    // Nor in a statistic of ticks: a night's move against a night of the coin would be all of it.
    std::size_t told = 0;
    for (const auto& rho : all<TickCorrelationMeasured>(events)) {
        if (rho.source != 0 || rho.target != 4 || rho.ts <= close + 8 * ns_per_hour || !rho.value)
            continue;
        ++told;
        CHECK(std::abs(*rho.value) < 0.5);
    }
    CHECK(told > 20);
    for (const auto& rho : all<CorrelationMeasured>(events)) {
        if (rho.source != 0 || rho.target != 4 || rho.ts <= close + ns_per_hour) continue;
        // Rows of this morning only: the night had none, and the gap is none.
        const DurationNs since = rho.ts - (close + 8 * ns_per_hour);
        CHECK(rho.effective_samples <= std::max<DurationNs>(0, since / (10 * ns_per_s)));
    }
}

TEST_CASE("whatever makes data doubtful is named, with the windows it touches") {
    Tape tape;
    const auto seconds = [&](int count, bool nvda, DurationNs ahead = 0) {
        for (int i = 0; i < count; ++i) {
            tape.now += ns_per_s;
            if (nvda) tape.trade(0, 0, 100);
            tape.inputs.push_back(
                Input::make_trade(4, 1, tape.now + ahead, tape.now, {100'000, 0}, {1, 0}));
        }
    };
    seconds(300, true);
    const TimeNs marked = tape.now;
    const auto taint_of = [&](InstrumentId instrument) {
        Engine engine(test::small_config());
        TaintCauses causes = 0;
        for (const Event& event : run(engine, tape.inputs, 64)) {
            if (const auto* price = std::get_if<PriceSampled>(&event);
                price && price->instrument == instrument && price->ts > marked)
                causes = static_cast<TaintCauses>(causes | price->taint);
            if (const auto* rho = std::get_if<CorrelationMeasured>(&event);
                rho && rho->source == 0 && rho->target == 4 && rho->ts < marked)
                CHECK_FALSE(rho->tainted);
        }
        return causes;
    };
    SECTION("silence while the market is open") {
        seconds(300, false);
        CHECK(taint_of(0) == taint_bit(TaintCause::stale));
        CHECK(taint_of(4) == 0);
    }
    SECTION("a hole") {
        tape.inputs.push_back(Input::make_gap(1, 4, tape.now, GapBody{}));
        seconds(60, true);
        CHECK(taint_of(4) == taint_bit(TaintCause::gap));
        CHECK(taint_of(0) == 0);
    }
    SECTION("our clock jumps: all of it is in doubt") {
        tape.inputs.push_back(Input::make_clock_step(tape.now, ns_per_s));
        seconds(60, true);
        CHECK(taint_of(4) == taint_bit(TaintCause::clock));
        CHECK(taint_of(0) == taint_bit(TaintCause::clock));
    }
    SECTION("a venue's clock runs ten seconds ahead of ours") {
        seconds(60, true, 10 * ns_per_s);
        CHECK(taint_of(4) == taint_bit(TaintCause::clock));
        CHECK(taint_of(0) == 0);
    }
    SECTION("frames come, and their price stands still") {
        // A coin's price lives for 40 minutes, then one value is all that comes.
        for (int i = 0; i < 40 * 60; ++i) {
            tape.now += ns_per_s;
            tape.trade(0, 0, 100);
            tape.trade(4, 1, 100'000);
            tape.trade(5, 1, 3'000 + i / 2 % 7);
        }
        for (int i = 0; i < 6 * 60; ++i) {
            tape.now += ns_per_s;
            tape.trade(0, 0, 100);
            tape.trade(4, 1, 100'000);
            tape.trade(5, 1, 3'000);
        }
        CHECK(taint_of(5) == taint_bit(TaintCause::frozen));
        CHECK(taint_of(4) == 0);  // it has never moved: that is its habit
        CHECK(taint_of(0) == 0);
    }
    SECTION("nothing is wrong") {
        seconds(60, true);
        CHECK(taint_of(0) == 0);
        CHECK(taint_of(4) == 0);
    }
}

TEST_CASE("a feed that is a quarter of an hour behind is named, from its first tick on") {
    const int live_seconds = GENERATE(0, 300);
    CAPTURE(live_seconds);
    Tape tape;
    for (int i = 0; i < 1800; ++i) {
        tape.now += ns_per_s;
        tape.inputs.push_back(
            Input::make_trade(0, 0, i < live_seconds ? tape.now : tape.now - 15 * ns_per_min,
                              tape.now, {100 + i % 3, 0}, {1, 0}));
        tape.trade(4, 1, 100'000 + i % 3);
    }
    Engine engine(test::small_config());
    std::size_t told = 0;
    for (const PriceSampled& price : all<PriceSampled>(run(engine, tape.inputs, 64))) {
        if (price.ts < test::market_open + 600 * ns_per_s) continue;
        if (price.instrument == 0) {
            ++told;
            CHECK(price.stale);
            CHECK(price.taint == taint_bit(TaintCause::stale));
            CHECK(price.feeds_fresh == 0);
            CHECK(price.ts - price.ts_price >= 5 * ns_per_min);
        }
        if (price.instrument == 4) CHECK(price.taint == 0);
    }
    CHECK(told > 100);
}

TEST_CASE("stale members keep no episode from opening while most of the group speaks") {
    // One name of weight 0.3 is silent: seen and told, but no reason to doubt the fall of the rest.
    test::MarketBuilder market(2);
    std::vector<Input> inputs;
    const double nan = std::nan("");
    market.run(900, {}, inputs);
    market.run(300, {nan}, inputs);
    market.run(60, {nan, -0.012, -0.010, -0.006}, inputs);
    market.run(300, {nan, -0.042, -0.035, -0.018, -0.035, -0.032, 0.0005, 0}, inputs);
    Engine engine(test::small_config());
    const auto told = test::episodes(run(engine, inputs, 64));
    REQUIRE_FALSE(told.empty());
    CHECK_FALSE(told.front()->degraded);
    CHECK(told.front()->stale == std::vector<InstrumentId>{0});
}

TEST_CASE(
    "a price that is printed in a bar is its price, however long the bar and short the bound") {
    auto config = test::small_config();
    config.bar = 5 * ns_per_min;
    config.correlation_windows = {ns_per_hour};
    config.selloff_horizons = {10 * ns_per_min, 30 * ns_per_min};
    config.universe.instruments[0].staleness_bound = 90 * ns_per_s;
    Tape tape;
    double price = 100;
    for (int bar = 0; bar < 6; ++bar) {
        tape.now += ns_per_min;
        price *= 1.01;
        tape.trade(0, 0, price);
        tape.now += ns_per_s;
        tape.trade(0, 0, price);
        tape.now += 4 * ns_per_min - ns_per_s;
    }
    tape.now += ns_per_s;
    tape.clock();
    Engine engine(config);
    const auto prices = all<PriceSampled>(run(engine, tape.inputs, 1));
    REQUIRE(prices.size() == 6);
    for (std::size_t i = 1; i < prices.size(); ++i) {
        CHECK_FALSE(prices[i].stale);
        REQUIRE(prices[i].bar_return);
        CHECK(*prices[i].bar_return == Approx(std::log(1.01)).margin(2e-4));
    }
}

TEST_CASE("a print of a feed that is down by the bar's end is no return of zero") {
    Tape tape;
    const auto bar = [&](double price, bool goes_down) {
        for (int i = 0; i < 9; ++i) {
            tape.now += ns_per_s;
            tape.trade(0, 0, price);
        }
        tape.now += ns_per_s / 2;
        if (goes_down) tape.inputs.push_back(Input::make_feed_status(0, tape.now, FeedState::down));
        tape.now += ns_per_s / 2;
    };
    bar(100, false);
    bar(100, false);
    bar(101, true);
    // Back after the bar was closed, which is half a second after its end.
    tape.inputs.push_back(Input::make_feed_status(0, tape.now + 600 * ns_per_ms, FeedState::up));
    bar(101, false);
    tape.now += ns_per_s;
    tape.clock();
    Engine engine(test::small_config());
    const auto prices = all<PriceSampled>(run(engine, tape.inputs, 1));
    REQUIRE(prices.size() == 4);
    CHECK_FALSE(prices[2].bar_return);
    REQUIRE(prices[3].bar_return);
    CHECK(*prices[3].bar_return == Approx(std::log(1.01)));
    CHECK(prices[3].return_kind == ReturnKind::catch_up);
}

TEST_CASE("the bar that ends when its market closes belongs to the open hours") {
    const TimeNs close = 1'738'026'000 * ns_per_s;  // 2025-01-28T01:00:00Z, 20:00 in New York
    Tape tape;
    tape.now = close - ns_per_min;
    double price = 100;
    for (int s = 0; s < 60; ++s) {
        tape.now += ns_per_s;
        price *= 0.9995;
        for (InstrumentId i = 0; i < 4; ++i) tape.trade(i, 0, price);
    }
    tape.now += 30 * ns_per_s;
    tape.clock();
    Engine engine(test::small_config());
    const auto config = test::small_config();
    bool seen = false;
    for (const auto& fall : all<SelloffMeasured>(run(engine, tape.inputs, 1))) {
        if (fall.series != config.universe.group_series(0)) continue;
        if (fall.ts == close) {
            seen = true;
            CHECK(fall.coverage == 1);
        }
        if (fall.ts > close) CHECK(fall.coverage == 0);
    }
    CHECK(seen);
}
