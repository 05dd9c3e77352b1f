#include "core/sampler.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <vector>

#include "tests/support/allocations.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

constexpr TimeNs start = 1'737'988'200 * ns_per_s;  // 2025-01-27T14:30:00Z, New York opens
constexpr DurationNs bar = 10 * ns_per_s;
constexpr InstrumentId coin = 0, stock = 1, orphan = 2;

Universe desk_universe() {
    Universe universe;
    universe.instruments = {{"BTC-USD", AssetClass::crypto, Market::always, 90 * ns_per_s},
                            {"NVDA", AssetClass::equity, Market::us_equities, 90 * ns_per_s},
                            {"NONE", AssetClass::equity, Market::us_equities, 90 * ns_per_s}};
    universe.feeds = {{"a", "binance_spot", {coin, stock}},
                      {"b", "coinbase_exchange", {coin}},
                      {"c", "kraken_spot", {coin}}};
    return universe;
}

/// A sampler, the time, and what it has said.
struct Desk {
    explicit Desk(Universe u = desk_universe())
        : universe(std::move(u)), sampler(universe, bar), samples(universe.instruments.size()) {}

    std::optional<RejectReason> take(const Input& input, TimeNs ts_event, bool late = false) {
        const auto refused = sampler.take(input, ts_event, late);
        stream.insert(stream.end(), sampler.stream().begin(), sampler.stream().end());
        return refused;
    }
    std::optional<RejectReason> trade(FeedId feed, double price, TimeNs ts_event,
                                      InstrumentId instrument = coin, bool late = false) {
        return take(Input::make_trade(instrument, feed, ts_event, ts_event, decimal(price), {1, 0}),
                    ts_event, late);
    }
    std::optional<RejectReason> quote(FeedId feed, double bid, double ask, TimeNs ts_event) {
        const QuoteBody body{decimal(bid).mantissa, decimal(ask).mantissa, 1, 1};
        return take(Input::make_quote(coin, feed, ts_event, ts_event, body, -2, 0), ts_event);
    }
    const Sample& close(TimeNs ts, InstrumentId instrument = coin) {
        sampler.close_bar(ts, samples);
        stream.insert(stream.end(), sampler.stream().begin(), sampler.stream().end());
        return samples[instrument];
    }
    static Decimal decimal(double price) {
        return {static_cast<std::int64_t>(std::llround(price * 100)), -2};
    }

    const Universe universe;
    Sampler sampler;
    std::vector<Sample> samples;
    std::vector<StreamTick> stream;
};

}  // namespace

TEST_CASE("an instrument that no feed delivers has no price, and nobody else's ticks",
          "[sampler]") {
    Desk desk;
    CHECK(desk.trade(0, 100, start, orphan) == RejectReason::unknown_instrument);
    CHECK(desk.trade(0, 100, start, 3) == RejectReason::unknown_instrument);
    CHECK(desk.trade(0, 100, start, no_id) == RejectReason::unknown_instrument);
    CHECK(desk.trade(7, 100, start) == RejectReason::unknown_instrument);
    CHECK(desk.trade(1, 100, start, stock) == RejectReason::unknown_instrument);
    const Sample& sample = desk.close(start + bar, orphan);
    CHECK_FALSE(sample.has_price);
    CHECK_FALSE(sample.alive);
    CHECK(sample.open);
    CHECK(desk.sampler.feed_count(orphan) == 0);
    CHECK(desk.sampler.current_feed(orphan) == no_id);

    Universe none = desk_universe();
    none.feeds.clear();
    Desk deaf(none);
    CHECK(deaf.trade(0, 100, start) == RejectReason::unknown_instrument);
    CHECK_FALSE(deaf.close(start + bar).has_price);
}

TEST_CASE("a feed that names an instrument twice delivers it once", "[sampler]") {
    Universe universe = desk_universe();
    universe.feeds[0].instruments = {coin, coin, stock};
    Desk desk(universe);
    for (int s = 1; s <= 9; ++s) desk.trade(0, 100 + s, start + s * ns_per_s);
    const Sample& sample = desk.close(start + bar);
    CHECK(sample.feeds_fresh == 1);
    CHECK(sample.feeds_agreeing == 1);
    CHECK(to_double(sample.price) == 108);  // the middle of the last three
}

