#include "core/impact.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

constexpr DayNumber november = 20'048;  // 2024-11-21
constexpr DayNumber january = 20'115;   // 2025-01-27

ImpactMember member(double shares, double before, double now, DayNumber day = november,
                    double weight = 1) {
    return {shares, day, now, std::log(now / before), weight};
}

}  // namespace

TEST_CASE("the fall of 27 January 2025, by hand") {
    // 24.49e9 shares, 24.20 dollars each.
    const std::vector nvda = {member(24.49e9, 142.62, 118.42)};
    const Impact alone = impact(nvda, {});
    CHECK(alone.lost_usd.value() == Approx(592.7e9).epsilon(1e-4));
    CHECK(alone.lost_usd.value() == Approx(24.49e9 * 24.20).epsilon(1e-12));
    CHECK(alone.weight_covered == 1);
    CHECK(alone.as_of == november);
    CHECK_FALSE(alone.crypto_value_usd);
    CHECK_FALSE(alone.share);

    // 19.815e6 at 102,000 and 120.5e6 at 3,180: 2,021.13e9 and 383.19e9.
    const std::vector<ImpactAsset> crypto = {{19.815e6, january, 102'000.0},
                                             {120.5e6, january, 3'180.0}};
    const Impact both = impact(nvda, crypto);
    CHECK(both.crypto_value_usd.value() == Approx(2'404.32e9).epsilon(1e-9));
    CHECK(both.share.value() == Approx(592.658 / 2'404.32).epsilon(1e-9));
    CHECK(both.assets_covered == 2);
    CHECK(both.as_of == november);
}

TEST_CASE("a member that rose counts against the loss, and all of them may have risen") {
    // -10 a share on 100 shares, +5 on 60.
    const std::vector mixed = {member(100, 50, 40), member(60, 20, 25)};
    CHECK(impact(mixed, {}).lost_usd.value() == Approx(1000 - 300));
    const std::vector<ImpactAsset> crypto = {{10, january, 40.0}};
    const Impact gain = impact(std::vector{member(60, 20, 25)}, crypto);
    CHECK(gain.lost_usd.value() == Approx(-300));
    CHECK(gain.share.value() == Approx(-0.75));
    CHECK(impact(std::vector{member(60, 20, 20)}, {}).lost_usd == 0.0);
}

TEST_CASE("what is not known is left out and told") {
    std::vector members = {member(100, 50, 40, november, 2), member(1, 1, 2, november, 1),
                           member(1, 1, 2, november, 0.6), member(1, 1, 2, november, 0.4)};
    members[1].shares_outstanding.reset();
    members[2].price_usd.reset();
    members[3].log_return.reset();
    std::vector<ImpactAsset> crypto = {{10, january, 40.0}, {{}, 3, 5.0}, {7, 2, {}}};
    const Impact some = impact(members, crypto);
    CHECK(some.lost_usd.value() == Approx(1000));
    CHECK(some.members == 4);
    CHECK(some.members_covered == 1);
    CHECK(some.weight_covered == Approx(0.5));
    CHECK(some.assets == 3);
    CHECK(some.assets_covered == 1);
    CHECK(some.crypto_value_usd == 400.0);
    CHECK(some.share.value() == Approx(2.5));

    members[0].price_usd = -40;
    const Impact none = impact(members, crypto);
    CHECK_FALSE(none.lost_usd);
    CHECK_FALSE(none.share);
    CHECK(none.members == 4);
    CHECK(none.members_covered == 0);
    CHECK(none.weight_covered == 0);
    CHECK(none.crypto_value_usd == 400.0);
    CHECK(none.as_of == january);

    for (const double bad : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
        CAPTURE(bad);
        std::vector one = {member(100, 50, 40)};
        one[0].shares_outstanding = bad;
        CHECK_FALSE(impact(one, {}).lost_usd);
        one = {member(100, 50, 40)};
        one[0].price_usd = bad;
        CHECK_FALSE(impact(one, {}).lost_usd);
        if (!(bad <= 0)) {
            one = {member(100, 50, 40)};
            one[0].log_return = bad;
            CHECK_FALSE(impact(one, {}).lost_usd);
        }
        crypto = {{bad, january, 40.0}};
        CHECK_FALSE(impact({}, crypto).crypto_value_usd);
    }
    const Impact nothing = impact({}, {});
    CHECK_FALSE(nothing.lost_usd);
    CHECK_FALSE(nothing.as_of);
    CHECK(nothing.weight_covered == 0);
}

TEST_CASE("the date is the oldest of what was used, and of nothing else") {
    std::vector members = {member(100, 50, 40, 20'000), member(100, 50, 40, 19'000)};
    const std::vector<ImpactAsset> crypto = {{10, 19'500, 40.0}, {10, 18'000, {}}};
    CHECK(impact(members, crypto).as_of == 19'000);
    members[1].log_return.reset();
    CHECK(impact(members, crypto).as_of == 19'500);
    members[0].shares_as_of = no_day;
    CHECK_FALSE(impact(members, crypto).as_of);
}

TEST_CASE("a loss scales with shares and with prices, and does not care about order") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    CAPTURE(seed);
    test::Random random(seed);
    std::vector<ImpactMember> members, reversed, twice;
    long double slow = 0, gross = 0;
    for (int i = 0; i < 12; ++i) {
        const double shares = 1e9 * (1 + 20 * random.uniform());
        const double before = 10 + 500 * random.uniform();
        const double now = before * std::exp(0.05 * random.normal());
        members.push_back(member(shares, before, now));
        reversed.insert(reversed.begin(), members.back());
        twice.push_back(member(2 * shares, before, now));
        slow += static_cast<long double>(shares) * (before - now);
        gross += static_cast<long double>(shares) * before;
    }
    const double lost = impact(members, {}).lost_usd.value();
    const double bound = 1e-14 * static_cast<double>(gross);
    CHECK(lost == Approx(static_cast<double>(slow)).margin(bound));
    CHECK(impact(reversed, {}).lost_usd.value() == Approx(lost).margin(bound));
    CHECK(impact(twice, {}).lost_usd.value() == Approx(2 * lost).margin(bound));
}
