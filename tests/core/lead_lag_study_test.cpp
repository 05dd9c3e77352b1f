#include "core/estimators/lead_lag_study.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "core/estimators/lead_lag.hpp"
#include "tests/core/planted_lead.hpp"
#include "tests/core/tick_twins.hpp"
#include "tests/support/allocations.hpp"

using namespace contagiond;
using core::DurationNs;
using core::LeadLagStudy;
using core::LeadLagStudyValue;
using core::NoLead;
using core::ns_per_ms;
using core::ns_per_s;
using core::TimeNs;
using test::planted_lead;
using test::Ticks;
using test::window_begin;
using test::window_end;

namespace {

LeadLagStudyValue study(LeadLagStudy& study, const test::TickPair& pair) {
    return study.measure(pair.x.span(), pair.y.span(), window_begin, window_end);
}

/// The ticks that count in (from, to]: the last one up to `from`, and those up to `to`.
Ticks in_window(const Ticks& clean, TimeNs from, TimeNs to) {
    Ticks ticks;
    for (std::size_t k = 0; k < clean.size(); ++k) {
        if (clean.ts[k] > to) break;
        if (clean.ts[k] <= from) ticks = {};
        ticks.add(clean.ts[k], clean.price[k]);
    }
    return ticks;
}

/// By all pairs of intervals: sums of each block, at one lag.
struct SlowBlocks {
    struct Sums {
        long double cov = 0, rv_x = 0, rv_y = 0;
        bool any = false;
    };
    std::vector<Sums> blocks;

    SlowBlocks(const Ticks& x, const Ticks& y, DurationNs lag, TimeNs from, TimeNs to, int count) {
        blocks.resize(static_cast<std::size_t>(count));
        const DurationNs length = (to - from + count - 1) / count;
        const auto block = [&](TimeNs end) -> Sums& {
            return blocks.at(static_cast<std::size_t>((end - from - 1) / length));
        };
        const auto r = [](const Ticks& ticks, std::size_t k) {
            return std::log(static_cast<long double>(ticks.price[k])) -
                   std::log(static_cast<long double>(ticks.price[k - 1]));
        };
        for (std::size_t i = 1; i < x.size(); ++i) {
            block(x.ts[i]).rv_x += r(x, i) * r(x, i);
            block(x.ts[i]).any = true;
            for (std::size_t j = 1; j < y.size(); ++j) {
                const bool overlap =
                    std::max(x.ts[i - 1] + lag, y.ts[j - 1]) < std::min(x.ts[i] + lag, y.ts[j]);
                if (overlap) block(std::max(x.ts[i], y.ts[j])).cov += r(x, i) * r(y, j);
            }
        }
        for (std::size_t j = 1; j < y.size(); ++j) {
            block(y.ts[j]).rv_y += r(y, j) * r(y, j);
            block(y.ts[j]).any = true;
        }
        std::erase_if(blocks, [](const Sums& sums) { return !sums.any; });
    }
    /// Each block as often as told.
    double rho(const std::vector<int>& times) const {
        Sums all;
        for (std::size_t b = 0; b < blocks.size(); ++b) {
            all.cov += times[b] * blocks[b].cov;
            all.rv_x += times[b] * blocks[b].rv_x;
            all.rv_y += times[b] * blocks[b].rv_y;
        }
        return static_cast<double>(all.cov / std::sqrt(all.rv_x * all.rv_y));
    }
    double rho() const { return rho(std::vector<int>(blocks.size(), 1)); }
    double standard_error() const {
        std::vector<double> leave_one_out;
        double mean = 0, squares = 0;
        for (std::size_t g = 0; g < blocks.size(); ++g) {
            std::vector<int> times(blocks.size(), 1);
            times[g] = 0;
            leave_one_out.push_back(rho(times));
            mean += leave_one_out.back() / static_cast<double>(blocks.size());
        }
        for (const double rho : leave_one_out) squares += (rho - mean) * (rho - mean);
        const auto count = static_cast<double>(blocks.size());
        return std::sqrt((count - 1) / count * squares);
    }
};

}  // namespace