TEST_CASE("quotes alone make a price, a one-sided or empty book makes none", "[sampler]") {
    Desk desk;
    CHECK_FALSE(desk.quote(0, 99, 101, start + 1 * ns_per_s));
    CHECK_FALSE(desk.quote(0, 99.5, 101, start + 2 * ns_per_s));
    CHECK_FALSE(desk.quote(0, 0, 101, start + 3 * ns_per_s));
    CHECK_FALSE(desk.quote(0, 99, 0, start + 4 * ns_per_s));
    CHECK_FALSE(desk.quote(0, 0, 0, start + 5 * ns_per_s));
    CHECK(desk.quote(0, 102, 101, start + 6 * ns_per_s) == RejectReason::crossed_quote);
    CHECK(desk.quote(0, 90, 110, start + 7 * ns_per_s) == RejectReason::wide_quote);
    CHECK(desk.quote(0, -1, 0, start + 8 * ns_per_s) == RejectReason::negative_price);
    const Sample& sample = desk.close(start + bar);
    REQUIRE(sample.has_price);
    CHECK(to_double(sample.price) == 100.25);
    CHECK(sample.ts_price == start + 2 * ns_per_s);
    CHECK(sample.alive);

    // A book with one side says nothing of the price, so it does not keep it fresh either.
    for (int b = 1; b <= 12; ++b) {
        desk.quote(0, 0, 101, start + b * bar + ns_per_s);
        desk.close(start + (b + 1) * bar);
    }
    CHECK(desk.samples[coin].stale);
}

TEST_CASE("a feed's quotes are its price only after its trades have fallen silent", "[sampler]") {
    Desk desk;
    TimeNs ts = start;
    for (int s = 0; s < 20; ++s) {
        ts += ns_per_s;
        desk.trade(0, 100, ts);
        desk.quote(0, 100.4, 100.6, ts);
    }
    CHECK(to_double(desk.close(start + 2 * bar).price) == 100);
    const std::size_t trades = desk.stream.size();
    for (int b = 2; b < 12; ++b) {
        for (int s = 0; s < 10; ++s) desk.quote(0, 100.4, 100.6, ts += ns_per_s);
        desk.close(start + (b + 1) * bar);
    }
    CHECK(to_double(desk.samples[coin].price) == 100.5);
    REQUIRE(desk.stream.size() > trades);
    // Half a dollar between trades and quotes is no move.
    CHECK(desk.stream[trades].restarts);
    CHECK(desk.stream[trades].price == 100.5);
    CHECK(desk.stream[trades].ts > start + 20 * ns_per_s + 90 * ns_per_s);
    CHECK_FALSE(desk.stream[trades + 1].restarts);
}

TEST_CASE("one stamp of the far future does not make what follows late", "[sampler]") {
    Desk desk;
    const auto stamped = [&](double price, TimeNs ts_exchange, TimeNs ts_receive) {
        return desk.take(
            Input::make_trade(coin, 0, ts_exchange, ts_receive, Desk::decimal(price), {1, 0}),
            ts_receive);
    };
    CHECK_FALSE(stamped(100, start, start));
    CHECK_FALSE(stamped(100, start + 30 * ns_per_day, start + ns_per_s));
    CHECK_FALSE(stamped(101, start + 2 * ns_per_s, start + 2 * ns_per_s));
    CHECK(stamped(102, start + ns_per_s, start + 3 * ns_per_s) == RejectReason::late);
    CHECK(to_double(desk.close(start + bar).price) == 100);
    CHECK(desk.samples[coin].ts_price == start + 2 * ns_per_s);
}

TEST_CASE("a delayed feed beside a live one is refused, and its price is not called fresh",
          "[sampler]") {
    const DurationNs delay = GENERATE(91 * ns_per_s, 15 * ns_per_min);
    Desk desk;
    std::size_t refused = 0;
    for (int s = 1; s <= 100; ++s) {
        const TimeNs ts = start + s * ns_per_s;
        desk.trade(1, 100, ts);
        // Preferred, and of a time when the price was another: it must not be heard now.
        const auto reason = desk.trade(0, 103, ts - delay, coin, true);
        refused += reason == RejectReason::late;
        if (s % 10 == 0) {
            const Sample& sample = desk.close(ts);
            CHECK(to_double(sample.price) == 100);
            CHECK(sample.feed == 1);
            CHECK(sample.feeds_fresh == 1);
            CHECK_FALSE(sample.undecided);
        }
    }
    CHECK(refused == 100);

    SECTION("alone it is heard, and old") {
        Desk alone;
        for (int s = 1; s <= 10; ++s)
            CHECK_FALSE(alone.trade(0, 103, start + s * ns_per_s - delay, coin, true));
        CHECK_FALSE(alone.close(start + bar).has_price);
    }
}

