// The simulated markets: equal from equal seeds, and what each scenario says of itself is so.
#include "daemon/demo/scenario.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <set>

#include "core/decimal.hpp"
#include "daemon/demo/steady_math.hpp"

using namespace contagiond;
using namespace contagiond::demo;
namespace sym = contagiond::demo::symbol;

namespace {

constexpr std::uint64_t seed = 20250303;

constexpr std::array<std::size_t, 5> names = {sym::nvda, sym::avgo, sym::tsm, sym::amd, sym::mu};

using Series = std::vector<double>;

Series returns(const LatentPath& path, std::size_t symbol, int step = 1) {
    const Series& level = path.log_price[symbol];
    Series r;
    for (std::size_t t = 0; t + static_cast<std::size_t>(step) < level.size();
         t += static_cast<std::size_t>(step))
        r.push_back(level[t + static_cast<std::size_t>(step)] - level[t]);
    return r;
}

double move(const LatentPath& path, std::size_t symbol, int from_s, int to_s) {
    const Series& level = path.log_price[symbol];
    return level[static_cast<std::size_t>(to_s)] - level[static_cast<std::size_t>(from_s)];
}

double correlation(const Series& a, const Series& b) {
    double sa = 0, sb = 0, sab = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sa += a[i] * a[i];
        sb += b[i] * b[i];
        sab += a[i] * b[i];
    }
    return sab / std::sqrt(sa * sb);
}

double average(const Series& x) {
    return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

std::vector<LatentPath> paths_of(Scenario scenario, std::uint64_t n) {
    std::vector<LatentPath> paths;
    for (std::uint64_t path = 0; path < n; ++path)
        paths.push_back(simulate_latent(scenario, seed, path));
    return paths;
}

/// Average of what `f` says of each path.
template <typename F>
double mean_of(const std::vector<LatentPath>& paths, F f) {
    Series values;
    for (const LatentPath& path : paths) values.push_back(f(path));
    return average(values);
}

/// Share of the path's shock that is done when the path ends.
double share_done(const LatentPath& p) {
    return 1 - std::exp(-(path_seconds - *p.truth.onset_s) / *p.truth.draw("tau_s"));
}

std::uint64_t digest(const SimulatedPath& path) {
    std::uint64_t value = 14695981039346656037ULL;
    for (const core::Input& input : path.inputs) {
        unsigned char bytes[sizeof input];
        std::memcpy(bytes, &input, sizeof input);
        for (const unsigned char byte : bytes) value = (value ^ byte) * 1099511628211ULL;
    }
    return value;
}

std::vector<const core::Input*> ticks_of(const SimulatedPath& path, std::size_t symbol) {
    std::vector<const core::Input*> out;
    for (const core::Input& input : path.inputs)
        if (input.instrument == symbol) out.push_back(&input);
    return out;
}

double second_of(const core::Input& input) {
    return core::to_seconds(input.ts_exchange - path_start);
}

double price_of(const core::Input& input) {
    return core::to_double({input.trade.price, input.price_exponent});
}

}  // namespace

TEST_CASE("logarithm and exponential are those of mathematics") {
    for (double x = 1e-300; x < 1e300; x *= 1.7) {
        INFO(x);
        CHECK(steady_log(x) == Approx(std::log(x)).epsilon(4e-16).margin(1e-16));
    }
    for (double x = -690; x < 690; x += 0.37) {
        INFO(x);
        CHECK(steady_exp(x) == Approx(std::exp(x)).epsilon(1e-15));
    }
    CHECK(steady_log(1) == 0);
    CHECK(steady_exp(0) == 1);
}

TEST_CASE("shocks have the moments they claim") {
    Shocks shocks(seed);
    constexpr int n = 400'000;
    double normal2 = 0, normal4 = 0, student1 = 0, student2 = 0, waiting = 0;
    int far = 0;
    for (int i = 0; i < n; ++i) {
        const double z = shocks.normal();
        normal2 += z * z / n;
        normal4 += z * z * z * z / n;
        const double t = shocks.student();
        student1 += t / n;
        student2 += t * t / n;
        // t with 5 degrees is beyond 4.032 with 1 %; at unit variance that is at 3.123.
        if (std::abs(t) > 4.0321429836 * std::sqrt(0.6)) ++far;
        waiting += shocks.exponential() / n;
    }
    CHECK(normal2 == Approx(1).margin(0.01));
    CHECK(normal4 == Approx(3).margin(0.1));
    CHECK(student1 == Approx(0).margin(0.01));
    CHECK(student2 == Approx(1).margin(0.04));
    CHECK(static_cast<double>(far) / n == Approx(0.01).margin(0.0008));
    CHECK(waiting == Approx(1).margin(0.01));
}

