#include "core/measurements.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <vector>

#include "tests/core/engine_events.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

constexpr TimeNs start = test::market_open;
constexpr InstrumentId nvda = 0, btc = 4, eth = 5, rates = 6, dollar = 7;

/// One-minute bars and a study in each.
EngineConfig minute_config() {
    EngineConfig config = test::small_config();
    config.bar = ns_per_min;
    config.study_interval = ns_per_min;
    config.correlation_windows = {20 * ns_per_min};
    config.selloff_horizons = {10 * ns_per_min};
    config.link_window = 20 * ns_per_min;
    config.link_before = 40 * ns_per_min;
    return config;
}

/// Rows of samples in which everything prints, from noise.
class Rows {
  public:
    explicit Rows(const EngineConfig& config) : bar_(config.bar) {
        samples_.resize(config.universe.instruments.size());
    }

    TimeNs now() const { return now_; }
    std::vector<Sample>& next() {
        now_ += bar_;
        const double common = random_.normal();
        for (Sample& sample : samples_) {
            sample = {};
            sample.price = {100, 0};
            sample.bar_return = 1e-3 * (common + random_.normal());
            sample.elapsed = 1;
            sample.synchronous = sample.has_price = sample.open = sample.alive = true;
            sample.stale = false;
        }
        return samples_;
    }

  private:
    DurationNs bar_;
    TimeNs now_ = start;
    test::Random random_{17};
    std::vector<Sample> samples_;
};

/// A link and what it rests on, row by row.
struct LinkBench {
    explicit LinkBench(EngineConfig c)
        : config(std::move(c)), rows(config), evidence(config), links(config) {}

    void push(std::vector<Sample>& samples) {
        evidence.push(rows.now(), samples);
        links.push(rows.now(), evidence);
    }
    void run(int count) {
        for (int i = 0; i < count; ++i) push(rows.next());
    }
    void taint(InstrumentId instrument) { evidence.taint(instrument, TaintCause::gap, rows.now()); }
    bool tainted(std::size_t target = 0) { return links.measure(target, evidence).tainted; }

    EngineConfig config;
    Rows rows;
    Evidence evidence;
    LinkEvidence links;
};

}  // namespace

TEST_CASE("a link is in doubt as long as doubtful data are in any of its windows") {
    EngineConfig config = minute_config();
    SECTION("source and target: now and before") {
        LinkBench bench(config);
        bench.run(100);
        CHECK_FALSE(bench.tainted());
        const InstrumentId doubtful = GENERATE(nvda, btc);
        bench.taint(doubtful);
        bench.run(59);
        CHECK(bench.tainted());
        CHECK(bench.tainted(1) == (doubtful == nvda));
        bench.run(1);
        CHECK_FALSE(bench.tainted());
    }
    SECTION("a spillover looks back further, and at all targets") {
        LinkBench bench(config);
        bench.run(300);
        bench.taint(eth);
        bench.run(239);
        CHECK_FALSE(bench.tainted(0));
        CHECK_FALSE(bench.tainted(1));
        bench.links.measure_spillover();
        CHECK(bench.tainted(0));
        CHECK(bench.tainted(1));
        bench.run(1);
        bench.links.measure_spillover();
        CHECK_FALSE(bench.tainted(0));
        CHECK_FALSE(bench.tainted(1));
    }
    SECTION("controls while they are taken out, over the link window") {
        LinkBench bench(config);
        for (int i = 0; i < 100; ++i) {
            std::vector<Sample>& samples = bench.rows.next();
            samples[dollar].bar_return.reset();  // never printed: not taken out
            samples[dollar].synchronous = false;
            bench.push(samples);
        }
        CHECK(bench.links.measure(0, bench.evidence).controls_kept == 1);
        bench.taint(dollar);
        CHECK_FALSE(bench.tainted());
        bench.taint(rates);
        CHECK(bench.tainted());
        bench.run(19);
        CHECK(bench.tainted());
        bench.run(1);
        CHECK_FALSE(bench.tainted());
    }
}

TEST_CASE("a spillover is told for two rounds of studies and no longer") {
    EngineConfig config = minute_config();
    config.study_interval = 3 * ns_per_min;
    LinkBench bench(config);
    bench.run(100);
    CHECK_FALSE(bench.links.measure(0, bench.evidence).spillover_received);
    bench.links.measure_spillover();
    bench.run(6);
    CHECK(bench.links.measure(0, bench.evidence).spillover_received);
    CHECK(bench.links.measure(0, bench.evidence).spillover_given);
    bench.run(1);
    CHECK_FALSE(bench.links.measure(0, bench.evidence).spillover_received);
    CHECK_FALSE(bench.links.measure(0, bench.evidence).spillover_given);
}

