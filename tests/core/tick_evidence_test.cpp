// Leads and correlations of raw ticks, planted between the members of a group and its targets.
#include "core/tick_evidence.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "tests/core/market_builder.hpp"
#include "tests/core/planted_lead.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

constexpr InstrumentId btc = 4, eth = 5;
constexpr std::size_t members = 4;

/// Evidence of the small market's group (four members) and its two targets.
struct Ticks {
    Ticks()
        : config(test::small_config()), sources({0, 1, 2, 3, group()}), ticks(config, sources) {}
    SeriesId group() const { return config.universe.group_series(0); }
    std::size_t pair(std::size_t target, std::size_t source) const {
        return target * sources.size() + source;
    }
    void take(std::vector<StreamTick> all) {
        std::stable_sort(all.begin(), all.end(),
                         [](const StreamTick& a, const StreamTick& b) { return a.ts < b.ts; });
        for (const StreamTick& tick : all) ticks.tick(tick);
    }

    EngineConfig config;
    std::vector<SeriesId> sources;
    TickEvidence ticks;
};

/// Each tick of x is one of some member, whose price then is what x's is; y's are BTC's.
std::vector<StreamTick> spread(const test::TickPair& pair, std::uint64_t seed) {
    test::Random random(seed);
    std::vector<StreamTick> all;
    for (std::size_t i = 0; i < pair.x.ts.size(); ++i)
        all.push_back({static_cast<InstrumentId>(random.below(members)), pair.x.ts[i],
                       pair.x.price[i], false});
    for (std::size_t i = 0; i < pair.y.ts.size(); ++i)
        all.push_back({btc, pair.y.ts[i], pair.y.price[i], false});
    return all;
}

}  // namespace

TEST_CASE("a planted lead of the group over a target is found with its sign", "[tick_evidence]") {
    const double lead_s = GENERATE(8.0, 30.0, -8.0);
    const std::uint64_t seed = GENERATE(1u, 2u);
    CAPTURE(lead_s, seed);
    test::PlantedLead planted;
    planted.seed = seed;
    planted.lead_s = lead_s;
    planted.correlation = 0.9;
    planted.gap_x_s = 0.25;
    Ticks t;
    t.take(spread(test::planted_lead(planted), seed));

    const LeadMeasured group = t.ticks.measure_lead(t.pair(0, members), test::window_end);
    CHECK(group.source == t.group());
    CHECK(group.target == btc);
    CHECK(group.verdict == LeadVerdict::led);
    REQUIRE(group.seconds);
    // A member's move reaches the index with its own next tick: half a second to a second later.
    CHECK(*group.seconds == Approx(lead_s).margin(2));
    CHECK(*group.seconds_low <= lead_s + 2);
    CHECK(*group.seconds_high >= lead_s - 2);
    CHECK(*group.correlation > 0.5);
    CHECK((*group.ratio > 1) == (lead_s > 0));
    CHECK(group.ticks_source > 900);
    CHECK(t.ticks.lead(t.pair(0, members))->seconds == group.seconds);
    CHECK_FALSE(t.ticks.lead(t.pair(0, 0)));

    // Of one moment they are not correlated, so far apart they move.
    const TickCorrelationMeasured rho = t.ticks.correlation(t.pair(0, members), test::window_end);
    REQUIRE(rho.value);
    CHECK(std::abs(*rho.value) < 0.3);
    CHECK(rho.standard_error);
    // Each member alone leads too.
    const LeadMeasured one = t.ticks.measure_lead(t.pair(0, 2), test::window_end);
    CHECK(*one.seconds == Approx(lead_s).margin(2));
    // ETH has not ticked.
    CHECK(t.ticks.measure_lead(t.pair(1, members), test::window_end).verdict ==
          LeadVerdict::too_few_ticks);
    CHECK_FALSE(t.ticks.correlation(t.pair(1, members), test::window_end).value);
}

TEST_CASE("the group's index moves by each member's weight times its return", "[tick_evidence]") {
    test::Random random(3);
    Ticks t;
    HayashiYoshida twin(TimeWindow{.length = t.config.tick_window, .resolution = ns_per_s});
    std::array<double, members> prices = {100, 50, 20, 5000};
    double index = 0, coin = 1e5;
    for (std::size_t m = 0; m < members; ++m)
        t.ticks.tick({static_cast<InstrumentId>(m), test::window_begin, prices[m], true});
    TimeNs ts = test::window_begin;
    for (int i = 0; i < 2000; ++i) {
        ts += static_cast<DurationNs>(1 + random.below(800'000'000));
        const double move = 1e-4 * random.normal();
        if (random.uniform() < 0.5) {
            const std::size_t m = random.below(members);
            prices[m] *= std::exp(move);
            t.ticks.tick({static_cast<InstrumentId>(m), ts, prices[m], false});
            index += t.config.universe.groups[0].members[m].weight * move;
            twin.tick(HayashiYoshida::Side::x, ts, std::exp(index));
        } else {
            coin *= std::exp(move + 0.3 * index);
            t.ticks.tick({btc, ts, coin, i == 1});
            twin.tick(HayashiYoshida::Side::y, ts, coin);
        }
    }
    const auto measured = t.ticks.correlation(t.pair(0, members), ts);
    const auto value = twin.value_at(ts);
    REQUIRE(measured.value);
    CHECK(*measured.value == Approx(*value.rho).margin(1e-6));
    CHECK(measured.effective_samples == value.products);
}

