// The budget against markets it has not seen: other seeds than the table's.
#include "daemon/false_alarm_budget.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "daemon/confidence.hpp"
#include "daemon/default_config.hpp"
#include "daemon/false_alarm_table.hpp"
#include "daemon/null_runs.hpp"
#include "tests/daemon/null_market.hpp"

using namespace contagiond;
using daemon::budget_of;
using daemon::threshold_factor_for;
using test::null_universe;

namespace {

constexpr std::uint64_t other_seed = 2718;

/// Standard deviations of Poisson. Volatility clusters, so counts of months scatter more than that.
constexpr double scatter = 3.5;

/// One market for all of `configs`, each judged at the factor its budget comes to.
std::vector<std::uint64_t> episodes_at_budget(const core::EngineConfig& market,
                                              const std::vector<core::EngineConfig>& configs,
                                              double budget, std::uint64_t months) {
    daemon::NullRun run;
    run.market = market;
    run.configs = configs;
    std::set<double> factors;
    for (const core::EngineConfig& config : configs)
        factors.insert(threshold_factor_for(config, budget).value());
    run.factors.assign(factors.begin(), factors.end());
    run.months = months;
    run.seed = other_seed;
    run.jobs = 2;
    const auto counts = count_null_episodes(run);
    std::vector<std::uint64_t> out;
    for (std::size_t i = 0; i < configs.size(); ++i) {
        const auto place = factors.find(threshold_factor_for(configs[i], budget).value());
        out.push_back(counts[i][static_cast<std::size_t>(std::distance(factors.begin(), place))]);
    }
    return out;
}

void check_budget(std::uint64_t episodes, double budget, std::uint64_t months) {
    const double mean = budget * static_cast<double>(months);
    INFO(episodes << " episodes in " << months << " months of seed " << other_seed);
    CHECK(std::abs(static_cast<double>(episodes) - mean) <= 1 + scatter * std::sqrt(mean));
}

/// The members that `keep` wants.
template <typename Keep>
core::EngineConfig with_members(core::EngineConfig config, Keep keep) {
    auto& members = config.universe.groups[0].members;
    std::erase_if(members, [&](const core::Member& m) { return !keep(m); });
    return config;
}

}  // namespace

TEST_CASE("the usual budget comes to the usual thresholds") {
    core::EngineConfig config = daemon::default_engine_config();
    const double usual = core::DetectorConfig{}.threshold_factor;
    CHECK(threshold_factor_for(config, daemon::default_false_alarm_budget) == usual);
    config.bar = core::ns_per_min;
    CHECK(threshold_factor_for(config, daemon::default_false_alarm_budget) == usual);
}

TEST_CASE("a smaller budget is a larger factor, and the way back is the same") {
    for (const bool has_index : {true, false})
        for (const core::DurationNs bar : {core::ns_per_min, 3 * core::ns_per_min}) {
            const core::EngineConfig config =
                null_universe(has_index, has_index ? 0 : 3, {"BTC-USD"}, bar);
            const daemon::BudgetRange range = daemon::budget_range(config);
            REQUIRE(range.least < 0.5);
            REQUIRE(range.most > 3);
            double last = 0;
            for (double budget = range.most; budget >= range.least; budget *= 0.9) {
                const double factor = threshold_factor_for(config, budget).value();
                CHECK(factor >= last);
                last = factor;
                // A factor is told in hundredths.
                if (const auto back = budget_of(config, factor))
                    CHECK(*back == Approx(budget).epsilon(0.04));
            }
            CHECK(last > 1);
            CHECK_FALSE(threshold_factor_for(config, range.least * 0.98));
            CHECK_FALSE(threshold_factor_for(config, range.most * 1.02));
            CHECK_FALSE(threshold_factor_for(config, 0));
            CHECK_FALSE(threshold_factor_for(config, std::nan("")));
        }
}

TEST_CASE("the factor knows what the rate depends on") {
    const auto factor = [](const core::EngineConfig& config) {
        return threshold_factor_for(config, 2).value();
    };
    const double indexed = factor(null_universe(true, 0));
    CHECK(factor(null_universe(true, 6)) == indexed);
    // The more names stand for the index, the steadier their mean.
    CHECK(factor(null_universe(false, 1)) < indexed);
    CHECK(factor(null_universe(false, 8)) < factor(null_universe(false, 1)));
    const double three = factor(null_universe(false, 3));
    CHECK(three <= factor(null_universe(false, 2)));
    CHECK(three >= factor(null_universe(false, 4)));
    CHECK(factor(null_universe(true, 0, {"ETH-USD", "BTC-USD"})) > indexed);
    CHECK(factor(null_universe(true, 0, {"BTC-USD", "ETH-USD"})) == indexed);
    CHECK(factor(null_universe(true, 0, {"BTC-USD"}, 10 * core::ns_per_s)) == indexed);
    CHECK(factor(null_universe(true, 0, {"BTC-USD"}, 5 * core::ns_per_min)) < indexed);
}