TEST_CASE("a study's correlations are LeadLag's, and its doubt that of all pairs of intervals") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    CAPTURE(seed);
    // Stamps that often coincide, with all that can be wrong with ticks; three windows in turn.
    test::Random random(seed);
    const auto pair = test::random_pair(random, 500, true);
    const Ticks clean_x = test::cleaned(pair.x), clean_y = test::cleaned(pair.y);
    const std::vector<DurationNs> lags{-40, -9, -2, 0, 3, 7, 50};
    LeadLagStudy study({.lags = lags, .blocks = 11, .resolution = 1});
    const TimeNs start = clean_x.ts[0];
    for (const auto& [from, to] :
         {std::pair{start - 10, start + 2'000}, std::pair{start + 100, start + 400},
          std::pair{start + 37, start + 341}}) {
        const auto value = study.measure(pair.x.span(), pair.y.span(), from, to);
        const Ticks x = in_window(clean_x, from, to), y = in_window(clean_y, from, to);
        core::LeadLag lead_lag(lags, 1'000);
        const auto point = lead_lag.measure(x.span(), y.span());
        REQUIRE(value.rho.size() == lags.size());
        for (std::size_t k = 0; k < lags.size(); ++k)
            REQUIRE(*value.rho[k] == Approx(*point.rho[k]).epsilon(1e-12).margin(1e-14));
        CHECK(*value.llr == Approx(*point.llr).epsilon(1e-11));
        CHECK(value.returns_x == x.size() - 1);
        CHECK(value.returns_y == y.size() - 1);
        CHECK(value.samples() == std::min(x.size(), y.size()) - 1);

        const SlowBlocks at_theta(x, y, *value.theta, from, to, 11);
        CHECK(*value.rho_theta == Approx(at_theta.rho()).epsilon(1e-11));
        CHECK(*value.rho_theta_se == Approx(at_theta.standard_error()).epsilon(1e-10));
        const SlowBlocks at_zero(x, y, 0, from, to, 11);
        CHECK(*value.rho_zero == Approx(at_zero.rho()).epsilon(1e-11));
        CHECK(*value.rho_zero_se == Approx(at_zero.standard_error()).epsilon(1e-10));
        // theta is the strongest of all that was looked at, and all of it is between the given.
        for (const DurationNs lag : study.lags_looked_at()) {
            REQUIRE(lag >= -40);
            REQUIRE(lag <= 50);
            const double rho = SlowBlocks(x, y, lag, from, to, 11).rho();
            REQUIRE(std::abs(rho) <= std::abs(*value.rho_theta) * (1 + 1e-10));
        }
    }
}

TEST_CASE("the interval holds what resampled blocks say in nineteen cases of twenty") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    CAPTURE(seed);
    // Few ticks and a weak link: resamples that go astray on both sides.
    const auto pair = planted_lead({.seed = seed, .lead_s = 5, .gap_x_s = 6, .gap_y_s = 9});
    LeadLagStudy study({.blocks = 20, .resolution = 1 * ns_per_s});
    const auto value = ::study(study, pair);
    REQUIRE(value.interval95);
    const Ticks x = in_window(pair.x, window_begin, window_end);
    const Ticks y = in_window(pair.y, window_begin, window_end);
    std::vector<std::pair<DurationNs, SlowBlocks>> all;
    for (const DurationNs lag : study.lags_looked_at())
        all.emplace_back(lag, SlowBlocks(x, y, lag, window_begin, window_end, 20));
    test::Random random(seed + 100);
    int below = 0, above = 0;
    const int resamples = 2'000;
    for (int r = 0; r < resamples; ++r) {
        std::vector<int> times(all[0].second.blocks.size(), 0);
        for (std::size_t k = 0; k < times.size(); ++k) ++times[random.below(times.size())];
        DurationNs theta = 0;
        double strongest = -1;
        for (const auto& [lag, blocks] : all) {
            const double rho = std::abs(blocks.rho(times));
            if (rho <= strongest) continue;
            strongest = rho;
            theta = lag;
        }
        below += theta < value.interval95->lower;
        above += theta > value.interval95->upper;
    }
    CAPTURE(below, above);
    CHECK(below <= 0.055 * resamples);
    CHECK(above <= 0.055 * resamples);
    CHECK(below + above >= 0.003 * resamples);
}

