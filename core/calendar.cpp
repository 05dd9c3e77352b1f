#include "core/calendar.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <span>

namespace contagiond::core {
namespace {

constexpr int first_year = 2020;
constexpr int last_year = 2030;

/// Month and day as one number: 1225.
using Day = std::uint16_t;

/// New York Stock Exchange, closed all day. 2025-01-09 was a national day of mourning.
constexpr std::array holidays_2020 =
    std::to_array<Day>({101, 120, 217, 410, 525, 703, 907, 1126, 1225});
constexpr std::array holidays_2021 =
    std::to_array<Day>({101, 118, 215, 402, 531, 705, 906, 1125, 1224});
constexpr std::array holidays_2022 =
    std::to_array<Day>({117, 221, 415, 530, 620, 704, 905, 1124, 1226});
constexpr std::array holidays_2023 =
    std::to_array<Day>({102, 116, 220, 407, 529, 619, 704, 904, 1123, 1225});
constexpr std::array holidays_2024 =
    std::to_array<Day>({101, 115, 219, 329, 527, 619, 704, 902, 1128, 1225});
constexpr std::array holidays_2025 =
    std::to_array<Day>({101, 109, 120, 217, 418, 526, 619, 704, 901, 1127, 1225});
constexpr std::array holidays_2026 =
    std::to_array<Day>({101, 119, 216, 403, 525, 619, 703, 907, 1126, 1225});
constexpr std::array holidays_2027 =
    std::to_array<Day>({101, 118, 215, 326, 531, 618, 705, 906, 1125, 1224});
constexpr std::array holidays_2028 =
    std::to_array<Day>({117, 221, 414, 529, 619, 704, 904, 1123, 1225});
constexpr std::array holidays_2029 =
    std::to_array<Day>({101, 115, 219, 330, 528, 619, 704, 903, 1122, 1225});
constexpr std::array holidays_2030 =
    std::to_array<Day>({101, 121, 218, 419, 527, 619, 704, 902, 1128, 1225});
constexpr std::array<std::span<const Day>, 11> holidays = {
    holidays_2020, holidays_2021, holidays_2022, holidays_2023, holidays_2024, holidays_2025,
    holidays_2026, holidays_2027, holidays_2028, holidays_2029, holidays_2030};

/// New York Stock Exchange, closed from 13:00.
constexpr std::array early_2020 = std::to_array<Day>({1127, 1224});
constexpr std::array early_2021 = std::to_array<Day>({1126});
constexpr std::array early_2022 = std::to_array<Day>({1125});
constexpr std::array early_2023 = std::to_array<Day>({703, 1124});
constexpr std::array early_2024 = std::to_array<Day>({703, 1129, 1224});
constexpr std::array early_2025 = std::to_array<Day>({703, 1128, 1224});
constexpr std::array early_2026 = std::to_array<Day>({1127, 1224});
constexpr std::array early_2027 = std::to_array<Day>({1126});
constexpr std::array early_2028 = std::to_array<Day>({703, 1124});
constexpr std::array early_2029 = std::to_array<Day>({703, 1123, 1224});
constexpr std::array early_2030 = std::to_array<Day>({703, 1129, 1224});
constexpr std::array<std::span<const Day>, 11> early_closes = {
    early_2020, early_2021, early_2022, early_2023, early_2024, early_2025,
    early_2026, early_2027, early_2028, early_2029, early_2030};

struct Date {
    int year;
    int month;
    int day;
    std::int64_t days;  ///< since 1970-01-01
    int weekday() const { return static_cast<int>(((days + 4) % 7 + 7) % 7); }
};

constexpr bool is_leap(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

constexpr int days_in_month(int year, int month) {
    constexpr std::array lengths = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : lengths[static_cast<std::size_t>(month - 1)];
}

/// Days from 1970-01-01 to the first of January.
constexpr std::int64_t days_to_year(int year) {
    const std::int64_t y = year - 1;
    return 365 * (static_cast<std::int64_t>(year) - 1970) + (y / 4 - y / 100 + y / 400) -
           (1969 / 4 - 1969 / 100 + 1969 / 400);
}

constexpr std::int64_t days_to(int year, int month, int day) {
    std::int64_t days = days_to_year(year) + day - 1;
    for (int m = 1; m < month; ++m) days += days_in_month(year, m);
    return days;
}

Date date_of(std::int64_t days) {
    int year = static_cast<int>(1970 + days / 366);
    while (days_to_year(year + 1) <= days) ++year;
    std::int64_t rest = days - days_to_year(year);
    int month = 1;
    while (rest >= days_in_month(year, month)) rest -= days_in_month(year, month++);
    return {year, month, static_cast<int>(rest) + 1, days};
}

std::int64_t floor_days(TimeNs t) {
    return t >= 0 ? t / ns_per_day : -((ns_per_day - 1 - t) / ns_per_day);
}

/// Day number of the n-th Sunday of a month.
std::int64_t sunday(int year, int month, int n) {
    const std::int64_t first = days_to(year, month, 1);
    const std::int64_t weekday = ((first + 4) % 7 + 7) % 7;
    return first + (7 - weekday) % 7 + 7 * (std::int64_t{n} - 1);
}

DurationNs offset_at(TimeNs t) {
    const int year = date_of(floor_days(t)).year;
    // Clocks change at 02:00 local: at 07:00 UTC in March, at 06:00 UTC in November.
    const TimeNs summer = sunday(year, 3, 2) * ns_per_day + 7 * ns_per_hour;
    const TimeNs winter = sunday(year, 11, 1) * ns_per_day + 6 * ns_per_hour;
    return (t >= summer && t < winter ? -4 : -5) * ns_per_hour;
}

/// UTC of a time of day on a local date; no session begins or ends while clocks change (02:00 of a
/// Sunday).
TimeNs utc_of(std::int64_t local_days, DurationNs of_day) {
    const TimeNs local = local_days * ns_per_day + of_day;
    return local - offset_at(local + 5 * ns_per_hour);
}

bool is_listed(const std::array<std::span<const Day>, 11>& table, const Date& date) {
    if (date.year < first_year || date.year > last_year) return false;
    const auto& days = table[static_cast<std::size_t>(date.year - first_year)];
    return std::find(days.begin(), days.end(), date.month * 100 + date.day) != days.end();
}

constexpr DurationNs at(int hour, int minute = 0) {
    return hour * ns_per_hour + minute * ns_per_min;
}

struct DayPart {
    Session session;
    DurationNs begin;  ///< since local midnight
    DurationNs end;
};

/// Up to three open stretches of one local day, in order.
struct DayPlan {
    std::array<DayPart, 3> parts{};
    std::size_t count = 0;
    void add(Session session, DurationNs begin, DurationNs end) {
        parts[count++] = {session, begin, end};
    }
};

DayPlan equities_day(const Date& date) {
    DayPlan plan;
    const int weekday = date.weekday();
    if (weekday == 0 || weekday == 6 || is_listed(holidays, date)) return plan;
    const bool early = is_listed(early_closes, date);
    plan.add(Session::pre, at(4), at(9, 30));
    plan.add(Session::regular, at(9, 30), early ? at(13) : at(16));
    plan.add(Session::post, early ? at(13) : at(16), early ? at(17) : at(20));
    return plan;
}

/// Whether the future does not trade at all on a US holiday: New Year, Good Friday, Christmas.
bool future_closed(const Date& date) {
    if (!is_listed(holidays, date)) return false;
    if (date.month == 12 || date.month == 1) return date.month == 12 || date.day <= 2;
    return (date.month == 3 || date.month == 4) && date.weekday() == 5;
}

DayPlan globex_day(const Date& date) {
    DayPlan plan;
    const int weekday = date.weekday();
    if (weekday == 6) return plan;
    const bool closed = future_closed(date);
    DurationNs day_end = at(17);
    if (is_listed(early_closes, date)) day_end = at(13, 15);
    if (is_listed(holidays, date)) day_end = at(13);
    if (weekday != 0 && !closed) plan.add(Session::regular, 0, day_end);
    // The evening belongs to the next trading day.
    const Date next = date_of(date.days + 1);
    if (weekday != 5 && !future_closed(next)) plan.add(Session::regular, at(18), at(24));
    return plan;
}

DayPlan day_plan(Market market, const Date& date) {
    return market == Market::us_equities ? equities_day(date) : globex_day(date);
}

}  // namespace

std::string_view to_string(Session session) {
    switch (session) {
        case Session::closed:
            return "closed";
        case Session::pre:
            return "pre";
        case Session::regular:
            return "regular";
        case Session::post:
            return "post";
    }
    return "unknown";
}

std::string_view calendar_name(Market market) {
    switch (market) {
        case Market::us_equities:
            return "XNYS";
        case Market::cme_globex:
            return "CMES";
        case Market::always:
            return "24/7";
    }
    return "unknown";
}

NewYorkTime new_york_time(TimeNs t) {
    NewYorkTime local;
    local.offset = offset_at(t);
    const TimeNs shown = t + local.offset;
    const Date date = date_of(floor_days(shown));
    local.year = date.year;
    local.month = date.month;
    local.day = date.day;
    local.weekday = date.weekday();
    local.of_day = shown - date.days * ns_per_day;
    return local;
}

bool calendar_covers(TimeNs t) {
    const int year = new_york_time(t).year;
    return year >= first_year && year <= last_year;
}

SessionSpan session_span(Market market, TimeNs t) {
    if (market == Market::always)
        return {Session::regular, std::numeric_limits<TimeNs>::min(),
                std::numeric_limits<TimeNs>::max()};
    const std::int64_t today = floor_days(t + offset_at(t));
    // Walk the open stretches from some days back until the one that ends after `t`. Two that touch
    // and are of one kind (a future over midnight) are one.
    constexpr std::int64_t reach = 8;
    SessionSpan span;
    span.begin = utc_of(today - reach, 0);
    bool open = false;
    for (std::int64_t day = today - reach; day <= today + reach; ++day) {
        const DayPlan plan = day_plan(market, date_of(day));
        for (std::size_t i = 0; i < plan.count; ++i) {
            const DayPart& part = plan.parts[i];
            const TimeNs begin = utc_of(day, part.begin);
            const TimeNs end = part.end == at(24) ? utc_of(day + 1, 0) : utc_of(day, part.end);
            if (open && begin == span.end && part.session == span.session) {
                span.end = end;
                continue;
            }
            if (open && t < span.end) return span;
            if (t < begin) return {Session::closed, open ? span.end : span.begin, begin};
            span = {part.session, begin, end};
            open = true;
        }
    }
    if (open && t < span.end) return span;
    return {Session::closed, span.end, utc_of(today + reach + 1, 0)};
}

DurationNs open_time(Market market, TimeNs from, TimeNs to) {
    if (to <= from) return 0;
    if (market == Market::always) return to - from;
    DurationNs total = 0;
    TimeNs t = from;
    while (t < to) {
        const SessionSpan span = session_span(market, t);
        const TimeNs end = std::min(span.end, to);
        if (span.session != Session::closed) total += end - t;
        t = end;
    }
    return total;
}

}  // namespace contagiond::core