TEST_CASE("a delayed feed does not hold up a crash that a live one tells of", "[sampler]") {
    Desk desk;
    const DurationNs delay = 15 * ns_per_min;
    TimeNs ts = start;
    for (int s = 0; s < 60; ++s) {
        ts += ns_per_s;
        desk.trade(0, 100, ts);
        desk.trade(1, 100, ts - delay, coin, true);
    }
    desk.close(start + 60 * ns_per_s);
    for (int i = 0; i < 8; ++i) {
        ts += ns_per_s / 4;
        desk.trade(0, 94, ts);
        desk.trade(1, 100, ts - delay, coin, true);
    }
    CHECK(to_double(desk.close(start + 70 * ns_per_s).price) == 94);
}

TEST_CASE("a print that comes late keeps its own time", "[sampler]") {
    Desk desk;
    for (int s = 1; s <= 5; ++s) {
        desk.trade(0, 100, start + s * ns_per_s);
        desk.trade(1, 100, start + s * ns_per_s);
    }
    desk.close(start + bar);
    desk.trade(0, 100, start + bar + ns_per_s);
    // Of a bar that is closed; the other feed has told a later time meanwhile.
    CHECK_FALSE(desk.trade(1, 100.2, start + 9 * ns_per_s, coin, true));
    const Sample& sample = desk.close(start + 2 * bar);
    CHECK(sample.ts_price == start + bar + ns_per_s);
    REQUIRE(sample.bar_return);
    CHECK_FALSE(sample.synchronous);
    // Its age is counted from when it happened: 90 s later it is gone, the other is not.
    const Sample& later = desk.close(start + 100 * ns_per_s);
    CHECK(later.feeds_fresh == 1);
}

TEST_CASE("what a late print releases is not late itself", "[sampler]") {
    Desk desk;
    for (int s = 1; s <= 5; ++s) {
        desk.trade(0, 100, start + s * ns_per_s);
        desk.trade(1, 100, start + s * ns_per_s);
    }
    desk.close(start + bar);
    REQUIRE(desk.sampler.current_feed(coin) == 0);
    desk.stream.clear();
    // A fall of 3 % is held until the other feed confirms it, which it does with a late print.
    desk.trade(0, 97, start + bar + 200 * ns_per_ms);
    CHECK(desk.stream.empty());
    desk.trade(1, 97, start + bar - 100 * ns_per_ms, coin, true);
    REQUIRE(desk.stream.size() == 1);
    CHECK(desk.stream[0].price == 97);
    CHECK(desk.stream[0].ts == start + bar + 200 * ns_per_ms);
}

TEST_CASE("the stream begins anew after a night or an outage, not after a pause", "[sampler]") {
    const auto [pause, restarts] = GENERATE(table<DurationNs, bool>({{60 * ns_per_s, false},
                                                                     {300 * ns_per_s, false},
                                                                     {301 * ns_per_s, true},
                                                                     {8 * ns_per_hour, true}}));
    CAPTURE(pause);
    Desk desk;
    TimeNs ts = start;
    desk.trade(0, 100, ts);
    desk.trade(0, 100, ts += ns_per_s);
    desk.close(start + bar);
    desk.trade(0, 100, ts += ns_per_s);
    ts += pause;
    desk.trade(0, 100.5, ts);
    desk.trade(0, 100.6, ts + ns_per_s);
    REQUIRE(desk.stream.size() == 3);
    CHECK(desk.stream[0].restarts);
    CHECK(desk.stream[1].restarts == restarts);
    CHECK_FALSE(desk.stream[2].restarts);
}

TEST_CASE(
    "a feed that is down for hours leaves the price to the others and comes back without a jump",
    "[sampler]") {
    Desk desk;
    TimeNs ts = start;
    double path = 0;
    const auto run = [&](int bars, bool first, double price) {
        for (int b = 0; b < bars; ++b) {
            for (int i = 0; i < 5; ++i) {
                ts += 2 * ns_per_s;
                if (first) desk.trade(0, price, ts);
                desk.trade(1, price * 1.002, ts);
            }
            const Sample& sample = desk.close(ts);
            path = sample.return_since_open;
            CHECK_FALSE(sample.stale);
            CHECK(sample.feed == (first ? sample.feed : 1));
        }
    };
    run(12, true, 100);
    CHECK(desk.sampler.current_feed(coin) == 0);
    desk.sampler.set_feed_state(0, FeedState::down);
    run(3, false, 100);
    run(3 * 360, false, 98);
    CHECK(path == Approx(std::log(0.98)).margin(2e-4));
    desk.sampler.set_feed_state(0, FeedState::up);
    run(60, true, 98);
    CHECK(path == Approx(std::log(0.98)).margin(2e-4));
    CHECK(desk.samples[coin].feeds_agreeing == 2);
    desk.sampler.set_feed_state(17, FeedState::down);  // no such feed
}

