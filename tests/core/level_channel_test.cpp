#include "core/level_channel.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

#include "core/elementary.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

constexpr TimeNs start = 1'737'988'200 * ns_per_s;

/// What the header says, from whole columns of minutes, the slow way.
LevelReading twin(const DetectorConfig& d, const std::vector<double>& t,
                  const std::vector<double>& b) {
    const std::size_t last = t.size() - 1;
    const auto minutes = [](DurationNs n) { return static_cast<std::size_t>(n / ns_per_min); };
    const std::size_t first = last - std::min(last, minutes(d.level_window));
    const auto high = [](const std::vector<double>& p, std::size_t from, std::size_t to) {
        return *std::max_element(p.begin() + static_cast<std::ptrdiff_t>(from),
                                 p.begin() + static_cast<std::ptrdiff_t>(to) + 1);
    };
    const auto fall = [](double x) { return 1 - std::exp(-x); };
    const double top = high(t, first, last), distance = top - t[last];
    std::size_t begin = first;
    for (std::size_t i = first; i <= last; ++i)
        if (t[i] >= top - std::min(d.slide_share * distance, d.slide_cap)) begin = i;
    LevelReading r;
    r.source_fall = fall(distance);
    r.slide_age = static_cast<DurationNs>(last - begin) * ns_per_min;
    double low = t[last];
    for (std::size_t i = begin; i <= last; ++i) low = std::min(low, t[i]);
    r.regained = distance > 0 ? (t[last] - low) / distance : 0;
    const std::size_t lead = minutes(d.slide_lead);
    const std::size_t with_it = begin >= first + lead ? begin - lead : first;
    r.target_since = fall(high(b, with_it, last) - b[last]);
    r.before = fall(high(b, first, begin) - b[begin]);
    r.target_fall = r.target_since + d.before_credit * r.before;
    const auto lost = [&](DurationNs span) {
        return fall(b[last - std::min({last, minutes(span), last - first})] - b[last]);
    };
    r.recent = std::min(lost(d.recent_window), lost(2 * d.recent_window));

    // What each path usually moves, by whole half hours; at the slide start, or else now.
    const auto usual = [&](const std::vector<double>& p, std::size_t row) -> std::optional<double> {
        double a = 0, w = 0, squares = 0;
        std::size_t in_block = 0;
        for (std::size_t i = 0; i <= row; ++i) {
            squares += i > 0 ? (p[i] - p[i - 1]) * (p[i] - p[i - 1]) : 0;
            if (++in_block < 30) continue;
            const double mean = w > 0 ? std::min(squares / 30, 3.5 * 3.5 * a / w) : squares / 30;
            const double decay = std::pow(0.5, 30.0 / (32 * 60));
            if (squares > 0) a = decay * a + 30 * mean, w = decay * w + 30;
            squares = 0, in_block = 0;
        }
        return w > 0 ? std::optional(a / w) : std::nullopt;
    };
    const auto usual_then = [&](const std::vector<double>& p) {
        const auto then = usual(p, begin > first ? begin - 1 : begin);
        return then ? then : usual(p, last);
    };
    const auto usual_t = usual_then(t), usual_b = usual_then(b);
    const double since = high(b, with_it, last) - b[last];
    if (usual_t && usual_b && distance > 0)
        r.outrun = since / distance * std::sqrt(*usual_t / *usual_b);
    double squares = 0;
    for (std::size_t i = begin + 1; i <= last; ++i) squares += std::pow(t[i] - t[i - 1], 2);
    r.one_way = squares > 0 ? distance / std::sqrt(squares) : 0;
    r.one_way_most = std::sqrt(static_cast<double>(last - begin));
    std::vector<double> dt, db;
    for (std::size_t i = last - std::min(last - first, minutes(d.recent_window)) + 1; i <= last;
         ++i)
        dt.push_back(t[i] - t[i - 1]), db.push_back(b[i] - b[i - 1]);
    const auto moves = dt.size() - static_cast<std::size_t>(std::count(dt.begin(), dt.end(), 0.0));
    if (moves > 20 && usual_t) {
        const auto mean = [](const std::vector<double>& x) {
            return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
        };
        double tt = 0, bb = 0, tb = 0, all = 0;
        for (std::size_t i = 0; i < dt.size(); ++i) {
            const double x = dt[i] - mean(dt), y = db[i] - mean(db);
            tt += x * x, bb += y * y, tb += x * y, all += dt[i] * dt[i];
        }
        r.volatility = std::sqrt(all / static_cast<double>(dt.size()) / *usual_t);
        r.correlation = tb / std::sqrt(tt * bb);
    }
    return r;
}