TEST_CASE("no move is made of two streams, nor of the time between them", "[tick_evidence]") {
    Ticks t;
    test::Random random(4);
    TimeNs ts = test::window_begin;
    double nvda = 140, coin = 1e5;
    const auto run = [&](int ticks, bool restart_nvda, bool restart_coin) {
        for (int i = 0; i < ticks; ++i) {
            ts += ns_per_s;
            const double common = 1e-4 * random.normal();
            nvda *= std::exp(common);
            coin *= std::exp(common);
            t.ticks.tick({0, ts, nvda, restart_nvda && i == 0});
            t.ticks.tick({btc, ts, coin, restart_coin && i == 0});
        }
    };
    run(300, true, true);
    // Another venue's stream begins ten percent away, on both sides at once.
    nvda *= 0.9;
    coin *= 1.1;
    run(300, true, true);
    for (const std::size_t source : {std::size_t{0}, members}) {
        const auto rho = t.ticks.correlation(t.pair(0, source), ts);
        REQUIRE(rho.value);
        CHECK(*rho.value > 0.99);
    }
}

TEST_CASE("ticks that run backwards, of one moment or in a burst leave the statistics sound",
          "[tick_evidence]") {
    const std::uint64_t seed = 12;
    INFO("seed " << seed);
    test::Random random(seed);
    Ticks t;
    TimeNs ts = test::window_begin;
    double price = 100;
    for (int i = 0; i < 30'000; ++i) {
        if (i % 100 == 0) ts += static_cast<DurationNs>(random.below(ns_per_s * 3));
        price *= std::exp(1e-4 * random.normal());
        const TimeNs back = random.uniform() < 0.1 ? 5 * ns_per_s : 0;
        const auto instrument = static_cast<InstrumentId>(random.below(8));
        t.ticks.tick({instrument, ts - back, price, random.uniform() < 0.001});
    }
    for (std::size_t pair = 0; pair < t.ticks.pair_count(); ++pair) {
        const auto rho = t.ticks.correlation(pair, ts);
        if (rho.value) CHECK(std::isfinite(*rho.value));
        const LeadMeasured lead = t.ticks.measure_lead(pair, ts);
        if (lead.seconds) CHECK(std::abs(*lead.seconds) <= 120);
        CHECK(lead.ticks_source <= 1802);
    }
    // Long after the last tick there is nothing in the window.
    const auto later = t.ticks.correlation(0, ts + ns_per_hour);
    CHECK_FALSE(later.value);
    CHECK(later.effective_samples == 0);
    CHECK_FALSE(later.standard_error);
}

TEST_CASE("a return that all pairs of a series share is each pair's own, to the last bit",
          "[tick_evidence]") {
    const std::uint64_t seed = GENERATE(1u, 2u);
    CAPTURE(seed);
    test::Random random(seed);
    Ticks t;
    const std::array<InstrumentId, 2> targets = {btc, eth};
    std::vector<HayashiYoshida> twins;
    for (std::size_t i = 0; i < targets.size() * members; ++i)
        twins.emplace_back(TimeWindow{.length = t.config.tick_window, .resolution = ns_per_s});
    std::array<double, 8> prices;
    prices.fill(100);
    std::array<TimeNs, 8> last{};
    TimeNs ts = test::window_begin;
    std::uint64_t behind = 0;
    for (int i = 0; i < 20'000; ++i) {
        ts += static_cast<DurationNs>(random.below(3) * random.below(400'000'000));
        const std::array<InstrumentId, 6> watched = {0, 1, 2, 3, btc, eth};
        const InstrumentId instrument = watched[random.below(watched.size())];
        // Some come so late that the other side is ahead: one pair takes them and another does not.
        const TimeNs late = random.uniform() < 0.1 ? ts - ns_per_s : ts;
        const TimeNs stamp = std::max(late, last[instrument]);
        last[instrument] = stamp;
        if (random.uniform() < 0.7) prices[instrument] *= std::exp(1e-4 * random.normal());
        const bool restarts = random.uniform() < 0.005;
        t.ticks.tick({instrument, stamp, prices[instrument], restarts});
        for (std::size_t target = 0; target < targets.size(); ++target) {
            for (std::size_t source = 0; source < members; ++source) {
                HayashiYoshida& twin = twins[target * members + source];
                const bool is_x = instrument == source;
                if (!is_x && instrument != targets[target]) continue;
                if (restarts) twin.restart();
                const auto side = is_x ? HayashiYoshida::Side::x : HayashiYoshida::Side::y;
                behind += twin.tick(side, stamp, prices[instrument]) == TickVerdict::behind;
            }
        }
        if (i % 100 != 99) continue;
        for (std::size_t target = 0; target < targets.size(); ++target) {
            for (std::size_t source = 0; source < members; ++source) {
                const auto measured = t.ticks.correlation(t.pair(target, source), ts);
                const auto value = twins[target * members + source].value_at(ts);
                REQUIRE(measured.effective_samples == value.products);
                if (!measured.value) continue;
                REQUIRE(value.rho);
                REQUIRE(*measured.value == *value.rho);
            }
        }
    }
    CHECK(behind > 100);
}
