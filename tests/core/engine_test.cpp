#include "core/engine.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <sstream>

#include "tests/core/market_builder.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

/// Every field of every event as text; doubles by their bits.
struct Fingerprint {
    std::ostringstream text;
    void number(double v) { text << std::hexfloat << v << ' '; }
    void number(const std::optional<double>& v) {
        if (v)
            number(*v);
        else
            text << "- ";
    }
    void operator()(const BarClosed& e) { text << "bar " << e.ts << '\n'; }
    void operator()(const PriceSampled& e) {
        text << "price " << e.ts << ' ' << e.instrument << ' ' << e.feed << ' ' << e.price.mantissa
             << 'e' << int{e.price.exponent} << ' ' << e.ts_price << ' ' << to_string(e.return_kind)
             << ' ' << int{e.feeds_fresh} << ' ' << int{e.feeds_agreeing} << ' ' << e.stale << ' '
             << e.tainted << ' ';
        number(e.return_since_open);
        number(e.bar_return);
        number(e.change_24h);
        text << '\n';
    }
    void operator()(const PriceDiverged& e) {
        text << "diverged " << e.ts << ' ' << e.instrument << ' ' << e.feed << ' ' << e.diverged
             << ' ';
        number(e.ratio);
        text << '\n';
    }
    void operator()(const TickLate& e) {
        text << "tick_late " << e.ts << ' ' << e.instrument << ' ' << e.feed << ' ' << e.behind
             << '\n';
    }
    void operator()(const SelloffMeasured& e) {
        text << "selloff " << e.ts << ' ' << e.series << ' ' << int{e.horizon} << ' ' << e.tainted
             << ' ';
        number(e.log_return);
        number(e.drawdown);
        number(e.loss_sigma);
        number(e.loss_one_way);
        number(e.coverage);
        text << '\n';
    }
    void operator()(const CorrelationMeasured& e) {
        text << "rho " << e.ts << ' ' << e.source << ' ' << e.target << ' ' << int{e.window} << ' '
             << e.effective_samples << ' ' << e.tainted << ' ';
        number(e.value);
        number(e.baseline);
        number(e.standard_error);
        text << '\n';
    }
    void operator()(const TickCorrelationMeasured& e) {
        text << "tick_rho " << e.ts << ' ' << e.source << ' ' << e.target << ' '
             << e.effective_samples << ' ' << e.tainted << ' ';
        number(e.value);
        number(e.standard_error);
        text << '\n';
    }
    void operator()(const LeadMeasured& e) {
        text << "lead " << e.ts << ' ' << e.source << ' ' << e.target << ' ' << to_string(e.verdict)
             << ' ' << e.ticks_source << ' ' << e.ticks_target << ' ' << e.tainted << ' ';
        for (const auto& value : {e.seconds, e.seconds_low, e.seconds_high, e.correlation,
                                  e.correlation_standard_error, e.ratio})
            number(value);
        text << '\n';
    }
    void operator()(const LinkMeasured& e) {
        text << "link " << e.ts << ' ' << e.source << ' ' << e.target << ' ' << e.partial_samples
             << ' ' << int{e.controls_kept} << ' ' << e.samples_before << ' ' << e.samples_now
             << ' ' << e.asymmetry_samples << ' ' << e.tainted << ' ';
        for (const auto& value : {e.partial, e.partial_standard_error, e.partial_p, e.rho_before,
                                  e.rho_now, e.rho_adjusted, e.change_z, e.change_p, e.asymmetry,
                                  e.spillover_received, e.spillover_given})
            number(value);
        text << '\n';
    }
    void operator()(const SeriesMeasured& e) {
        text << "series " << e.ts << ' ' << e.series << ' ' << e.tainted << ' ';
        for (const auto& value : {e.selloff_z, e.jump, e.jump_p, e.drift_log, e.change_24h})
            number(value);
        number(e.intraday_factor);
        text << '\n';
    }
    void operator()(const ImpactMeasured& e) {
        text << "impact " << e.ts << ' ' << e.as_of << ' ';
        number(e.value_lost_usd);
        number(e.share);
        number(e.covered);
        text << '\n';
    }
    void operator()(const TargetAssessed& e) {
        text << "target " << e.ts << ' ' << e.target << ' ' << to_string(e.regime) << ' '
             << e.regime_since << ' ' << to_string(e.limiting) << ' ' << e.suspended << ' ';
        number(e.score);
        number(e.warmup);
        text << '\n';
    }
    void operator()(const FeedChanged& e) { text << "feed " << e.ts << ' ' << e.feed << '\n'; }
    void operator()(const TickRejected& e) {
        text << "rejected " << e.ts << ' ' << e.instrument << ' ' << to_string(e.reason) << '\n';
    }
    void operator()(const AlertSuppressed& e) {
        text << "suppressed " << e.ts << ' ' << to_string(e.reason) << '\n';
    }
    void operator()(const EpisodeChanged& e) {
        text << "episode " << e.ts << ' ' << e.episode->id.view() << ' ' << e.episode->revision
             << ' ' << to_string(e.episode->phase) << ' ' << e.episode->targets.size() << ' '
             << e.episode->diverged.size() << ' ' << e.episode->value_as_of << ' ';
        number(e.episode->source_log_return);
        number(e.episode->value_lost_usd);
        number(e.episode->value_lost_share);
        number(e.episode->score);
        text << '\n';
        for (const EpisodeTarget& target : e.episode->targets) {
            number(target.correlation);
            if (target.link) (*this)(*target.link);
            if (target.lead) (*this)(*target.lead);
        }
    }
};

