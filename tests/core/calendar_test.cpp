#include "core/calendar.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

/// A moment in UTC, by the C library's own reckoning.
TimeNs utc(int year, int month, int day, int hour = 0, int minute = 0) {
    std::tm tm{};
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    tm.tm_mday = day;
    tm.tm_hour = hour;
    tm.tm_min = minute;
    return static_cast<TimeNs>(::timegm(&tm)) * ns_per_s;
}

std::string_view equities(TimeNs t) {
    return to_string(session_span(Market::us_equities, t).session);
}
bool future_open(TimeNs t) {
    return is_open(Market::cme_globex, t);
}

/// The process' time zone, set back at the end.
class InNewYork {
  public:
    InNewYork() {
        if (const char* before = std::getenv("TZ")) before_ = before;
        ::setenv("TZ", "America/New_York", 1);
        ::tzset();
    }
    ~InNewYork() {
        if (before_.empty())
            ::unsetenv("TZ");
        else
            ::setenv("TZ", before_.c_str(), 1);
        ::tzset();
    }

  private:
    std::string before_;
};

}  // namespace

TEST_CASE(
    "New York's clock agrees with the system's time zone database, hour by hour, 2015 to 2036") {
    if (!std::filesystem::exists("/usr/share/zoneinfo/America/New_York")) {
        std::printf(
            "\nSKIPPED: reference data not present: the system has no time zone database\n");
        return;
    }
    const InNewYork zone;
    for (TimeNs t = utc(2015, 1, 1); t < utc(2037, 1, 1); t += 30 * ns_per_min) {
        const std::time_t seconds = static_cast<std::time_t>(t / ns_per_s);
        std::tm tm{};
        ::localtime_r(&seconds, &tm);
        const NewYorkTime local = new_york_time(t);
        const bool same = local.year == tm.tm_year + 1900 && local.month == tm.tm_mon + 1 &&
                          local.day == tm.tm_mday && local.weekday == tm.tm_wday &&
                          local.of_day == tm.tm_hour * ns_per_hour + tm.tm_min * ns_per_min &&
                          local.offset == tm.tm_gmtoff * ns_per_s;
        if (!same) {
            CAPTURE(seconds);
            FAIL("the clocks differ");
        }
    }
    SUCCEED();
}

TEST_CASE("an ordinary day of US equities, in winter and in summer") {
    CHECK(equities(utc(2025, 1, 27, 8, 59)) == "closed");
    CHECK(equities(utc(2025, 1, 27, 9, 0)) == "pre");
    CHECK(equities(utc(2025, 1, 27, 14, 29)) == "pre");
    CHECK(equities(utc(2025, 1, 27, 14, 30)) == "regular");
    CHECK(equities(utc(2025, 1, 27, 20, 59)) == "regular");
    CHECK(equities(utc(2025, 1, 27, 21, 0)) == "post");
    CHECK(equities(utc(2025, 1, 28, 0, 59)) == "post");
    CHECK(equities(utc(2025, 1, 28, 1, 0)) == "closed");
    CHECK(equities(utc(2025, 7, 15, 13, 30)) == "regular");
    CHECK(equities(utc(2025, 7, 15, 13, 29)) == "pre");
    CHECK(equities(utc(2025, 3, 10, 13, 30)) == "regular");  // the Monday after the clocks changed
    CHECK(equities(utc(2025, 3, 7, 13, 30)) == "pre");       // the Friday before
}

TEST_CASE("weekends, holidays and early closes") {
    CHECK(equities(utc(2025, 1, 25, 16)) == "closed");
    CHECK(equities(utc(2025, 1, 20, 16)) == "closed");
    CHECK(equities(utc(2025, 1, 9, 16)) == "closed");  // national day of mourning
    CHECK(equities(utc(2021, 12, 31, 16)) ==
          "regular");  // New Year on a Saturday is not made up for
    CHECK(equities(utc(2021, 6, 18, 16)) == "regular");  // Juneteenth is kept since 2022
    CHECK(equities(utc(2022, 6, 20, 16)) == "closed");
    CHECK(equities(utc(2024, 12, 24, 17, 59)) == "regular");
    CHECK(equities(utc(2024, 12, 24, 18, 0)) == "post");
    CHECK(equities(utc(2024, 12, 24, 22, 0)) == "closed");
    CHECK(equities(utc(2025, 7, 3, 17, 0)) == "post");
    const SessionSpan weekend = session_span(Market::us_equities, utc(2025, 1, 18, 12));
    CHECK(weekend.begin == utc(2025, 1, 18, 1));
    CHECK(weekend.end == utc(2025, 1, 21, 9));  // over Martin Luther King's day
}