TEST_CASE("what a return covers tells its kind", "[sampler]") {
    Desk desk;
    TimeNs ts = start;
    const auto print = [&](double price) {
        desk.trade(0, price, ts + ns_per_s);
        desk.trade(0, price, ts + 2 * ns_per_s);
        ts += bar;
        return desk.close(ts);
    };
    const auto silent = [&](int bars) {
        for (int b = 0; b < bars; ++b) {
            ts += bar;
            CHECK_FALSE(desk.close(ts).bar_return);
        }
    };
    CHECK_FALSE(print(100).linked);
    CHECK(print(100.5).kind == ReturnKind::bar);
    CHECK(desk.samples[coin].synchronous);
    silent(3);
    const Sample caught_up = print(101);
    CHECK(caught_up.kind == ReturnKind::catch_up);
    CHECK(caught_up.elapsed == 4);
    CHECK_FALSE(caught_up.synchronous);
    CHECK(*caught_up.bar_return == Approx(std::log(101 / 100.5)));
    silent(29);
    CHECK(print(101).kind == ReturnKind::catch_up);  // 300 s: the bound itself is no gap yet
    silent(30);
    const Sample gap = print(102);
    CHECK(gap.kind == ReturnKind::gap);
    CHECK(gap.elapsed == 31);
}

TEST_CASE("times that run backwards change no order and no bar", "[sampler]") {
    const std::uint64_t seed = 77;
    INFO("seed " << seed);
    test::Random random(seed);
    Desk desk;
    TimeNs ts = start;
    for (int b = 1; b <= 50; ++b) {
        for (int i = 0; i < 30; ++i) {
            ts += static_cast<DurationNs>(random.below(600'000'000));
            const TimeNs back = static_cast<DurationNs>(random.below(3)) * ns_per_s;
            const auto feed = static_cast<FeedId>(random.below(3));
            const double price = 100 * (1 + 0.02 * (random.uniform() - 0.5));
            // No stamp of the venue: only the event time is there, and it jumps to and fro.
            desk.take(Input::make_trade(coin, feed, no_time, ts, Desk::decimal(price), {1, 0}),
                      ts - back, back > ns_per_s);
        }
        const Sample& sample = desk.close(ts);
        if (b > 1) CHECK(sample.has_price);
        CHECK(sample.ts_price <= ts);
        CHECK(std::abs(sample.return_since_open) < 0.05);
    }
    REQUIRE(desk.stream.size() > 100);
    for (std::size_t i = 1; i < desk.stream.size(); ++i)
        CHECK(desk.stream[i].ts >= desk.stream[i - 1].ts);
}

