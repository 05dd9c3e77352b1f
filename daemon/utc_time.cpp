#include "daemon/utc_time.hpp"

#include <fmt/format.h>

#include <chrono>

namespace contagiond::daemon {
namespace {

/// `digits` decimal digits at the start of `text`, which are taken off it; -1 if they are not all
/// there.
int take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return -1;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<core::TimeNs> take_date(std::string_view& text) {
    const int year = take_number(text, 4);
    if (year < 1970 || year > 2200 || !take(text, '-')) return std::nullopt;
    const int month = take_number(text, 2);
    if (month < 1 || !take(text, '-')) return std::nullopt;
    const int day = take_number(text, 2);
    if (day < 1) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date).time_since_epoch().count() * core::ns_per_day;
}

/// ".123": nanoseconds; 0 where there is no point.
std::optional<core::DurationNs> take_fraction(std::string_view& text) {
    if (!take(text, '.')) return 0;
    core::DurationNs value = 0, unit = core::ns_per_s;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        if (unit == 1) return std::nullopt;
        unit /= 10;
        value += (text.front() - '0') * unit;
        text.remove_prefix(1);
    }
    if (unit == core::ns_per_s) return std::nullopt;
    return value;
}

}  // namespace

std::optional<core::TimeNs> parse_utc(std::string_view text) {
    const auto date = take_date(text);
    if (!date || text.empty()) return date;
    if (!take(text, 'T')) return std::nullopt;
    const int hour = take_number(text, 2);
    if (hour < 0 || hour > 23 || !take(text, ':')) return std::nullopt;
    const int minute = take_number(text, 2);
    if (minute < 0 || minute > 59 || !take(text, ':')) return std::nullopt;
    const int second = take_number(text, 2);
    if (second < 0 || second > 59) return std::nullopt;
    const auto fraction = take_fraction(text);
    if (!fraction || text != "Z") return std::nullopt;
    return *date + hour * core::ns_per_hour + minute * core::ns_per_min + second * core::ns_per_s +
           *fraction;
}

std::string format_date(core::TimeNs t) {
    const std::chrono::year_month_day date{
        std::chrono::sys_days(std::chrono::days(day_of(t) / core::ns_per_day))};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace contagiond::daemon
