// Times and prices as text.
#include <fmt/format.h>

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
