// Link evidence on planted truths, each also held against the estimators on columns kept by hand.
#include "core/link_evidence.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/core/market_builder.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

constexpr double absent = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t instruments = 8;
constexpr InstrumentId btc = 4, eth = 5, zn = 6, dxy = 7;
using Row = std::array<double, instruments>;  ///< returns by instrument; NaN: did not print

/// Rows of returns through Evidence into LinkEvidence, and the columns as they went in.
struct Link {
    explicit Link(EngineConfig c = test::small_config())
        : config(std::move(c)), evidence(config), link(config) {}

    void push(const Row& row) {
        ts += config.bar;
        std::vector<Sample> samples(instruments);
        for (std::size_t i = 0; i < instruments; ++i) {
            Sample& s = samples[i];
            s.has_price = true;
            s.open = s.alive = std::isfinite(row[i]);
            s.elapsed = 1;
            s.synchronous = true;
            if (std::isfinite(row[i])) s.bar_return = row[i];
            columns[i].push_back(row[i]);
        }
        evidence.push(ts, samples);
        link.push(ts, evidence);
        const Evidence::Move& group = evidence.move(config.universe.group_series(0));
        source.push_back(group.synchronous ? group.log_return.value_or(absent) : absent);
    }
    /// The source's four members move as one.
    void push(double x, double to_btc, double to_eth, double to_zn, double to_dxy) {
        push(Row{x, x, x, x, to_btc, to_eth, to_zn, to_dxy});
    }
    std::span<const double> last(const std::vector<double>& column, std::size_t rows,
                                 std::size_t back = 0) const {
        return std::span(column).subspan(column.size() - back - rows, rows);
    }
    LinkMeasured measure(std::size_t target) { return link.measure(target, evidence); }

    const EngineConfig config;
    Evidence evidence;
    LinkEvidence link;
    TimeNs ts = test::market_open;
    std::array<std::vector<double>, instruments> columns;
    std::vector<double> source;
};

constexpr std::size_t now_rows = 360, before_rows = 1440;

}  // namespace

TEST_CASE("a link that is all the controls' goes away with them, one that is not stays", "[link]") {
    const std::uint64_t seed = 5;
    INFO("seed " << seed);
    test::Random random(seed);
    Link link;
    for (std::size_t row = 0; row < 600; ++row) {
        const double rates = random.normal(), dollar = random.normal(), x = random.normal();
        const double source = 0.7 * rates - 0.7 * dollar + x;
        link.push(1e-3 * source, 1e-3 * (rates - dollar + random.normal()),
                  1e-3 * (rates - dollar + x + random.normal()), 1e-4 * rates, 1e-4 * dollar);
    }
    const LinkMeasured common = link.measure(0), own = link.measure(1);
    CHECK(common.controls_kept == 2);
    CHECK(common.partial_samples == now_rows);
    REQUIRE(common.partial);
    REQUIRE(own.partial);
    // Together they move: 1.4 / sqrt(1.98 · 3).
    CHECK(*common.rho_now == Approx(1.4 / std::sqrt(1.98 * 3)).margin(0.08));
    CHECK(std::abs(*common.partial) < 0.15);
    CHECK(*common.partial_p > 0.01);
    CHECK(*own.partial == Approx(std::sqrt(0.5)).margin(0.08));
    CHECK(*own.partial_p < 1e-6);
    CHECK(*own.partial_standard_error == Approx(0.5 / std::sqrt(356.0)).epsilon(0.3));

    const auto column = [&](InstrumentId id) {
        const auto rows = link.last(link.columns[id], now_rows);
        return std::vector<double>(rows.begin(), rows.end());
    };
    const std::array<std::vector<double>, 2> controls = {column(zn), column(dxy)};
    const auto twin = partial_correlation(link.last(link.source, now_rows), column(eth), controls);
    CHECK(*own.partial == *twin.rho);
    CHECK(*own.partial_p == *twin.p);
}