TEST_CASE("equal seeds give equal ticks, other seeds, paths and scenarios give others") {
    const auto of = [](Scenario scenario, std::uint64_t s, std::uint64_t path) {
        return digest(simulate(scenario, s, path, TickRate::quarter));
    };
    const std::uint64_t first = of(Scenario::deepseek_like, seed, 3);
    CHECK(first == of(Scenario::deepseek_like, seed, 3));
    CHECK(first != of(Scenario::deepseek_like, seed, 4));
    CHECK(first != of(Scenario::deepseek_like, seed + 1, 3));
    CHECK(first != of(Scenario::corr_break, seed, 3));
    // The same on every machine: no mathematics library has a say.
    CHECK(of(Scenario::lagged_transmission, 1, 0) == 7241592928044305275ULL);
}

TEST_CASE("every scenario says what it is") {
    std::set<std::string_view> known;
    for (std::size_t i = 0; i < scenario_count; ++i) {
        const auto scenario = static_cast<Scenario>(i);
        known.insert(scenario_names()[i]);
        INFO(scenario_names()[i]);
        const LatentPath path = simulate_latent(scenario, seed, 0);
        CHECK(path.truth.scenario == scenario);
        CHECK_FALSE(path.truth.type.empty());
        CHECK(path.truth.expect_alert == (path.truth.direction == Direction::tech_to_crypto));
        for (const Series& level : path.log_price) CHECK(level.size() == path_seconds + 1);
        if (path.truth.onset_s) {
            CHECK(*path.truth.onset_s >= 3600);
            CHECK(*path.truth.onset_s < 6000);
            CHECK(*path.truth.end_s > *path.truth.onset_s);
        }
        if (path.truth.expect_alert) CHECK(path.truth.strength.has_value());
    }
    CHECK(known.size() == scenario_count);
}

TEST_CASE("calm has the stated volatilities and correlations") {
    const std::vector<LatentPath> paths = paths_of(Scenario::calm, 40);
    // Volatility is log-normal about the stated one, so its logarithm is right on average.
    const auto log_sigma = [](const LatentPath& path, std::size_t i) {
        const Series r = returns(path, i, 60);
        double sum = 0;
        for (const double x : r) sum += x * x;
        return std::log(std::sqrt(sum / static_cast<double>(r.size())) / minute_volatility(i));
    };
    for (const std::size_t i : {sym::nvda, sym::qqq, sym::dxy}) {
        INFO(symbol_names()[i]);
        CHECK(mean_of(paths, [&](const LatentPath& p) { return log_sigma(p, i); }) ==
              Approx(0.1).margin(0.2));
    }
    const auto rho_of = [](const LatentPath& p, std::size_t a, std::size_t b) {
        return correlation(returns(p, a), returns(p, b));
    };
    const auto rho = [&](std::size_t a, std::size_t b) {
        return mean_of(paths, [&](const LatentPath& p) { return rho_of(p, a, b); });
    };
    // Sums of products of loadings.
    CHECK(rho(sym::nvda, sym::tsm) == Approx(0.50 * 0.50 + 0.62 * 0.62 + 0.15 * 0.15).margin(0.08));
    CHECK(rho(sym::btc, sym::eth) > 0.6);
    CHECK(rho(sym::dxy, sym::zn) == Approx(-0.62 * 0.62 + 0.12 * 0.22).margin(0.08));
    CHECK(rho(sym::nvda, sym::dxy) < 0);
    // With exposure 0.3 to 1.5 the link of tech and Bitcoin is loose, and it grows with it.
    CHECK(rho(sym::qqq, sym::btc) == Approx(0.25).margin(0.12));
    Series low, high;
    for (const LatentPath& p : paths)
        (*p.truth.draw("g_exposure") < 0.9 ? low : high).push_back(rho_of(p, sym::qqq, sym::btc));
    CHECK(average(low) + 0.1 < average(high));
    CHECK(mean_of(paths_of(Scenario::indep_garch, 10), [&](const LatentPath& p) {
              return rho_of(p, sym::qqq, sym::btc);
          }) == Approx(0).margin(0.02));
}

