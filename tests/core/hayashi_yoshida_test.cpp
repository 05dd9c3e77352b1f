#include "core/estimators/hayashi_yoshida.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/core/tick_twins.hpp"
#include "tests/support/shared_data.hpp"

using namespace contagiond;
using core::HayashiYoshida;
using core::HayashiYoshidaValue;
using core::TickVerdict;
using core::TimeNs;
using test::Ticks;
using Side = core::HayashiYoshida::Side;

namespace {

constexpr TimeNs ever = std::numeric_limits<TimeNs>::max();

/// Feeds two series in the order of time; of equal stamps `first` goes first.
class Feeder {
  public:
    Feeder(const Ticks& x, const Ticks& y, Side first)
        : x_first_(first == Side::x),
          cursors_{core::TickCursor((x_first_ ? x : y).span()),
                   core::TickCursor((x_first_ ? y : x).span())} {}

    void feed(HayashiYoshida& estimator, TimeNs until = ever) {
        core::merge_ticks(cursors_, until, [&](std::size_t k, TimeNs ts, double price) {
            estimator.tick((k == 0) == x_first_ ? Side::x : Side::y, ts, price);
        });
    }

  private:
    bool x_first_;
    std::array<core::TickCursor, 2> cursors_;
};

bool identical(const HayashiYoshidaValue& a, const HayashiYoshidaValue& b) {
    return a.cov == b.cov && a.rv_x == b.rv_x && a.rv_y == b.rv_y && a.rho == b.rho &&
           a.products == b.products;
}

HayashiYoshidaValue exchanged(HayashiYoshidaValue value) {
    std::swap(value.rv_x, value.rv_y);
    return value;
}

/// Distance from the twin in units of what the numbers are made of.
double distance(const HayashiYoshidaValue& fast, const test::SlowHayashiYoshida& slow) {
    const auto rho = slow.rho();
    if (fast.rho.has_value() != rho.has_value()) return INFINITY;
    if (fast.products != slow.products) return INFINITY;
    if (fast.rv_x.has_value() != slow.returned || fast.rv_y.has_value() != slow.returned)
        return INFINITY;
    const auto relative = [](double value, long double wanted, long double size) {
        if (size == 0) return value == 0 ? 0.0 : static_cast<double>(INFINITY);
        return static_cast<double>(std::abs(value - wanted) / size);
    };
    double worst =
        std::abs(static_cast<double>(fast.cov - slow.cov)) / std::max(1e-8, double(slow.rv_x));
    if (slow.returned) {
        worst = std::max(worst, relative(*fast.rv_x, slow.rv_x, slow.rv_x));
        worst = std::max(worst, relative(*fast.rv_y, slow.rv_y, slow.rv_y));
    }
    if (rho) worst = std::max(worst, std::abs(*fast.rho - *rho));
    return worst;
}

}  // namespace

