// Times and prices as text.
#include <fmt/format.h>

#include <chrono>

#include "daemon/sinks/event_json.hpp"

namespace contagiond::sinks {

std::string rfc3339(core::TimeNs t) {
    // Days since 0000-03-01, so that the leap day is the last of its year.
    std::int64_t days = t / core::ns_per_day;
    std::int64_t rest = t % core::ns_per_day;
    if (rest < 0) {
        rest += core::ns_per_day;
        --days;
    }
    days += 719'468;
    const std::int64_t era = days / 146'097;  // 400 years; t cannot reach before the year 1677
    const std::int64_t day_of_era = days % 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
    const std::int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    const std::int64_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", year, month, day,
                       rest / core::ns_per_hour, rest / core::ns_per_min % 60,
                       rest / core::ns_per_s % 60, rest / core::ns_per_us % 1'000'000);
}

std::optional<core::TimeNs> parse_rfc3339(std::string_view text) {
    constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
    if (text.size() <= shape.size() || text.back() != 'Z') return std::nullopt;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !is_digit : text[i] != shape[i]) return std::nullopt;
    }
    const auto digits = [&text](std::size_t at, std::size_t count) {
        int value = 0;
        for (std::size_t i = at; i < at + count; ++i) value = value * 10 + (text[i] - '0');
        return value;
    };
    const std::chrono::year_month_day date(std::chrono::year(digits(0, 4)),
                                           std::chrono::month(static_cast<unsigned>(digits(5, 2))),
                                           std::chrono::day(static_cast<unsigned>(digits(8, 2))));
    const int hour = digits(11, 2), minute = digits(14, 2), second = digits(17, 2);
    // Years that nanoseconds can say.
    if (!date.ok() || digits(0, 4) < 1678 || digits(0, 4) > 2261 || hour > 23 || minute > 59 ||
        second > 59)
        return std::nullopt;
    std::string_view rest = text.substr(shape.size(), text.size() - shape.size() - 1);
    core::TimeNs fraction = 0;
    if (!rest.empty()) {
        if (rest.size() < 2 || rest[0] != '.') return std::nullopt;
        rest.remove_prefix(1);
        core::TimeNs unit = core::ns_per_s;
        for (const char c : rest) {
            if (c < '0' || c > '9') return std::nullopt;
            unit /= 10;
            fraction += unit * (c - '0');
        }
    }
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    return days * core::ns_per_day + hour * core::ns_per_hour + minute * core::ns_per_min +
           second * core::ns_per_s + fraction;
}

std::string decimal_text(core::Decimal value) {
    // Unsigned, since the smallest integer has no positive twin.
    const std::uint64_t magnitude = value.mantissa < 0
                                        ? 0 - static_cast<std::uint64_t>(value.mantissa)
                                        : static_cast<std::uint64_t>(value.mantissa);
    std::string digits = fmt::format("{}", magnitude);
    if (value.exponent > 0 && magnitude != 0)
        digits.append(static_cast<std::size_t>(value.exponent), '0');
    if (value.exponent < 0) {
        const auto places = static_cast<std::size_t>(-static_cast<int>(value.exponent));
        if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
        digits.insert(digits.size() - places, ".");
    }
    if (value.mantissa < 0) digits.insert(0, "-");
    return digits;
}

std::string price_text(core::Decimal value) {
    std::string text = decimal_text(value);
    const std::size_t point = text.find('.');
    if (point == std::string::npos) return text;
    while (text.size() > point + 3 && text.back() == '0') text.pop_back();
    return text;
}

}  // namespace contagiond::sinks