TEST_CASE("a macro shock moves the dollar up and the rest down, all at once") {
    const std::vector<LatentPath> paths = paths_of(Scenario::common_macro, 40);
    for (const LatentPath& p : paths) {
        CHECK(p.truth.direction == Direction::common);
        CHECK_FALSE(p.truth.expect_alert);
    }
    // One path's noise can hide its shock; it cannot in the sum.
    const auto mean_move = [&](std::size_t symbol) {
        return mean_of(paths, [&](const LatentPath& p) {
            return move(p, symbol, *p.truth.onset_s, path_seconds) / *p.truth.draw("scale") /
                   share_done(p);
        });
    };
    CHECK(mean_move(sym::dxy) == Approx(0.0040).margin(0.0008));
    CHECK(mean_move(sym::zn) == Approx(-0.0045).margin(0.001));
    CHECK(mean_move(sym::gc) == Approx(-0.0090).margin(0.002));
    CHECK(mean_move(sym::btc) == Approx(-0.020).margin(0.006));
    const auto shares_falling = [&](std::size_t symbol) {
        return mean_of(paths, [&](const LatentPath& p) {
            return move(p, symbol, *p.truth.onset_s, *p.truth.end_s) < 0 ? 1.0 : 0.0;
        });
    };
    CHECK(shares_falling(sym::dxy) < 0.1);
    CHECK(shares_falling(sym::zn) > 0.9);
    CHECK(mean_of(paths, [](const LatentPath& p) { return (*p.truth.strength)[2].sigma; }) > 5);
}

TEST_CASE("tech alone falls without crypto") {
    const std::vector<LatentPath> paths = paths_of(Scenario::tech_only, 40);
    CHECK(mean_of(paths, [](const LatentPath& p) {
              double sum = 0;
              for (const std::size_t i : names) sum += move(p, i, *p.truth.onset_s, path_seconds);
              return sum / 5 / *p.truth.draw("tech_total") / share_done(p);
          }) == Approx(1).margin(0.2));
    CHECK(mean_of(paths, [](const LatentPath& p) {
              return move(p, sym::btc, *p.truth.onset_s, path_seconds);
          }) == Approx(0).margin(0.006));
}

TEST_CASE("crypto follows tech by the drawn lag") {
    // The response to a lag L is exponential, L seconds on average. The cross-correlation of
    // one-second returns over the event is that response plus a level, which is the drift's.
    constexpr std::size_t lags = 180, far = 60;
    const auto cross = [](const LatentPath& p) {
        const auto from = static_cast<std::size_t>(*p.truth.onset_s);
        const auto to =
            std::min<std::size_t>(path_seconds - lags, static_cast<std::size_t>(*p.truth.end_s));
        Series tech(path_seconds), btc = returns(p, sym::btc);
        for (const std::size_t i : names) {
            const Series r = returns(p, i);
            for (std::size_t t = 0; t < r.size(); ++t) tech[t] += r[t] / 5;
        }
        Series sums(lags);
        for (std::size_t lag = 1; lag <= lags; ++lag)
            for (std::size_t t = from; t < to; ++t) sums[lag - 1] += tech[t] * btc[t + lag];
        return sums;
    };
    const std::vector<LatentPath> paths = paths_of(Scenario::corr_break, 60);
    const auto mean_lag = [&](double least, double most) {
        Series sum(lags);
        double drawn = 0;
        int used = 0;
        for (const LatentPath& p : paths) {
            const double lag = *p.truth.draw("lag_s");
            if (lag < least || lag >= most) continue;
            ++used;
            drawn += lag;
            const Series s = cross(p);
            for (std::size_t i = 0; i < lags; ++i) sum[i] += s[i];
        }
        REQUIRE(used >= 8);
        const double level = average({sum.end() - static_cast<std::ptrdiff_t>(far), sum.end()});
        double weight = 0, moment = 0;
        for (std::size_t i = 0; i < lags - far; ++i) {
            weight += sum[i] - level;
            moment += static_cast<double>(i + 1) * (sum[i] - level);
        }
        return std::pair{moment / weight, drawn / used};
    };
    const auto [short_measured, short_drawn] = mean_lag(1, 12);
    const auto [long_measured, long_drawn] = mean_lag(20, 30);
    INFO("seed " << seed << " drawn " << short_drawn << " and " << long_drawn);
    CHECK(short_measured == Approx(short_drawn).margin(4));
    CHECK(long_measured == Approx(long_drawn).margin(8));
}