TEST_CASE("a return of several minutes is in no spillover") {
    const auto spillover = [](double catch_up) {
        LinkBench bench(minute_config());
        for (int i = 0; i < 100; ++i) {
            std::vector<Sample>& samples = bench.rows.next();
            if (i == 60) {
                samples[btc].bar_return = catch_up;
                samples[btc].elapsed = 4;
                samples[btc].kind = ReturnKind::catch_up;
                samples[btc].synchronous = false;
            }
            bench.push(samples);
        }
        bench.links.measure_spillover();
        return bench.links.measure(0, bench.evidence).spillover_received;
    };
    REQUIRE(spillover(0.01));
    CHECK(*spillover(0.01) == *spillover(-0.02));
}

TEST_CASE("every link of a round tells the spillover of that round") {
    const EngineConfig config = minute_config();
    Measurements measurements(config);
    Rows rows(config);
    std::array<std::vector<double>, 3> columns;
    DieboldYilmaz fresh(3, LinkEvidence::spillover_rows, {1, 10});
    for (int i = 0; i < 30; ++i) {
        std::vector<Sample>& samples = rows.next();
        std::vector<Event> events;
        measurements.push(rows.now(), samples, events);
        columns[0].push_back(
            *measurements.evidence().move(config.universe.group_series(0)).log_return);
        columns[1].push_back(*samples[btc].bar_return);
        columns[2].push_back(*samples[eth].bar_return);
        const std::vector<std::span<const double>> spans(columns.begin(), columns.end());
        const Spillover* const expected = fresh.measure(spans);
        const auto links = test::all<LinkMeasured>(events);
        REQUIRE(links.size() == 2);
        for (std::size_t target = 0; target < 2; ++target) {
            CAPTURE(i, target);
            REQUIRE(links[target].spillover_received.has_value() == (expected != nullptr));
            if (!expected) continue;
            CHECK(*links[target].spillover_received == Approx(expected->share(target + 1, 0)));
            CHECK(*links[target].spillover_given == Approx(expected->share(0, target + 1)));
        }
        if (i == 29) CHECK(expected);
    }
}

TEST_CASE("a correlation of ticks has the standard error of the study of its own bar") {
    EngineConfig config = minute_config();
    config.study_interval = 3 * ns_per_min;
    Measurements measurements(config);
    measurements.set_pace(Pace::attentive);
    Rows rows(config);
    test::Random random(3);
    std::vector<double> levels(config.universe.instruments.size(), 5.0);
    std::map<std::pair<SeriesId, SeriesId>, Maybe> errors;
    int studied = 0, kept = 0;
    for (int i = 0; i < 40; ++i) {
        for (int s = 1; s <= 60; ++s) {
            const double common = random.normal();
            for (std::size_t k = 0; k < levels.size(); ++k) {
                levels[k] += 1e-4 * (common + random.normal());
                StreamTick tick{};
                tick.instrument = static_cast<InstrumentId>(k);
                tick.ts = rows.now() + s * ns_per_s;
                tick.price = std::exp(levels[k]);
                measurements.tick(tick);
            }
        }
        std::vector<Sample>& samples = rows.next();
        std::vector<Event> events;
        measurements.push(rows.now(), samples, events);
        std::map<std::pair<SeriesId, SeriesId>, bool> led;
        for (const auto& lead : test::all<LeadMeasured>(events))
            led[{lead.source, lead.target}] = true;
        for (const auto& ticks : test::all<TickCorrelationMeasured>(events)) {
            const std::pair pair{ticks.source, ticks.target};
            CAPTURE(i, ticks.source, ticks.target);
            if (i > 20) {
                REQUIRE(ticks.standard_error);
                const bool is_new = *ticks.standard_error != *errors.at(pair);
                REQUIRE(is_new == (led.count(pair) > 0));
                ++(is_new ? studied : kept);
            }
            errors[pair] = ticks.standard_error;
        }
    }
    CHECK(studied > 20);
    CHECK(kept > 20);
}