TEST_CASE("the table says what months of another seed say") {
    const core::EngineConfig market = null_universe(true, 8, {"BTC-USD", "ETH-USD"});
    const std::vector<core::EngineConfig> configs = {
        market, with_members(market, [](const core::Member& m) { return !m.is_index; })};
    daemon::NullRun run;
    run.market = market;
    run.configs = configs;
    run.factors = {0.6, 0.8, 1.0};
    run.months = 12;
    run.seed = other_seed;
    run.jobs = 2;
    const auto counts = count_null_episodes(run);
    for (std::size_t c = 0; c < configs.size(); ++c)
        for (std::size_t f = 0; f < run.factors.size(); ++f) {
            const double mean = 12 * budget_of(configs[c], run.factors[f]).value();
            INFO("configuration " << c << ", factor " << run.factors[f] << ", seed " << run.seed);
            CHECK(std::abs(static_cast<double>(counts[c][f]) - mean) <=
                  1 + scatter * std::sqrt(mean));
        }
}

TEST_CASE("members, targets and the bar keep the budget") {
    constexpr double budget = 4;
    constexpr std::uint64_t months = 10;
    SECTION("one, three and six members with an index; one, three and six names alone") {
        const core::EngineConfig market = null_universe(true, 6);
        std::vector<core::EngineConfig> configs;
        for (const std::size_t names : {0u, 2u, 5u})
            configs.push_back(with_members(market, [&](const core::Member& m) {
                return m.is_index || m.instrument <= names;
            }));
        for (const std::size_t names : {1u, 3u, 6u})
            configs.push_back(with_members(market, [&](const core::Member& m) {
                return !m.is_index && m.instrument <= names;
            }));
        for (const std::uint64_t n : episodes_at_budget(market, configs, budget, months))
            check_budget(n, budget, months);
    }
    SECTION("one, two and four targets, and Ether first") {
        const core::EngineConfig market =
            null_universe(true, 0, {"BTC-USD", "ETH-USD", "SOL-USD", "XRP-USD"});
        std::vector<core::EngineConfig> configs(4, market);
        configs[0].targets = {1};
        configs[1].targets = {1, 2};
        configs[3].targets = {2, 1};
        const auto episodes = episodes_at_budget(market, configs, budget, months);
        for (const std::uint64_t n : episodes) check_budget(n, budget, months);
        // The first target decides.
        CHECK(episodes[0] == episodes[1]);
        CHECK(episodes[0] == episodes[2]);
    }
    SECTION("bars of ten seconds, and of five minutes") {
        for (const core::DurationNs bar : {10 * core::ns_per_s, 5 * core::ns_per_min}) {
            const core::EngineConfig market = null_universe(true, 0, {"BTC-USD"}, bar);
            const std::uint64_t some = bar < core::ns_per_min ? 6 : months;
            check_budget(episodes_at_budget(market, {market}, budget, some).front(), budget, some);
        }
    }
}

TEST_CASE("what is counted for many factors is what engines tell one by one") {
    for (const core::DurationNs bar : {10 * core::ns_per_s, core::ns_per_min}) {
        core::EngineConfig config =
            demo::null_config(null_universe(true, 2, {"BTC-USD", "ETH-USD"}, bar));
        // No fall is called the coin's own: direction is not counted.
        config.detector.reverse_balance = 100;
        const std::vector<double> factors = {0.4, 0.8};
        const demo::NullSettings settings{other_seed, 1, 0};
        const auto counted = daemon::null_openings(config, factors, settings);
        for (std::size_t f = 0; f < factors.size(); ++f) {
            config.detector.threshold_factor = factors[f];
            core::Engine engine(config);
            demo::NullMarket market(config, settings);
            const core::TimeNs until =
                market.counted_from() + (bar < core::ns_per_min ? 5 : 30) * core::ns_per_day;
            std::vector<core::TimeNs> told, expected;
            std::vector<core::Input> prints;
            while (market.next(prints) && market.ts() <= until) {
                prints.push_back(core::Input::make_clock(market.ts() + 1));
                for (const core::Event& event : engine.step(prints)) {
                    const auto* changed = std::get_if<core::EpisodeChanged>(&event);
                    if (changed == nullptr || changed->episode->phase != core::EpisodePhase::opened)
                        continue;
                    if (changed->ts > market.counted_from()) told.push_back(changed->ts);
                }
            }
            for (const core::TimeNs t : counted[f])
                if (t <= until) expected.push_back(t);
            INFO("factor " << factors[f] << ", bar " << bar << ", seed " << settings.seed);
            CHECK(told == expected);
            if (f == 0) CHECK_FALSE(expected.empty());
        }
    }
}