TEST_CASE("a planted lead is found in seconds, and its interval holds the truth") {
    const double lead = GENERATE(0.5, 5.0, 41.0);
    LeadLagStudy study;
    int covered = 0, led = 0, near = 0;
    const int seeds = 100;
    for (int seed = 1; seed <= seeds; ++seed) {
        const auto value = ::study(study, planted_lead({.seed = static_cast<std::uint64_t>(seed),
                                                        .lead_s = lead,
                                                        .correlation = 0.8,
                                                        .gap_x_s = lead < 1 ? 0.3 : 1,
                                                        .gap_y_s = lead < 1 ? 0.4 : 1.5}));
        REQUIRE(value.interval95);
        const auto truth = static_cast<DurationNs>(lead * 1e9);
        covered += value.interval95->lower <= truth && truth <= value.interval95->upper;
        led += value.led();
        near += std::abs(*value.theta - truth) <= 800 * ns_per_ms;
        CHECK(value.interval95->lower <= *value.theta);
        CHECK(value.interval95->upper >= *value.theta);
    }
    CAPTURE(lead, covered, led, near);
    CHECK(covered >= 85);
    CHECK(near >= 95);
    CHECK(led >= 90);
}

TEST_CASE("exchanging the two series mirrors the study") {
    LeadLagStudy study;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        const auto pair = planted_lead(
            {.seed = seed, .lead_s = 5, .gap_x_s = seed % 2 == 0 ? 1.0 : 5.0, .gap_y_s = 3});
        const auto xy = ::study(study, pair);
        std::vector<std::optional<double>> rho(xy.rho.begin(), xy.rho.end());
        const auto yx = ::study(study, {pair.y, pair.x});
        std::reverse(rho.begin(), rho.end());
        for (std::size_t k = 0; k < rho.size(); ++k)
            CHECK(*rho[k] == Approx(*yx.rho[k]).epsilon(1e-12).margin(1e-15));
        CHECK(*xy.theta == -*yx.theta);
        CHECK(xy.interval95->lower == -yx.interval95->upper);
        CHECK(xy.interval95->upper == -yx.interval95->lower);
        CHECK(*xy.llr == Approx(1 / *yx.llr).epsilon(1e-12));
        CHECK(*xy.p == Approx(*yx.p).epsilon(1e-9));
        CHECK(xy.no_lead == yx.no_lead);
        CHECK(xy.lags_searched == yx.lags_searched);
    }
}

TEST_CASE("independent series have no lead, and neither have those that move together") {
    struct Sampling {
        double gap_x, gap_y, correlation;
    };
    const auto sampling = GENERATE(Sampling{1, 1.5, 0}, Sampling{5, 8, 0}, Sampling{10, 20, 0},
                                   Sampling{1, 1.5, 0.6}, Sampling{5, 8, 0.9});
    LeadLagStudy study;
    int led = 0;
    const int seeds = 100;
    for (int seed = 1; seed <= seeds; ++seed) {
        led += ::study(study, planted_lead({.seed = static_cast<std::uint64_t>(seed),
                                            .lead_s = 0,
                                            .correlation = sampling.correlation,
                                            .gap_x_s = sampling.gap_x,
                                            .gap_y_s = sampling.gap_y}))
                   .led();
    }
    CAPTURE(sampling.gap_x, sampling.correlation, led);
    CHECK(led <= 5);
}

TEST_CASE("quotes that reach us five milliseconds before the trades they moved do not lead") {
    LeadLagStudy study;
    for (const DurationNs offset : {5 * ns_per_ms, -5 * ns_per_ms, DurationNs{0}}) {
        for (const double gap_s : {0.2, 1.0, 2.0, 5.0}) {
            const int seeds = gap_s < 1 ? 3 : 20;
            for (int seed = 1; seed <= seeds; ++seed) {
                CAPTURE(offset, gap_s, seed);
                auto pair = planted_lead(
                    {.seed = static_cast<std::uint64_t>(seed), .lead_s = 0, .gap_x_s = gap_s});
                pair.y = pair.x;
                for (TimeNs& ts : pair.y.ts) ts += offset;
                const auto value = ::study(study, pair);
                // In slow series the peak is flat, and noise picks one of its lags.
                if (gap_s < 1) CHECK(*value.theta == 0);
                CHECK(std::abs(*value.theta) < value.finest);
                CHECK_FALSE(value.led());
                CHECK(*value.rho_zero > 0.8);
                CHECK(*value.p < 1e-6);
            }
        }
    }
}