struct Channel {
    explicit Channel(const DetectorConfig& d, DurationNs bar = ns_per_min)
        : config(d), channel(config, bar, 1) {}
    void push(double t, double b) {
        now += ns_per_min;
        const std::optional<double> target = b;
        channel.push(now, t, {&target, 1});
    }
    LevelScore score() const { return score_levels(config, *channel.read(0)); }

    DetectorConfig config;
    LevelChannel channel;
    TimeNs now = start;
};

}  // namespace

TEST_CASE("levels are what their definition says, minute by minute") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    CAPTURE(seed);
    test::Random random(seed);
    DetectorConfig d;
    d.level_window = 90 * ns_per_min;
    d.recent_window = 30 * ns_per_min;
    d.slide_lead = 20 * ns_per_min;
    d.slide_age = 60 * ns_per_min;
    Channel channel(d);
    std::vector<double> t, b;
    double source = 0, target = 11;
    for (int minute = 0; minute < 1500; ++minute) {
        source += 0.001 * random.normal() - (minute % 400 > 350 ? 0.0008 : 0);
        target += 0.0015 * random.normal() - (minute % 400 > 360 ? 0.001 : 0);
        t.push_back(source);
        b.push_back(target);
        channel.push(source, target);
        const auto read = channel.channel.read(0);
        REQUIRE(read);
        const LevelReading slow = twin(d, t, b);
        CHECK(read->source_fall == Approx(slow.source_fall).margin(1e-14));
        CHECK(read->target_fall == Approx(slow.target_fall).margin(1e-14));
        CHECK(read->target_since == Approx(slow.target_since).margin(1e-14));
        CHECK(read->before == Approx(slow.before).margin(1e-14));
        CHECK(read->recent == Approx(slow.recent).margin(1e-14));
        CHECK(read->regained == Approx(slow.regained).margin(1e-12));
        CHECK(read->slide_age == slow.slide_age);
        CHECK(read->one_way == Approx(slow.one_way).margin(1e-12));
        CHECK(read->one_way_most == Approx(slow.one_way_most));
        const auto same = [](Maybe a, Maybe slow_one) {
            CHECK(a.has_value() == slow_one.has_value());
            if (a && slow_one) CHECK(*a == Approx(*slow_one).margin(1e-9));
        };
        same(read->outrun, slow.outrun);
        same(read->volatility, slow.volatility);
        same(read->correlation, slow.correlation);
    }
}

TEST_CASE("what a shift reads is what the channel reads when the last row stands there") {
    const std::uint64_t seed = GENERATE(1u, 2u);
    CAPTURE(seed);
    test::Random random(seed);
    DetectorConfig d;
    d.level_window = 60 * ns_per_min;
    d.recent_window = 25 * ns_per_min;
    d.slide_lead = 10 * ns_per_min;
    Channel channel(d);
    double source = 0, target = 0;
    for (int minute = 0; minute < 400; ++minute) {
        const LevelShift shift{0.002 * random.normal(), 0.003 * random.normal()};
        source += 0.001 * random.normal();
        target += 0.001 * random.normal();
        // A copy of what came before is told a last row that stands higher.
        Channel moved = channel;
        channel.push(source, target);
        moved.push(source + elementary::log1p(shift.source_higher),
                   target + elementary::log1p(shift.target_higher));
        if (minute < 100) continue;
        const auto asked = channel.channel.read(0, shift), told = moved.channel.read(0);
        REQUIRE(asked);
        REQUIRE(told);
        CAPTURE(minute);
        CHECK(asked->slide_age == told->slide_age);
        CHECK(asked->target_age == told->target_age);
        for (const auto member :
             {&LevelReading::source_fall, &LevelReading::target_fall, &LevelReading::before,
              &LevelReading::recent, &LevelReading::regained, &LevelReading::target_since,
              &LevelReading::one_way, &LevelReading::target_below})
            CHECK((*asked).*member == Approx((*told).*member).epsilon(1e-9).margin(1e-12));
        for (const auto member : {&LevelReading::volatility, &LevelReading::correlation}) {
            const Maybe a = (*asked).*member, b = (*told).*member;
            REQUIRE(a.has_value() == b.has_value());
            if (a) CHECK(*a == Approx(*b).epsilon(1e-9).margin(1e-12));
        }
    }
}