std::vector<Event> run(Engine& engine, std::span<const Input> inputs, std::size_t batch) {
    std::vector<Event> events;
    for (std::size_t i = 0; i < inputs.size(); i += batch) {
        const auto some = engine.step(inputs.subspan(i, std::min(batch, inputs.size() - i)));
        events.insert(events.end(), some.begin(), some.end());
    }
    return events;
}

std::vector<std::shared_ptr<const Episode>> episodes(std::span<const Event> events) {
    std::vector<std::shared_ptr<const Episode>> told;
    for (const Event& event : events)
        if (const auto* changed = std::get_if<EpisodeChanged>(&event))
            told.push_back(changed->episode);
    return told;
}

template <typename T>
std::vector<T> all(std::span<const Event> events) {
    std::vector<T> found;
    for (const Event& event : events)
        if (const auto* e = std::get_if<T>(&event)) found.push_back(*e);
    return found;
}

/// Quiet, then tech falls and the coins follow, then quiet until the episode must be over.
std::vector<Input> spillover_story(std::uint64_t seed) {
    test::MarketBuilder market(seed);
    std::vector<Input> inputs;
    market.run(900, {}, inputs);
    market.run(60, {-0.012, -0.012, -0.010, -0.006}, inputs);
    market.run(300, {-0.040, -0.042, -0.035, -0.018, -0.035, -0.032, 0.0005, 0}, inputs);
    market.run(1800, {}, inputs);
    return inputs;
}

}  // namespace

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
    market.run(260, {-0.04, -0.04, -0.03, -0.02, -0.035, -0.035, -0.003, 0.002}, inputs);
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
    market.run(110, {-0.03, -0.03, -0.03, -0.02, -0.03, -0.03}, inputs);
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
    CHECK(refused([](auto& c) { c.bar = 0; }));
    CHECK(refused([](auto& c) { c.detector.exit_score = 0.9; }));
    CHECK(refused([](auto& c) { c.detector.enter_score = 1.2; }));
    CHECK(refused([](auto& c) { c.detector.source_sigma = -1; }));
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
        (price.ts < t + 15 * ns_per_min ? stale_while_open : stale_while_closed) += price.stale;
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
        tainted |= price.tainted && price.feeds_agreeing == 1;
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
    for (const auto& rho : all<CorrelationMeasured>(events)) {
        if (rho.source != 0 || rho.target != 4 || rho.ts <= close + ns_per_hour) continue;
        // Rows of this morning only: the night had none, and the gap is none.
        const DurationNs since = rho.ts - (close + 8 * ns_per_hour);
        CHECK(rho.effective_samples <= std::max<DurationNs>(0, since / (10 * ns_per_s)));
    }
}