TEST_CASE("a control counts by the source's rows, and one whose market is closed not at all",
          "[link]") {
    test::Random random(6);
    Link link;
    // The source's session began 100 rows ago, and with it that of one control.
    for (std::size_t row = 0; row < 400; ++row) {
        const bool open = row >= 300;
        const double rates = random.normal();
        link.push(open ? 1e-3 * (rates + random.normal()) : absent,
                  1e-3 * (rates + random.normal()), 1e-3 * random.normal(),
                  open ? 1e-4 * rates : absent, absent);
    }
    const LinkMeasured measured = link.measure(0);
    CHECK(measured.controls_kept == 1);
    CHECK(measured.partial_samples == 100);
    REQUIRE(measured.partial);
    CHECK(std::abs(*measured.partial) < 0.3);

    SECTION("with none left there is no partial correlation") {
        for (std::size_t row = 0; row < now_rows; ++row)
            link.push(1e-3 * random.normal(), 1e-3 * random.normal(), 0, absent, absent);
        const LinkMeasured bare = link.measure(0);
        CHECK_FALSE(bare.partial);
        CHECK_FALSE(bare.partial_p);
        CHECK(bare.controls_kept == 0);
    }
}

TEST_CASE("a link that has strengthened is told from a larger shock over the same link", "[link]") {
    const std::uint64_t seed = 7;
    INFO("seed " << seed);
    test::Random random(seed);
    Link link;
    for (std::size_t row = 0; row < before_rows + now_rows; ++row) {
        const bool now = row >= before_rows;
        const double x = (now ? 3 : 1) * random.normal();
        // BTC: the slope stays, the shock is three times as large. ETH: the slope has grown.
        link.push(1e-3 * x, 1e-3 * (0.5 * x + random.normal()),
                  1e-3 * ((now ? 1.5 : 0.3) * x + random.normal()), 1e-4 * random.normal(),
                  1e-4 * random.normal());
    }
    const LinkMeasured same = link.measure(0), stronger = link.measure(1);
    CHECK(same.samples_before == before_rows);
    CHECK(same.samples_now == now_rows);
    CHECK(*same.rho_before == Approx(0.5 / std::sqrt(1.25)).margin(0.06));
    CHECK(*same.rho_now == Approx(1.5 / std::sqrt(3.25)).margin(0.06));
    CHECK(*same.rho_adjusted == Approx(*same.rho_before).margin(0.1));
    CHECK(*same.change_p > 0.01);
    CHECK(*stronger.change_p < 1e-6);
    CHECK(*stronger.change_z > 5);

    const auto window = [&](std::size_t rows, std::size_t back) {
        return source_window(link.last(link.source, rows, back),
                             link.last(link.columns[eth], rows, back));
    };
    const auto twin = forbes_rigobon(window(before_rows, now_rows), window(now_rows, 0));
    CHECK(*stronger.change_z == *twin.z);
    CHECK(*stronger.rho_adjusted == *twin.rho_adjusted);
}

TEST_CASE("which side moves first is told by its sign", "[link]") {
    const std::uint64_t seed = 8;
    INFO("seed " << seed);
    test::Random random(seed);
    Link link;
    double x_before = 0, eth_before = 0;
    for (std::size_t row = 0; row < 500; ++row) {
        const double own = random.normal(), e = random.normal();
        const double x = own + 0.7 * eth_before;
        // BTC does what the source did a row ago; the source what ETH did.
        link.push(1e-3 * x, 1e-3 * (x_before + 0.7 * random.normal()), 1e-3 * e, absent, absent);
        x_before = x;
        eth_before = e;
    }
    const LinkMeasured follows = link.measure(0), leads = link.measure(1);
    CHECK(follows.asymmetry_samples == now_rows);
    REQUIRE(follows.asymmetry);
    REQUIRE(leads.asymmetry);
    CHECK(*follows.asymmetry > 1.5);
    CHECK(*leads.asymmetry < -1);
    CHECK(*follows.asymmetry > *leads.asymmetry + 3);

    LagAsymmetry twin({.lags = 24}, now_rows);
    std::vector<std::optional<double>> xs, ys;
    for (const double v : link.last(link.source, now_rows))
        xs.emplace_back(v / *link.evidence.scale(link.config.universe.group_series(0)));
    for (const double v : link.last(link.columns[btc], now_rows))
        ys.emplace_back(v / *link.evidence.scale(btc));
    twin.measure(xs, ys);
    CHECK(*follows.asymmetry == *twin.asymmetry());
}