TEST_CASE("a study does not care about units, about a common shift, nor about the lags' order") {
    auto pair = planted_lead({.seed = 11, .lead_s = 5});
    LeadLagStudy study;
    const auto value = ::study(study, pair);
    const std::vector<std::optional<double>> rho(value.rho.begin(), value.rho.end());
    REQUIRE(value.led());
    const auto same = [&](const LeadLagStudyValue& other) {
        CHECK(std::equal(rho.begin(), rho.end(), other.rho.begin(), other.rho.end()));
        CHECK(*other.theta == *value.theta);
        CHECK(*other.interval95 == *value.interval95);
        CHECK(*other.rho_theta_se == *value.rho_theta_se);
        CHECK(*other.llr == *value.llr);
    };
    std::vector<DurationNs> lags(core::lead_lag_study_grid().begin(),
                                 core::lead_lag_study_grid().end());
    std::reverse(lags.begin(), lags.end() - 3);
    lags.push_back(lags[4]);
    LeadLagStudy other_order({.lags = lags});
    same(::study(other_order, pair));
    CHECK(other_order.lags().size() == core::lead_lag_study_grid().size());

    for (double& price : pair.x.price) price *= 4096;  // a power of two scales without rounding
    same(::study(study, pair));
    const DurationNs shift = 86'400 * ns_per_s + 1;
    for (Ticks* ticks : {&pair.x, &pair.y})
        for (TimeNs& ts : ticks->ts) ts += shift;
    same(study.measure(pair.x.span(), pair.y.span(), window_begin + shift, window_end + shift));

    // The sign of a link is no matter of its lead.
    for (double& price : pair.y.price) price = 1 / price;
    const auto opposed =
        study.measure(pair.x.span(), pair.y.span(), window_begin + shift, window_end + shift);
    CHECK(*opposed.theta == *value.theta);
    CHECK(*opposed.rho_theta == Approx(-*value.rho_theta).epsilon(1e-9));
    CHECK(opposed.led());
}

TEST_CASE("ticks that count for nothing change nothing") {
    const auto pair = planted_lead({.seed = 5, .lead_s = 5});
    LeadLagStudy study;
    const auto clean = ::study(study, pair);
    auto dirty = pair;
    for (Ticks* ticks : {&dirty.x, &dirty.y}) {
        const Ticks once = *ticks;
        *ticks = {};
        for (std::size_t k = 0; k < once.size(); ++k) {
            if (once.ts[k] > window_end) continue;
            ticks->add(once.ts[k], once.price[k] * 2);  // replaced by the next one
            ticks->add(once.ts[k], once.price[k]);
            ticks->add(once.ts[k] - 1 - static_cast<TimeNs>(k % 3) * ns_per_s, 1);  // late
            if (k % 5 == 0) ticks->add(once.ts[k] + 1, NAN);
            if (k % 7 == 0) ticks->add(window_end + 1 + static_cast<TimeNs>(k), 5);  // not yet
        }
    }
    const auto value = ::study(study, dirty);
    CHECK(*value.theta == *clean.theta);
    CHECK(*value.interval95 == *clean.interval95);
    CHECK(*value.rho_theta == *clean.rho_theta);
    CHECK(value.returns_x == clean.returns_x);
    CHECK(
        value.dropped_x.late ==
        static_cast<std::uint64_t>(
            std::upper_bound(pair.x.ts.begin(), pair.x.ts.end(), window_end) - pair.x.ts.begin()));
    CHECK(value.dropped_x.bad_price > 0);
    CHECK(clean.dropped_x.total() == 0);
}

TEST_CASE("a gap in both series costs samples, not truth") {
    auto pair = planted_lead({.seed = 9, .lead_s = 5});
    const TimeNs gap_from = window_begin + 200 * ns_per_s, gap_to = window_begin + 500 * ns_per_s;
    for (Ticks* ticks : {&pair.x, &pair.y}) {
        Ticks left;
        for (std::size_t k = 0; k < ticks->size(); ++k)
            if (ticks->ts[k] < gap_from || ticks->ts[k] > gap_to)
                left.add(ticks->ts[k], ticks->price[k]);
        *ticks = left;
    }
    LeadLagStudy study;
    const auto value = ::study(study, pair);
    CHECK(std::abs(*value.theta - 5 * ns_per_s) < 2 * ns_per_s);
    CHECK(value.interval95->lower <= 5 * ns_per_s);
    CHECK(value.interval95->upper >= 5 * ns_per_s);
}