TEST_CASE("whoever follows, falls by the gain") {
    const auto followed = [](Scenario scenario, std::size_t leader, std::size_t follower,
                             std::string_view gain, double expected, double within) {
        INFO(scenario_names()[static_cast<std::size_t>(scenario)]);
        double fall = 0, led = 0;
        for (const LatentPath& p : paths_of(scenario, 60)) {
            const int onset = *p.truth.onset_s;
            fall += move(p, follower, onset, path_seconds);
            led += move(p, leader, onset, path_seconds) * *p.truth.draw(gain);
        }
        CHECK(fall / led == Approx(expected).epsilon(within));
    };
    // QQQ takes half of a tech shock.
    followed(Scenario::lagged_transmission, sym::qqq, sym::btc, "kappa", 2.0, 0.25);
    followed(Scenario::crypto_led, sym::btc, sym::amd, "k", 1.0, 0.25);
    // Both coins share their noise, so their falls compare more closely.
    double bitcoin = 0, ether = 0;
    for (const LatentPath& p : paths_of(Scenario::lagged_transmission, 60)) {
        bitcoin += move(p, sym::btc, *p.truth.onset_s, path_seconds);
        ether += move(p, sym::eth, *p.truth.onset_s, path_seconds);
    }
    CHECK(ether / bitcoin == Approx(1.2).epsilon(0.1));
}

TEST_CASE("a volatility burst drifts nowhere") {
    const std::vector<LatentPath> paths = paths_of(Scenario::fr_trap, 40);
    const auto burst = [](const LatentPath& p) {
        double inside = 0, outside = 0;
        const int onset = *p.truth.onset_s, end = std::min(*p.truth.end_s, path_seconds);
        for (int t = onset; t < end; ++t) inside += std::pow(move(p, sym::qqq, t, t + 1), 2);
        for (int t = 0; t < onset; ++t) outside += std::pow(move(p, sym::qqq, t, t + 1), 2);
        return (inside / (end - onset)) / (outside / onset);
    };
    CHECK(mean_of(paths, burst) > 4);
    CHECK(mean_of(paths, [](const LatentPath& p) {
              return move(p, sym::qqq, *p.truth.onset_s, path_seconds);
          }) == Approx(0).margin(0.008));
}

TEST_CASE("trades come at the stated rates, within 5 ms of their stamps, on the tick") {
    const std::array<double, symbol_count> rates = {3, 1, 0.8, 1.5, 0.8, 3, 3, 2, 0.3, 1, 0.8};
    const std::array<double, symbol_count> ticks = {0.01, 0.01, 0.01,  0.01,     0.01, 0.01,
                                                    0.5,  0.05, 0.005, 0.015625, 0.1};
    for (const TickRate rate : {TickRate::quarter, TickRate::full}) {
        const SimulatedPath path = simulate(Scenario::calm, seed, 0, rate);
        const double share = rate == TickRate::quarter ? 0.25 : 1;
        int own_backwards = 0, backwards = 0;
        for (std::size_t i = 0; i < symbol_count; ++i) {
            const auto ticks_here = ticks_of(path, i);
            const double expected = rates[i] * share * path_seconds;
            INFO(symbol_names()[i]);
            CHECK(static_cast<double>(ticks_here.size()) ==
                  Approx(expected).margin(5 * std::sqrt(expected)));
            core::TimeNs latest = 0;
            for (const core::Input* tick : ticks_here) {
                if (tick->ts_exchange < latest) ++own_backwards;
                latest = std::max(latest, tick->ts_exchange);
                const double units = price_of(*tick) / ticks[i];
                if (std::abs(units - std::round(units)) > 1e-6) FAIL(price_of(*tick));
            }
        }
        core::TimeNs latest = 0, arrived = 0;
        for (const core::Input& input : path.inputs) {
            if (input.ts_exchange < latest) ++backwards;
            if (input.ts_exchange < latest - 5 * core::ns_per_ms) FAIL("too far out of order");
            if (input.ts_receive < arrived) FAIL("arrivals out of order");
            latest = std::max(latest, input.ts_exchange);
            arrived = input.ts_receive;
        }
        CHECK(backwards > 0);
        CHECK(own_backwards > 0);
        CHECK(own_backwards < static_cast<int>(path.inputs.size()) / 100);
    }
}