TEST_CASE("Hayashi-Yoshida meets the reference vectors, whichever side is fed first") {
    if (!test::have_shared("method/vectors/hayashi_yoshida")) return;
    std::size_t cases = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(test::shared_path("method/vectors/hayashi_yoshida"))) {
        const auto vector = nlohmann::json::parse(std::ifstream(entry.path()));
        CAPTURE(entry.path().filename().string());
        const auto &inputs = vector["inputs"], &expected = vector["expected"];
        const auto& tolerance = vector["tolerance"];
        const Ticks x = test::ticks_of(inputs, "x"), y = test::ticks_of(inputs, "y");
        const auto check = [&](const HayashiYoshidaValue& value, auto&& wanted) {
            CHECK(test::meets(value.cov, wanted("cov"), tolerance));
            CHECK(test::meets(value.rv_x, wanted("rv_x"), tolerance));
            CHECK(test::meets(value.rv_y, wanted("rv_y"), tolerance));
            CHECK(test::meets(value.rho, wanted("rho"), tolerance));
        };
        if (vector["params"].contains("window_ns")) {
            const auto window = vector["params"]["window_ns"].get<core::DurationNs>();
            const auto eval_ts = inputs["eval_ts"].get<std::vector<TimeNs>>();
            std::vector<HayashiYoshidaValue> values(eval_ts.size());
            core::rolling_hayashi_yoshida(x.span(), y.span(), window, eval_ts, values);
            HayashiYoshida y_first({.length = window, .capacity = 1000});
            Feeder feeder(x, y, Side::y);
            REQUIRE(expected["rho"].size() == values.size());
            for (std::size_t k = 0; k < values.size(); ++k) {
                CAPTURE(k);
                check(values[k], [&](const char* key) { return expected[key][k]; });
                feeder.feed(y_first, eval_ts[k]);
                CHECK(identical(values[k], y_first.value_at(eval_ts[k])));
            }
        } else {
            const auto result = core::hayashi_yoshida(x.span(), y.span());
            check(result.value, [&](const char* key) { return expected[key]; });
            CHECK(result.dropped.x.total() == expected["dropped_x"]);
            CHECK(result.dropped.y.total() == expected["dropped_y"]);
            HayashiYoshida y_first;
            Feeder(x, y, Side::y).feed(y_first);
            CHECK(identical(result.value, y_first.value()));
        }
        ++cases;
    }
    CHECK(cases >= 11);
}

TEST_CASE("Hayashi-Yoshida agrees with all pairs of intervals at every moment and window") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u, 4u);
    CAPTURE(seed);
    test::Random random(seed);
    const auto pair = test::random_pair(random, 300, true);
    const Ticks x = test::cleaned(pair.x), y = test::cleaned(pair.y);
    const core::DurationNs window = 40;
    HayashiYoshida all, rolling({.length = window, .capacity = 64});
    HayashiYoshida all_y_first, rolling_y_first({.length = window, .capacity = 64});
    Feeder feed_all(pair.x, pair.y, Side::x), feed_rolling(pair.x, pair.y, Side::x);
    Feeder feed_all_y(pair.x, pair.y, Side::y), feed_rolling_y(pair.x, pair.y, Side::y);
    for (TimeNs t = x.ts[0] - 3; t < x.ts.back() + 100; ++t) {
        feed_all.feed(all, t);
        feed_all_y.feed(all_y_first, t);
        REQUIRE(distance(all.value(), test::slow_hayashi_yoshida(
                                          x, y, 0, std::numeric_limits<TimeNs>::min(), t)) < 1e-13);
        REQUIRE(identical(all.value(), all_y_first.value()));
        feed_rolling.feed(rolling, t);
        feed_rolling_y.feed(rolling_y_first, t);
        const auto value = rolling.value_at(t);
        REQUIRE(distance(value, test::slow_hayashi_yoshida(x, y, 0, t - window, t)) < 1e-13);
        REQUIRE(identical(value, rolling_y_first.value_at(t)));
    }
    CHECK(all.value().rho);
    CHECK(rolling.left_early() == 0);
    CHECK(rolling.value().rv_x == 0.0);  // everything has left, and nothing of it remains
    CHECK_FALSE(rolling.value().rho);
    CHECK(all.dropped(Side::x).total() > 0);
    CHECK(all.dropped(Side::x).behind == 0);
    CHECK(all.dropped(Side::x) == rolling_y_first.dropped(Side::x));
}

TEST_CASE("Hayashi-Yoshida does not care which series is called x, nor in what money it trades") {
    test::Random random(21);
    const auto pair = test::random_pair(random, 2000, true);
    const auto xy = core::hayashi_yoshida(pair.x.span(), pair.y.span()).value;
    CHECK(identical(xy, exchanged(core::hayashi_yoshida(pair.y.span(), pair.x.span()).value)));
    auto scaled = pair.x;
    for (double& price : scaled.price) price *= 4096;  // a power of two scales without rounding
    CHECK(identical(xy, core::hayashi_yoshida(scaled.span(), pair.y.span()).value));
    const auto xx = core::hayashi_yoshida(pair.x.span(), pair.x.span()).value;
    CHECK(xx.cov == *xx.rv_x);
    CHECK(*xx.rho == Approx(1).epsilon(1e-15));
}