TEST_CASE("where there is no lead the reason is told") {
    LeadLagStudy study;
    SECTION("no ticks, or one") {
        CHECK(study.measure({}, {}, window_begin, window_end).no_lead == NoLead::too_few_ticks);
        const auto pair = planted_lead({.seed = 1});
        const core::TickSpan one{std::span(pair.y.ts).first(1), std::span(pair.y.price).first(1)};
        const auto value = study.measure(pair.x.span(), one, window_begin, window_end);
        CHECK(value.no_lead == NoLead::too_few_ticks);
        CHECK_FALSE(value.theta);
        CHECK_FALSE(value.rho[0]);
        CHECK_FALSE(value.p);
        CHECK(value.samples() == 0);
    }
    SECTION("an empty window, or one that ends before it begins") {
        const auto pair = planted_lead({.seed = 1});
        for (const TimeNs to : {window_begin, window_begin - ns_per_s}) {
            const auto value = study.measure(pair.x.span(), pair.y.span(), window_begin, to);
            CHECK(value.no_lead == NoLead::too_few_ticks);
            CHECK(value.returns_x == 0);
        }
    }
    SECTION("everything in one block") {
        auto pair = planted_lead({.seed = 1});
        for (Ticks* ticks : {&pair.x, &pair.y})
            for (TimeNs& ts : ticks->ts) ts = window_begin + (ts - window_begin) / 100;
        const auto value = ::study(study, pair);
        CHECK(value.no_lead == NoLead::too_few_ticks);
        CHECK(value.theta);
        CHECK(value.samples() > 100);
        CHECK_FALSE(value.interval95);
        CHECK_FALSE(value.rho_theta_se);
    }
    SECTION("a price that never changed") {
        auto pair = planted_lead({.seed = 1});
        for (double& price : pair.y.price) price = 64;
        const auto value = ::study(study, pair);
        CHECK(value.no_lead == NoLead::no_variance);
        CHECK_FALSE(value.theta);
        CHECK_FALSE(value.llr);
        CHECK_FALSE(value.rho_zero);
    }
    SECTION("no link") {
        CHECK(::study(study, planted_lead({.seed = 1, .correlation = 0})).no_lead ==
              NoLead::not_significant);
    }
    SECTION("a link without a lag") {
        CHECK(::study(study, planted_lead({.seed = 1, .lead_s = 0})).no_lead == NoLead::spans_zero);
    }
    SECTION("a lead too short for ticks so far apart") {
        int too_fine = 0;
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            const auto value = ::study(
                study,
                planted_lead(
                    {.seed = seed, .lead_s = 4, .correlation = 0.99, .gap_x_s = 8, .gap_y_s = 8}));
            CAPTURE(seed);
            CHECK(value.finest > 4 * ns_per_s);
            if (value.led()) CHECK(std::abs(*value.theta) >= value.finest);
            too_fine += value.no_lead == NoLead::finer_than_ticks;
        }
        CHECK(too_fine >= 5);
    }
    SECTION("a lead as long as the longest lag") {
        const std::vector<DurationNs> lags{-5 * ns_per_s, -ns_per_s, 0, ns_per_s, 5 * ns_per_s};
        LeadLagStudy narrow({.lags = lags});
        const auto value =
            ::study(narrow, planted_lead({.seed = 2, .lead_s = 5.5, .correlation = 0.9}));
        CHECK(value.no_lead == NoLead::at_the_edge);
        CHECK(*value.theta == 5 * ns_per_s);
        CHECK_FALSE(value.led());
    }
    SECTION("no lags at all") {
        LeadLagStudy none({.lags = {}});
        CHECK(::study(none, planted_lead({.seed = 1})).no_lead == NoLead::no_variance);
    }
}

TEST_CASE("the gaps of the lags are filled as closely as the ticks demand and there is room for") {
    LeadLagStudy study, narrow({.lags_max = 100});
    const auto dense = planted_lead({.seed = 3, .lead_s = 41, .gap_x_s = 0.5, .gap_y_s = 0.5});
    const auto sparse = planted_lead({.seed = 3, .lead_s = 41, .gap_x_s = 10, .gap_y_s = 10});
    const auto value = ::study(study, dense);
    CHECK(value.gap < 700 * ns_per_ms);
    CHECK(value.gap >= 100 * ns_per_ms);
    CHECK(value.lags_searched > 300);
    CHECK(*value.theta == Approx(41e9).margin(0.3e9));
    CHECK(::study(study, sparse).lags_searched < 100);
    const auto bounded = ::study(narrow, dense);
    CHECK(bounded.gap > 2 * ns_per_s);
    CHECK(narrow.lags_looked_at().size() <= 100);
}