TEST_CASE("ten returns on either side make a correlation of ticks") {
    const EngineConfig config = minute_config();
    const std::array<SeriesId, 5> sources = {0, 1, 2, 3, config.universe.group_series(0)};
    const auto returns = GENERATE(std::pair{10, 10}, std::pair{9, 40}, std::pair{40, 9});
    TickEvidence ticks(config, sources);
    test::Random random(1);
    for (int i = 0; i <= 40; ++i) {
        for (const bool source : {true, false}) {
            if (i > (source ? returns.first : returns.second)) continue;
            StreamTick tick{};
            tick.instrument = source ? nvda : btc;
            tick.ts = start + i * 2 * ns_per_s;
            tick.price = 100 + random.normal();
            ticks.tick(tick);
        }
    }
    const auto told = ticks.correlation(0, start + 90 * ns_per_s);
    REQUIRE(told.source == nvda);
    REQUIRE(told.target == btc);
    CHECK(told.value.has_value() == (returns == std::pair{10, 10}));
    CHECK(told.effective_samples >= 9);
    // The first tick has left the window: what moved to the second is still a return in it.
    CHECK(ticks.correlation(0, start + config.tick_window + ns_per_s).value.has_value() ==
          told.value.has_value());
    // The second has, too.
    CHECK_FALSE(ticks.correlation(0, start + config.tick_window + 3 * ns_per_s).value.has_value());
}

TEST_CASE("a baseline says what it rests on, and that is its own history") {
    const EngineConfig config = minute_config();
    Evidence evidence(config);
    Rows rows(config);
    // One row in four is of both sides: 25 of the first 100.
    for (int i = 0; i < 120; ++i) {
        std::vector<Sample>& samples = rows.next();
        if (i % 4 != 0) samples[btc].synchronous = false;
        evidence.push(rows.now(), samples);
    }
    const CorrelationMeasured rho = evidence.correlation(0, 0);
    REQUIRE(rho.baseline);
    REQUIRE(rho.baseline_effective_samples);
    double sum = 0, squares = 0;
    const double d = std::exp2(-1.0 / 30.0);
    for (int i = 0; i < 25; ++i) {
        sum += std::pow(d, 4 * i);
        squares += std::pow(d, 8 * i);
    }
    CHECK(*rho.baseline_effective_samples == Approx(sum * sum / squares));
    CHECK(*rho.baseline_effective_samples < 25);
    Evidence young(config);
    for (int i = 0; i < 20; ++i) young.push(rows.now(), rows.next());
    CHECK_FALSE(young.correlation(0, 0).baseline);
    CHECK_FALSE(young.correlation(0, 0).baseline_effective_samples);
}

TEST_CASE("what is usual is not told of a few rows") {
    const EngineConfig config = minute_config();
    Evidence evidence(config);
    Rows rows(config);
    // One row in four is of both sides.
    std::size_t both = 0;
    for (int i = 0; i < 600; ++i) {
        std::vector<Sample>& samples = rows.next();
        if (i % 4 != 0) samples[btc].synchronous = false;
        evidence.push(rows.now(), samples);
        const CorrelationMeasured rho = evidence.correlation(0, 0);
        CHECK(rho.baseline.has_value() == rho.baseline_effective_samples.has_value());
        if (!rho.baseline) continue;
        ++both;
        CHECK(*rho.baseline_effective_samples >= 10);
    }
    CHECK(both > 100);
}

TEST_CASE("a return of several minutes is a fall, but no jump and no habit") {
    SeriesHabits told(ns_per_min), absent(ns_per_min), steady(ns_per_min);
    test::Random random(21);
    TimeNs ts = start;
    const auto push = [&](SeriesHabits& habits, std::optional<double> r, double elapsed) {
        Evidence::Move move;
        move.log_return = r;
        move.elapsed = r ? elapsed : 0;
        move.kind = elapsed > 1 ? ReturnKind::catch_up : ReturnKind::bar;
        REQUIRE(habits.push(ts, move, std::nullopt));
    };
    for (int i = 0; i < 400; ++i) {
        ts += ns_per_min;
        const double r = 1e-3 * random.normal();
        const bool late = i == 350;
        push(told, late ? -0.02 : r, late ? 4 : 1);
        push(absent, late ? std::nullopt : std::optional(r), 1);
        push(steady, r, late ? 1.2 : 1);  // within the slack of prints
        CAPTURE(i);
        REQUIRE(told.jump().has_value() == absent.jump().has_value());
        if (told.jump()) REQUIRE(*told.jump() == *absent.jump());
        REQUIRE(told.intraday_factor() == absent.intraday_factor());
        if (late) {
            CHECK_FALSE(told.jump());
            CHECK(steady.jump());
            REQUIRE(told.selloff_z());
            CHECK(*told.selloff_z() < *steady.selloff_z() - 2);
        }
    }
    CHECK(told.jump());
}