TEST_CASE("a sampler of sixty thousand instruments stays small", "[sampler]") {
    const auto held = [](std::size_t instruments) {
        Universe universe;
        universe.instruments.resize(instruments);
        universe.feeds = {{"a", "v", {}}};
        for (std::size_t i = 0; i < instruments; ++i)
            universe.feeds[0].instruments.push_back(static_cast<InstrumentId>(i));
        const test::AllocationCount count;
        Sampler sampler(universe, bar);
        std::vector<Sample> samples(instruments);
        const auto last = static_cast<InstrumentId>(instruments - 1);
        for (int s = 1; s <= 3; ++s)
            CHECK_FALSE(sampler.take(Input::make_trade(last, 0, start + s * ns_per_s,
                                                       start + s * ns_per_s, {100, 0}, {1, 0}),
                                     start + s * ns_per_s, false));
        sampler.close_bar(start + bar, samples);
        CHECK(samples[last].has_price);
        CHECK_FALSE(samples[0].has_price);
        return count.live_bytes();
    };
    const double each = static_cast<double>(held(60'000) - held(1'000)) / 59'000;
    CHECK(each < 3'200);
}

namespace {

/// Feeds a and b trade each second, at prices of their own.
template <typename A, typename B>
void trade_both(Desk& desk, TimeNs& ts, int seconds, A a, B b,
                const std::function<void(const Sample&)>& each = {}) {
    for (int s = 0; s < seconds; ++s) {
        ts += ns_per_s;
        desk.trade(0, a(s), ts);
        desk.trade(1, b(s), ts);
        if ((ts - start) % bar != 0) continue;
        const Sample& sample = desk.close(ts);
        if (each) each(sample);
    }
}

double living(int s) {
    return 1000 + 0.01 * (s % 5);
}

}  // namespace

TEST_CASE("of two feeds the one that lives is the price, and the frozen one is told of",
          "[sampler]") {
    Desk desk;
    TimeNs ts = start;
    trade_both(desk, ts, 3600, living, [](int s) { return living(s / 2) + 1; });
    CHECK(desk.samples[coin].feeds_agreeing == 2);
    // The preferred feed stops at a value, and the market falls by 2 % in ten minutes, later.
    trade_both(
        desk, ts, 600, [](int) { return 1000.0; }, [](int s) { return living(s) + 1; });
    CHECK(desk.samples[coin].feeds_fresh == 1);
    CHECK_FALSE(desk.samples[coin].frozen);
    const double before = desk.samples[coin].return_since_open;
    bool was_told = false;
    const auto fall = [](int s) { return living(s) + 1 - 20.02 * std::min(1.0, s / 600.0); };
    trade_both(
        desk, ts, 1800, [](int) { return 1000.0; }, fall,
        [&](const Sample& sample) {
            CHECK_FALSE(sample.undecided);
            CHECK_FALSE(sample.frozen);
            CHECK(sample.feed == 1);
            was_told = was_told || desk.sampler.divergence(coin, 0).diverged;
        });
    CHECK(was_told);
    CHECK(desk.sampler.divergence(coin, 0).ratio.value() == Approx(0.0204).margin(0.0005));
    const double fallen = desk.samples[coin].return_since_open;
    CHECK(fallen - before == Approx(std::log(981. / 1001)).margin(1e-4));
    // It comes back to life where the market is: nothing has happened.
    trade_both(
        desk, ts, 60, [](int s) { return living(s) - 20; },
        [&](int s) { return living(s) - 19.02; });
    CHECK(desk.samples[coin].feeds_agreeing == 2);
    CHECK_FALSE(desk.sampler.divergence(coin, 0).diverged);
    CHECK(desk.samples[coin].return_since_open - fallen == Approx(0).margin(1e-4));
}

TEST_CASE("a price is frozen when none of its fresh feeds lives, in its market's hours",
          "[sampler]") {
    Desk desk;
    TimeNs ts = start;
    trade_both(desk, ts, 3600, living, living);
    trade_both(
        desk, ts, 600, [](int) { return 1000.0; }, [](int) { return 1000.0; });
    CHECK(desk.samples[coin].frozen);
    CHECK_FALSE(desk.samples[coin].stale);
    CHECK(desk.samples[coin].has_price);
    CHECK_FALSE(desk.samples[stock].frozen);
    trade_both(desk, ts, 10, living, [](int) { return 1000.0; });
    CHECK_FALSE(desk.samples[coin].frozen);

    SECTION("what a closed market repeats is nobody's fault") {
        const TimeNs close = start + 21 * ns_per_hour / 2;  // 20:00, New York
        TimeNs now = close - 2 * ns_per_hour;
        int frozen = 0;
        for (int s = 0; now < close + 2 * ns_per_hour; ++s) {
            now += ns_per_s;
            const bool lives = now < close - 60 * ns_per_s;
            desk.trade(0, lives ? living(s) : 1000, now, stock);
            if ((now - start) % bar == 0) frozen += desk.close(now, stock).frozen;
        }
        CHECK(frozen == 0);
    }
}

TEST_CASE("what a feed tells late from the start is shown as old, and is no price", "[sampler]") {
    Desk desk;
    for (int s = 1; s <= 600; ++s) {
        const TimeNs ts = start + s * ns_per_s;
        desk.take(Input::make_trade(coin, 0, ts - 15 * ns_per_min, ts, {100, 0}, {1, 0}),
                  ts - 15 * ns_per_min, true);
        if (s % 10 == 0) desk.close(ts);
    }
    const Sample& sample = desk.samples[coin];
    CHECK_FALSE(sample.has_price);
    CHECK(sample.only_old);
    CHECK(sample.stale);
    CHECK_FALSE(sample.alive);
    CHECK(sample.ts_price == start + 600 * ns_per_s - 15 * ns_per_min);
    CHECK(to_double(sample.price) == 100);
    CHECK_FALSE(desk.samples[orphan].only_old);
}