TEST_CASE("only differences of the paths count") {
    test::Random random(5);
    const DetectorConfig d;
    Channel one(d), other(d);
    double source = 0, target = 0;
    for (int minute = 0; minute < 500; ++minute) {
        source += 0.001 * random.normal();
        target += 0.001 * random.normal();
        one.push(source, target);
        other.push(source + 3, target - 7);
        CHECK(one.score().value == Approx(other.score().value).margin(1e-9));
    }
}

TEST_CASE("at its threshold each condition gives the enter score, and names itself below") {
    const DetectorConfig d;
    LevelReading full;
    full.source_fall = 0.02;
    full.target_fall = full.target_since = 0.03;
    full.recent = 0.03;
    full.slide_age = 60 * ns_per_min;
    const auto at = [&](auto change) {
        LevelReading r = full;
        change(r);
        return score_levels(d, r);
    };
    CHECK(at([](auto&) {}).value > d.enter_score);
    const auto meets = [&](Condition condition, auto exactly, auto half) {
        CHECK(at(exactly).value == Approx(d.enter_score));
        CHECK(at(exactly).limiting == condition);
        CHECK(at(half).value == Approx(d.enter_score / 2));
        CHECK(at(half).limiting == condition);
    };
    meets(
        Condition::source_fall, [](auto& r) { r.source_fall = 0.010; },
        [](auto& r) { r.source_fall = 0.005, r.target_fall = 0.04; });
    meets(
        Condition::target_fall, [](auto& r) { r.target_fall = 0.015, r.source_fall = 0.0187; },
        [](auto& r) { r.target_fall = 0.0075, r.source_fall = 0.0184, r.recent = 1; });
    meets(
        Condition::recent_fall, [](auto& r) { r.recent = 0.008; },
        [](auto& r) { r.recent = 0.004; });
    meets(
        Condition::target_first, [](auto& r) { r.before = 0.015; },
        [](auto& r) { r.before = 0.03; });
    meets(
        Condition::slide_age, [](auto& r) { r.slide_age = 180 * ns_per_min; },
        [](auto& r) { r.slide_age = 360 * ns_per_min; });
    meets(
        Condition::regained, [](auto& r) { r.regained = 0.2; }, [](auto& r) { r.regained = 0.4; });
    meets(
        Condition::target_outruns, [](auto& r) { r.outrun = 1.75; },
        [](auto& r) { r.outrun = 3.5; });
    const auto in_burst = [](double one_way) {
        return [one_way](auto& r) {
            r.volatility = 1.6, r.correlation = 0.8, r.one_way = one_way, r.one_way_most = 7;
        };
    };
    meets(Condition::burst, in_burst(2.5), in_burst(1.25));
    // One-way is asked of a common burst alone.
    const auto no_burst = [&](double volatility, double correlation) {
        return at([&](auto& r) {
            r.volatility = volatility, r.correlation = correlation, r.one_way_most = 7;
        });
    };
    CHECK(no_burst(1.6, 0.8).limiting == Condition::burst);
    CHECK(no_burst(1.4, 0.8).value > d.enter_score);
    // Four even minutes are as one-way as four minutes can be.
    CHECK(at([](auto& r) {
              r.volatility = 1.6, r.correlation = 0.8, r.one_way = 1.9, r.one_way_most = 2;
          }).value > d.enter_score);
    CHECK(no_burst(1.6, 0.7).value > d.enter_score);
    // Of a fall of six per cent no more is asked than of one of four.
    CHECK(at([](auto& r) { r.source_fall = 0.06, r.target_fall = 0.032; }).value ==
          Approx(d.enter_score));
    CHECK(at([](auto& r) { r.source_fall = 0.06, r.target_fall = 0.032; }).limiting ==
          Condition::target_follows);
    DetectorConfig strict;
    strict.threshold_factor = 2;
    CHECK(score_levels(strict, full).value < score_levels(d, full).value);
}