TEST_CASE("the future trades from Sunday evening to Friday with a daily break") {
    CHECK_FALSE(future_open(utc(2025, 1, 26, 22, 59)));
    CHECK(future_open(utc(2025, 1, 26, 23, 0)));
    CHECK(future_open(utc(2025, 1, 27, 21, 59)));
    CHECK_FALSE(future_open(utc(2025, 1, 27, 22, 30)));
    CHECK(future_open(utc(2025, 1, 27, 23, 0)));
    CHECK_FALSE(future_open(utc(2025, 1, 31, 22, 0)));
    CHECK_FALSE(future_open(utc(2025, 2, 1, 12, 0)));
    CHECK(future_open(utc(2025, 1, 20, 15)));  // a short holiday
    CHECK_FALSE(future_open(utc(2025, 1, 20, 18, 30)));
    CHECK(future_open(utc(2025, 1, 20, 23, 0)));
    CHECK_FALSE(future_open(utc(2024, 12, 25, 15)));
    CHECK(future_open(utc(2024, 12, 25, 23, 30)));
    CHECK_FALSE(future_open(utc(2025, 4, 18, 15)));  // Good Friday
    const SessionSpan night = session_span(Market::cme_globex, utc(2025, 1, 28, 5));
    CHECK(night.begin == utc(2025, 1, 27, 23));
    CHECK(night.end == utc(2025, 1, 28, 22));
}

TEST_CASE("spans tile time without gap or overlap, whatever moment is asked for") {
    test::Random random(2025);
    for (const Market market : {Market::us_equities, Market::cme_globex}) {
        TimeNs t = utc(2019, 12, 1);
        SessionSpan span = session_span(market, t);
        while (span.end < utc(2031, 2, 1)) {
            const SessionSpan next = session_span(market, span.end);
            REQUIRE(next.begin == span.end);
            REQUIRE(next.end > next.begin);
            const TimeNs inside =
                next.begin +
                static_cast<TimeNs>(random.uniform() * static_cast<double>(next.end - next.begin));
            const SessionSpan same = session_span(market, inside);
            REQUIRE(same.begin == next.begin);
            REQUIRE(same.end == next.end);
            REQUIRE(same.session == next.session);
            if (span.session == Session::closed) REQUIRE(next.session != Session::closed);
            span = next;
        }
    }
}

TEST_CASE("a price's age counts only while its market is open") {
    const TimeNs friday = utc(2025, 1, 24, 20, 50), monday = utc(2025, 1, 27, 14, 35);
    // Ten minutes of regular trading, four hours of post-market, then pre-market from nine.
    CHECK(open_time(Market::us_equities, friday, monday) ==
          10 * ns_per_min + 4 * ns_per_hour + 5 * ns_per_hour + 35 * ns_per_min);
    CHECK(open_time(Market::always, friday, monday) == monday - friday);
    CHECK(open_time(Market::us_equities, monday, monday) == 0);
    CHECK(open_time(Market::us_equities, monday, friday) == 0);
}

TEST_CASE("the calendar says where it ends") {
    CHECK(calendar_covers(utc(2020, 1, 1, 12)));
    CHECK(calendar_covers(utc(2030, 12, 31, 12)));
    CHECK_FALSE(calendar_covers(utc(2031, 1, 1, 12)));
    CHECK_FALSE(calendar_covers(utc(2019, 12, 31, 12)));
    const SessionSpan always = session_span(Market::always, utc(2050, 1, 1));
    CHECK(always.session == Session::regular);
}