TEST_CASE("one long interval overlaps all that a side does from its first tick on") {
    const bool x_is_slow = GENERATE(true, false);
    Ticks slow, fast;
    slow.add(1, 100);
    for (TimeNs t = 3; t < 20; ++t) fast.add(t, 50 + static_cast<double>(t % 7));
    slow.add(12, 101);
    slow.add(40, 99);
    const Ticks &x = x_is_slow ? slow : fast, &y = x_is_slow ? fast : slow;
    HayashiYoshida estimator;
    Feeder feeder(x, y, Side::x);
    for (TimeNs t = 1; t <= 41; ++t) {
        feeder.feed(estimator, t);
        const auto all = test::slow_hayashi_yoshida(x, y, 0, 0, t);
        REQUIRE(distance(estimator.value(), all) < 1e-14);
    }
}

TEST_CASE("a print of the same stamp replaces the price, also after the other side has ticked") {
    HayashiYoshida replaced, clean;
    for (HayashiYoshida* estimator : {&replaced, &clean}) {
        estimator->tick(Side::x, 1, 100);
        estimator->tick(Side::y, 1, 200);
    }
    CHECK(replaced.tick(Side::x, 2, 150) == TickVerdict::next);
    CHECK(replaced.tick(Side::y, 2, 202) == TickVerdict::next);
    CHECK(replaced.tick(Side::x, 2, 101) == TickVerdict::replaces);
    clean.tick(Side::x, 2, 101);
    clean.tick(Side::y, 2, 202);
    CHECK(identical(replaced.value(), clean.value()));
    for (HayashiYoshida* estimator : {&replaced, &clean}) estimator->tick(Side::y, 5, 201);
    CHECK(identical(replaced.value(), clean.value()));
    CHECK(clean.value().cov == Approx(std::log(1.01) * std::log(1.01)).epsilon(1e-12));
    CHECK(clean.value().products == 1);
}

TEST_CASE("Hayashi-Yoshida drops what it cannot use and says why") {
    HayashiYoshida estimator;
    CHECK(estimator.tick(Side::x, 10, 100) == TickVerdict::next);
    CHECK(estimator.tick(Side::x, 9, 100) == TickVerdict::late);
    CHECK(estimator.tick(Side::y, 9, 100) == TickVerdict::behind);
    CHECK(estimator.tick(Side::y, 10, 100) == TickVerdict::next);
    for (const double price : {0.0, -1.0, double(NAN), double(INFINITY)})
        CHECK(estimator.tick(Side::y, 11, price) == TickVerdict::bad_price);
    CHECK(estimator.dropped(Side::x).late == 1);
    CHECK(estimator.dropped(Side::y).behind == 1);
    CHECK(estimator.dropped(Side::y).bad_price == 4);
    CHECK_FALSE(estimator.value().rv_x);  // one tick a side
    CHECK(estimator.value().cov == 0);
    // A crash of 25 decades is still a number.
    estimator.tick(Side::x, 20, 1e-23);
    estimator.tick(Side::y, 20, 1e300);
    CHECK(*estimator.value().rho == Approx(-1).epsilon(1e-12));
    CHECK(std::isfinite(*estimator.value().rv_y));
}

TEST_CASE("a restart makes no return over the gap") {
    test::Random random(5);
    const auto before = test::random_pair(random, 200, false);
    auto after = test::random_pair(random, 200, false);
    for (Ticks* ticks : {&after.x, &after.y})
        for (std::size_t k = 0; k < ticks->size(); ++k) {
            ticks->ts[k] += 10'000;
            ticks->price[k] *= 2;
        }
    HayashiYoshida estimator;
    Feeder(before.x, before.y, Side::x).feed(estimator);
    estimator.restart();
    const auto at_gap = estimator.value();
    const auto first = core::hayashi_yoshida(before.x.span(), before.y.span()).value;
    CHECK(identical(at_gap, first));
    Feeder(after.x, after.y, Side::x).feed(estimator);
    const auto second = core::hayashi_yoshida(after.x.span(), after.y.span()).value;
    CHECK(estimator.value().cov == Approx(first.cov + second.cov).epsilon(1e-12));
    CHECK(*estimator.value().rv_x == Approx(*first.rv_x + *second.rv_x).epsilon(1e-12));
    CHECK(estimator.value().products == first.products + second.products);
}