TEST_CASE(
    "every condition is told with its value and its threshold, and the score follows from them") {
    test::Random random(11);
    INFO("seed 11");
    for (int trial = 0; trial < 10'000; ++trial) {
        DetectorConfig d;
        d.threshold_factor = 0.5 + random.uniform();
        LevelReading r;
        r.source_fall = 0.03 * random.uniform();
        r.before = trial % 3 == 0 ? 0 : 0.02 * random.uniform();
        r.target_since = trial % 5 == 0 ? 0 : 0.04 * random.uniform();
        r.target_fall = r.target_since + d.before_credit * r.before;
        r.recent = 0.03 * random.uniform() - 0.01;
        r.regained = trial % 4 == 0 ? 0 : random.uniform();
        r.slide_age = static_cast<DurationNs>(random.uniform() * 300) * ns_per_min;
        if (trial % 4 != 1) r.outrun = 3 * random.uniform();
        r.one_way = 4 * random.uniform();
        r.one_way_most = 7 * random.uniform();
        if (trial % 5 != 1) r.volatility = 3 * random.uniform();
        if (trial % 7 != 1) r.correlation = 2 * random.uniform() - 1;
        const LevelScore score = score_levels(d, r);
        // The definitions, written out.
        const double k = d.threshold_factor, follow = std::min(r.source_fall, d.follow_cap);
        const double told[][2] = {
            {r.source_fall, k * d.source_fall},
            {r.target_fall, k * d.target_fall},
            {r.source_fall / 0.01 + r.target_fall / 0.015, k * d.joint_fall},
            {r.recent, k * d.recent_fall},
            {r.target_fall / follow, d.follow_share},
            {r.target_fall > 0 ? r.before / r.target_fall : NAN, d.before_share},
            {static_cast<double>(r.slide_age / ns_per_s), 180 * 60.0},
            {r.regained, d.regained_share},
            {r.outrun.value_or(NAN), d.outrun_share},
            {r.volatility.value_or(0) > 1.5 && r.correlation.value_or(0) > 0.75 ? r.one_way : NAN,
             std::min(d.burst_one_way, 0.9 * r.one_way_most)}};
        bool all = true;
        for (std::size_t i = 0; i < level_condition_count; ++i) {
            const ConditionReading& c = score.conditions[i];
            INFO("condition " << to_string(c.condition));
            CHECK(static_cast<std::size_t>(c.condition) == i + 1);
            CHECK(c.scaled == (i < 4));
            CHECK(c.value.has_value() == !std::isnan(told[i][0]));
            if (c.value) CHECK(*c.value == Approx(told[i][0]));
            CHECK(c.threshold == Approx(told[i][1]));
            const bool holds =
                !c.value || (c.at_least ? *c.value >= c.threshold : *c.value <= c.threshold);
            CHECK(c.holds() == holds);
            all = all && holds;
        }
        CHECK((score.value >= d.enter_score) == all);
    }
}

TEST_CASE("a coin that fell first, or did not fall with it, is no spillover") {
    const DetectorConfig d;
    const auto story = [&](double before, double with_it) {
        Channel channel(d);
        double t = 0, b = 0;
        for (int m = 0; m < 120; ++m) channel.push(t, b);
        for (int m = 0; m < 60; ++m) channel.push(t, b -= before / 60);
        for (int m = 0; m < 30; ++m) channel.push(t, b);  // it rests, then the source slides
        double best = 0;
        for (int m = 0; m < 60; ++m) {
            channel.push(t -= 0.02 / 60, b -= with_it / 60);
            best = std::max(best, channel.score().value);
        }
        return best;
    };
    CHECK(story(0, 0.03) >= d.enter_score);
    CHECK(story(0.05, 0.03) < d.enter_score);
    CHECK(story(0, 0.002) < d.enter_score);
}

TEST_CASE("a fall anew is measured from the highs since the mark, and below it") {
    const DetectorConfig d;
    Channel channel(d);
    CHECK(channel.channel.fallen_anew(0) == 0);
    double t = 0, b = 0;
    for (int m = 0; m < 60; ++m) channel.push(t -= 0.0003, b -= 0.0005);
    channel.channel.mark();
    const double t_mark = t, b_mark = b;
    for (int m = 0; m < 30; ++m) channel.push(t += 0.0005, b += 0.001);
    for (int m = 0; m < 20; ++m) channel.push(t -= 0.0005, b -= 0.001);
    REQUIRE(t > t_mark);
    CHECK(channel.channel.fallen_anew(0) == 0);  // deep, but above where both stood
    for (int m = 0; m < 40; ++m) channel.push(t -= 0.0005, b -= 0.001);
    const double source_fall = 1 - std::exp(-0.030), target_fall = 1 - std::exp(-0.060);
    CHECK(channel.channel.fallen_anew(0) ==
          Approx(std::min({source_fall / d.source_fall, target_fall / d.target_fall,
                           (source_fall / 0.01 + target_fall / 0.015) / d.joint_fall})));
    CHECK(b < b_mark);
}