TEST_CASE("what is closed or stalled prints nothing") {
    const SimulatedPath path = simulate(Scenario::deepseek_like, seed, 0, TickRate::quarter);
    const int reopens = static_cast<int>(*path.truth.draw("closed_until_s"));
    CHECK(reopens >= *path.truth.onset_s + 25 * 60);
    CHECK(reopens <= *path.truth.onset_s + 50 * 60);
    for (const std::size_t i : names) {
        double last_before = 0, first_after = 0;
        for (const core::Input* tick : ticks_of(path, i)) {
            const double t = second_of(*tick);
            if (t >= 9 * 60 && t < reopens) FAIL(symbol_names()[i] << " prints at " << t);
            if (t < 9 * 60) last_before = price_of(*tick);
            if (t >= reopens && first_after == 0) first_after = price_of(*tick);
        }
        CHECK(first_after < last_before);
    }
    const auto index = ticks_of(path, sym::qqq);
    CHECK(std::any_of(index.begin(), index.end(), [&](const core::Input* tick) {
        return second_of(*tick) > 9 * 60 && second_of(*tick) < reopens;
    }));

    for (std::uint64_t k = 0; k < 5; ++k) {
        const SimulatedPath stalled = simulate(Scenario::feed_stall, seed, k, TickRate::quarter);
        REQUIRE(stalled.truth.outages.size() == 3);
        for (const Outage& outage : stalled.truth.outages) {
            CHECK(outage.to_s - outage.from_s >= 120);
            CHECK(outage.to_s - outage.from_s <= 720);
            for (const core::Input& input : stalled.inputs)
                if ((outage.symbols >> input.instrument & 1) != 0 &&
                    second_of(input) >= outage.from_s && second_of(input) < outage.to_s)
                    FAIL("path " << k << " prints inside an outage");
        }
    }
}

TEST_CASE("a fat finger stands alone and is put right 40 ms later") {
    const SimulatedPath path = simulate(Scenario::fat_finger, seed, 1, TickRate::quarter);
    const LatentPath latent = simulate_latent(Scenario::fat_finger, seed, 1);
    CHECK(path.truth.fat_fingers.size() >= 6);
    for (const FatFinger& slip : path.truth.fat_fingers) {
        CHECK(slip.fraction <= -0.02);
        CHECK(slip.fraction >= -0.25);
        bool wrong = false, right = false;
        for (const core::Input* tick : ticks_of(path, slip.symbol)) {
            const double after = second_of(*tick) - slip.at_s;
            const double truth =
                std::exp(latent.log_price[slip.symbol][static_cast<std::size_t>(slip.at_s)]);
            const double off = price_of(*tick) / truth - 1;
            if (std::abs(after) < 1e-6) wrong = wrong || std::abs(off - slip.fraction) < 1e-3;
            if (std::abs(after - 0.04) < 1e-6) right = right || std::abs(off) < 2e-3;
        }
        CHECK(wrong);
        CHECK(right);
    }
}

TEST_CASE("one group trades seldom until the onset, and then at its usual rate") {
    for (std::uint64_t k = 0; k < 4; ++k) {
        const SimulatedPath path = simulate(Scenario::epps_async, seed, k, TickRate::full);
        const int onset = *path.truth.onset_s;
        std::array<int, symbol_count> before{}, after{};
        for (const core::Input& input : path.inputs)
            ++(second_of(input) < onset ? before : after)[input.instrument];
        const auto rate_before = [&](std::size_t i) {
            return static_cast<double>(before[i]) / onset;
        };
        const bool tech = rate_before(sym::nvda) < 1;
        INFO("path " << k << (tech ? " tech" : " crypto"));
        for (std::size_t i = 0; i < symbol_count; ++i) {
            const bool sparse = tech ? i <= sym::qqq : i == sym::btc || i == sym::eth;
            const double rate_after = static_cast<double>(after[i]) / (path_seconds - onset);
            if (sparse) {
                CHECK(rate_before(i) < 1 / 18.0);
                CHECK(rate_before(i) > 1 / 130.0);
                CHECK(rate_after > 0.7);
            } else {
                CHECK(rate_before(i) == Approx(rate_after).epsilon(0.25));
            }
        }
    }
}

TEST_CASE("the simulated universe is one an engine takes") {
    core::EngineConfig settings;
    settings.detector.enter_score = 0.7;
    const core::EngineConfig config = simulated_config(settings);
    CHECK(core::check(config).empty());
    CHECK(config.detector.enter_score == 0.7);
    CHECK(config.universe.instruments.size() == symbol_count);
    CHECK(config.targets.size() == 2);
    REQUIRE(config.controls.size() == 3);
    CHECK(config.controls[0].sign == -1);
    CHECK(config.controls[1].sign == 1);
}