TEST_CASE("a window too long for its ring is a shorter window, and counted") {
    test::Random random(8);
    HayashiYoshida small({.length = 1'000'000, .capacity = 16}), exact({.length = 15});
    Ticks x, y;
    for (TimeNs t = 1; t <= 500; ++t) {
        const double px = 100 * std::exp(1e-3 * random.normal());
        const double py = 50 * std::exp(1e-3 * random.normal());
        x.add(t, px);
        y.add(t, py);
        small.tick(Side::x, t, px);
        small.tick(Side::y, t, py);
        // Sixteen instants in the ring and the open one.
        const auto slow = test::slow_hayashi_yoshida(x, y, 0, std::max<TimeNs>(t - 17, 0), t);
        REQUIRE(distance(small.value(), slow) < 1e-12);
    }
    CHECK(small.left_early() == 500 - 1 - 17);
}

TEST_CASE(
    "a window of coarse places needs no more of them than its length, and reaches little further") {
    const std::uint64_t seed = GENERATE(1u, 2u);
    CAPTURE(seed);
    test::Random random(seed);
    const auto pair = test::random_pair(random, 3000, false);
    const Ticks x = test::cleaned(pair.x), y = test::cleaned(pair.y);
    const core::DurationNs window = 200, resolution = 10;
    HayashiYoshida coarse({.length = window, .resolution = resolution});
    Feeder feeder(pair.x, pair.y, Side::x);
    for (TimeNs t = x.ts[0]; t < x.ts.back(); t += 37) {
        feeder.feed(coarse, t);
        const auto value = coarse.value_at(t);
        if (!value.rv_x) continue;
        const auto least = test::slow_hayashi_yoshida(x, y, 0, t - window, t);
        const auto most = test::slow_hayashi_yoshida(x, y, 0, t - window - resolution, t);
        REQUIRE(*value.rv_x >= static_cast<double>(least.rv_x) * (1 - 1e-12));
        REQUIRE(*value.rv_x <= static_cast<double>(most.rv_x) * (1 + 1e-12));
    }
    CHECK(coarse.left_early() == 0);
}

TEST_CASE("Hayashi-Yoshida stays exact to 1e-12 over ten million ticks with shocks") {
    test::Random random(20250127);
    const core::DurationNs window = 400;
    HayashiYoshida estimator({.length = window, .capacity = 512});
    std::array<Ticks, 2> recent;
    double worst = 0;
    std::array<double, 2> price{120, 1e5};
    TimeNs t = 0;
    for (int i = 0; i < 10'000'000; ++i) {
        t += static_cast<TimeNs>(random.below(3));
        const std::size_t k = random.below(2);
        // Prices 1e-6 apart, and now and then one that is a hundred times off, and back.
        const double usual = (k == 0 ? 120 : 1e5) * (1 + 1e-6 * random.uniform());
        price[k] = i % 50'000 == 777 ? usual * 100 : usual;
        estimator.tick(k == 0 ? Side::x : Side::y, t, price[k]);
        const bool look = i % 99'991 > 99'991 - 1200;
        if (!look) continue;
        recent[k].add(t, price[k]);
        if (i % 99'991 == 99'990) {
            const auto slow = test::slow_hayashi_yoshida(
                test::cleaned(recent[0]), test::cleaned(recent[1]), 0, t - window, t);
            worst = std::max(worst, distance(estimator.value(), slow));
            recent = {};
        }
    }
    CAPTURE(worst);
    CHECK(worst < 1e-12);
    CHECK(estimator.left_early() == 0);
}