TEST_CASE("bars of ten seconds give the rows of their minutes") {
    const DetectorConfig d;
    LevelChannel fine(d, 10 * ns_per_s, 1), coarse(d, ns_per_min, 1);
    test::Random random(9);
    double t = 0, b = 0;
    const TimeNs begin = start / ns_per_min * ns_per_min;
    for (int bar = 1; bar <= 6 * 300; ++bar) {
        const TimeNs ts = begin + bar * 10 * ns_per_s;
        t += 0.0004 * random.normal();
        b += 0.0006 * random.normal();
        const std::optional<double> target = b;
        if (bar < 6) continue;
        CHECK(fine.push(ts, t, {&target, 1}) == (bar % 6 == 0));
        if (bar % 6 != 0) continue;
        coarse.push(ts, t, {&target, 1});
        CHECK(fine.read(0)->source_fall == coarse.read(0)->source_fall);
        CHECK(fine.read(0)->target_fall == coarse.read(0)->target_fall);
    }
}

TEST_CASE("of a short history the first price there is is the one to fall from") {
    const DetectorConfig d;
    LevelChannel channel(d, ns_per_min, 1);
    TimeNs now = start;
    const auto push = [&](std::optional<double> b) {
        now += ns_per_min;
        channel.push(now, 0, {&b, 1});
    };
    push(std::nullopt);
    push(std::nullopt);
    for (int m = 0; m < 10; ++m) push(1 - 0.001 * m);
    CHECK(channel.read(0)->recent == Approx(1 - std::exp(-0.009)));
}

TEST_CASE("a target without a price has no reading") {
    LevelChannel channel(DetectorConfig{}, ns_per_min, 2);
    CHECK_FALSE(channel.read(0));
    const std::vector<std::optional<double>> targets = {std::nullopt, 1.0};
    channel.push(start, 0, targets);
    CHECK_FALSE(channel.read(0));
    CHECK(channel.read(1));
}

namespace {

/// Minutes of a common burst: both legs driven by one factor, `drift` a minute downwards. The best
/// score in it.
double score_of_burst(const DetectorConfig& d, double drift, std::uint64_t seed) {
    Channel channel(d);
    test::Random random(seed);
    double t = 0, b = 0, best = 0;
    for (int m = 0; m < 240; ++m) {
        const double size = m < 180 ? 0.0004 : 0.0016;
        const double factor = size * random.normal() - (m < 180 ? 0 : drift);
        channel.push(t += factor + 0.0001 * random.normal(),
                     b += 1.5 * factor + 0.0002 * random.normal());
        best = std::max(best, channel.score().value);
    }
    return best;
}

}  // namespace

TEST_CASE("a burst of volatility that both share opens less, a fall that goes one way as much") {
    const DetectorConfig d;
    DetectorConfig unguarded;
    unguarded.burst_correlation = 1;
    int bursts = 0, bursts_unguarded = 0, falls = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        bursts += score_of_burst(d, 0, seed) >= d.enter_score ? 1 : 0;
        bursts_unguarded += score_of_burst(unguarded, 0, seed) >= d.enter_score ? 1 : 0;
        falls += score_of_burst(d, 0.0012, seed) >= d.enter_score ? 1 : 0;
    }
    INFO("seeds 1 to 200: " << bursts << " bursts, " << bursts_unguarded << " unguarded, " << falls
                            << " falls");
    CHECK(3 * bursts < 2 * bursts_unguarded);
    CHECK(falls >= 190);
}

TEST_CASE(
    "a coin that falls far more than the source, for what each usually does, falls on its own") {
    const DetectorConfig d;
    const auto story = [&](double target_minute) {
        Channel channel(d);
        double t = 0, b = 0, best = 0;
        for (int m = 0; m < 300; ++m)
            channel.push(t += m % 2 ? 0.0005 : -0.0005, b += m % 2 ? 0.001 : -0.001);
        for (int m = 0; m < 40; ++m) {
            channel.push(t -= 0.0004, b -= target_minute);
            best = std::max(best, channel.score().value);
        }
        return best;
    };
    CHECK(story(0.0012) >= d.enter_score);
    CHECK(story(0.0020) < d.enter_score);
}