TEST_CASE("what spills over is received, and a silent target silences nobody", "[link]") {
    const std::uint64_t seed = 9;
    INFO("seed " << seed);
    test::Random random(seed);
    const bool eth_silent = GENERATE(false, true);
    CAPTURE(eth_silent);
    Link link;
    std::vector<std::vector<double>> minutes(eth_silent ? 2 : 3);
    double sum_before = 0;
    for (std::size_t minute = 0; minute < 300; ++minute) {
        double x_sum = 0, btc_sum = 0, eth_sum = 0;
        for (std::size_t row = 0; row < 6; ++row) {
            const double x = 1e-3 * random.normal();
            // A minute later BTC does the same again.
            const double b = sum_before / 6 + 5e-4 * random.normal();
            const double e = eth_silent ? absent : 1e-3 * random.normal();
            link.push(x, b, e, absent, absent);
            x_sum += link.source.back();
            btc_sum += b;
            eth_sum += e;
        }
        sum_before = x_sum;
        minutes[0].push_back(x_sum);
        minutes[1].push_back(btc_sum);
        if (!eth_silent) minutes[2].push_back(eth_sum);
    }
    CHECK_FALSE(link.measure(0).spillover_received);
    link.link.measure_spillover();
    const LinkMeasured to_btc = link.measure(0), to_eth = link.measure(1);
    REQUIRE(to_btc.spillover_received);
    CHECK(*to_btc.spillover_received > 0.6);
    CHECK(*to_btc.spillover_given < 0.1);
    CHECK(to_eth.spillover_received.has_value() == !eth_silent);

    for (auto& column : minutes) column.erase(column.begin(), column.end() - 240);
    const auto twin = diebold_yilmaz(minutes, {1, 10});
    REQUIRE(twin);
    CHECK(*to_btc.spillover_received == Approx(twin->share(1, 0)).epsilon(1e-9));
    CHECK(*to_btc.spillover_given == Approx(twin->share(0, 1)).epsilon(1e-9));
}

TEST_CASE("without rows of the source nothing is told of a link, and with few little", "[link]") {
    Link link;
    const auto nothing = [&] {
        link.link.measure_spillover();
        const LinkMeasured measured = link.measure(1);
        CHECK_FALSE(measured.partial);
        CHECK_FALSE(measured.rho_now);
        CHECK_FALSE(measured.change_z);
        CHECK_FALSE(measured.asymmetry);
        CHECK_FALSE(measured.spillover_received);
        CHECK(measured.source == link.config.universe.group_series(0));
        CHECK(measured.target == eth);
    };
    nothing();
    test::Random random(1);
    for (int row = 0; row < 500; ++row)
        link.push(absent, 1e-3 * random.normal(), 1e-3 * random.normal(), 1e-4 * random.normal(),
                  1e-4 * random.normal());
    nothing();
    for (int row = 0; row < 3; ++row)
        link.push(1e-3 * random.normal(), 1e-3 * random.normal(), 1e-3 * random.normal(), 0, 0);
    const LinkMeasured few = link.measure(1);
    CHECK_FALSE(few.change_z);
    CHECK_FALSE(few.asymmetry);
    CHECK_FALSE(few.partial);
}