TEST_CASE("a study with too little room keeps the newest ticks") {
    const auto pair = planted_lead({.seed = 4, .lead_s = 5});
    LeadLagStudy small({.ticks_max = 200}), large;
    const auto value = ::study(small, pair);
    CHECK(value.returns_x == 199);
    CHECK(value.left_out_x > 0);
    const auto newest = [](const Ticks& ticks) {
        Ticks some = in_window(ticks, window_begin, window_end);
        some.ts.erase(some.ts.begin(), some.ts.end() - 200);
        some.price.erase(some.price.begin(), some.price.end() - 200);
        return some;
    };
    const Ticks x = newest(pair.x), y = newest(pair.y);
    const auto same = large.measure(x.span(), y.span(), window_begin, window_end);
    CHECK(*value.theta == *same.theta);
    CHECK(*value.rho_theta == *same.rho_theta);
    CHECK(same.left_out_x == 0);
}

TEST_CASE("stamps, lags and windows at the ends of their type do a study no harm") {
    constexpr TimeNs least = std::numeric_limits<TimeNs>::min();
    constexpr TimeNs most = std::numeric_limits<TimeNs>::max();
    const std::vector<DurationNs> lags{least, 0, most};
    LeadLagStudy study({.lags = lags, .ticks_max = 0, .blocks = 0, .lags_max = 0, .resamples = 0});
    Ticks x, y;
    for (const TimeNs ts : {least, TimeNs{0}, most}) {
        x.add(ts, 100 + static_cast<double>(ts % 7));
        y.add(ts, 100 + static_cast<double>(ts % 5));
    }
    for (const auto& [from, to] : {std::pair{least, most}, std::pair{most, least},
                                   std::pair{least, least}, std::pair{TimeNs{0}, most}}) {
        const auto value = study.measure(x.span(), y.span(), from, to);
        CHECK(value.no_lead == NoLead::too_few_ticks);
        CHECK(value.returns_x <= 2);
    }
}

TEST_CASE("a study allocates nothing after construction, and holds what its header says") {
    LeadLagStudy study;
    const auto dense = planted_lead({.seed = 1, .gap_x_s = 0.2, .gap_y_s = 0.2});
    const auto sparse = planted_lead({.seed = 2, .gap_x_s = 9, .gap_y_s = 200});
    const test::AllocationCount count;
    const bool lead = ::study(study, dense).led();
    const bool other = ::study(study, sparse).led();
    const auto taken = count.count();
    CHECK(taken == 0);
    CHECK(lead);
    CHECK_FALSE(other);

    const auto held = [](const core::LeadLagStudyOptions& options) {
        const test::AllocationCount taken_since;
        const LeadLagStudy made(options);
        return taken_since.bytes();
    };
    CHECK(held({.ticks_max = 3'000}) - held({.ticks_max = 1'000}) == 2'000 * 2 * 16);
    CHECK(held({.blocks = 10, .lags_max = 1'000}) - held({.blocks = 10, .lags_max = 600}) ==
          400 * (8 * 10 + 24));
    CHECK(held({}) < 1'000'000);
}

TEST_CASE("without the interval of what is no lead, verdicts and leads are the same") {
    LeadLagStudy whole, lean;
    std::size_t leads = 0, silent = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        const test::TickPair pair = planted_lead({.seed = seed,
                                                  .lead_s = seed % 3 == 0 ? 0.0 : 20.0,
                                                  .correlation = seed % 4 == 0 ? 0.0 : 0.6,
                                                  .gap_x_s = 2,
                                                  .gap_y_s = 3});
        const LeadLagStudyValue all = study(whole, pair);
        const LeadLagStudyValue some =
            lean.measure_verdict(pair.x.span(), pair.y.span(), window_begin, window_end);
        CHECK(some.no_lead == all.no_lead);
        CHECK(some.theta == all.theta);
        CHECK(some.p == all.p);
        CHECK(some.rho_theta == all.rho_theta);
        if (some.no_lead == NoLead::not_significant) {
            CHECK_FALSE(some.interval95);
            ++silent;
            continue;
        }
        REQUIRE(some.interval95.has_value() == all.interval95.has_value());
        if (!some.interval95) continue;
        CHECK(some.interval95->lower == all.interval95->lower);
        CHECK(some.interval95->upper == all.interval95->upper);
        leads += some.led();
    }
    CHECK(leads > 2);
    CHECK(silent > 0);
}
