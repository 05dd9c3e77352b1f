#include "daemon/sinks/spoken.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace contagiond::sinks {

std::string spoken_duration(core::DurationNs duration) {
    const double seconds = std::max(0.0, core::to_seconds(duration));
    if (seconds < 120) return fmt::format("{:.0f} s", seconds);
    if (seconds < 3 * 3600) return fmt::format("{:.0f} min", seconds / 60);
    return fmt::format("{:.1f} h", seconds / 3600);
}

core::DurationNs elapsed(core::TimeNs from, core::TimeNs to) {
    core::DurationNs between = 0;
    return __builtin_sub_overflow(to, from, &between) ? std::numeric_limits<std::int64_t>::max()
                                                      : between;
}

std::string spoken_ratio(std::optional<double> ratio) {
    if (!ratio || !std::isfinite(*ratio)) return "move unknown";
    const std::string digits = fmt::format("{:.1f}", std::abs(*ratio) * 100);
    if (digits == "0.0") return "0.0 %";
    return fmt::format("{}{} %", *ratio < 0 ? "−" : "+", digits);
}

std::string spoken_correlation(std::optional<double> value) {
    return value && std::isfinite(*value) ? fmt::format("{:.2f}", *value + 0.0)
                                          : std::string("unknown");
}

std::string spoken_seconds(double seconds) {
    if (seconds < 0.05) return "under 0.1 s";
    return seconds < 9.95 ? fmt::format("{:.1f} s", seconds) : fmt::format("{:.0f} s", seconds);
}

std::string spoken_sigma(double move) {
    const std::string digits = fmt::format("{:.1f}", std::abs(move));
    return fmt::format("{}{}σ", digits == "0.0" ? "" : move < 0 ? "−" : "+", digits);
}

std::string spoken_money(double usd) {
    if (usd < 0.5e6) return "under $1 m";
    if (usd < 999.5e6) return fmt::format("${:.0f} m", usd / 1e6);
    if (usd < 9.95e9) return fmt::format("${:.1f} bn", usd / 1e9);
    if (usd < 999.5e9) return fmt::format("${:.0f} bn", usd / 1e9);
    return fmt::format("${:.2f} tn", usd / 1e12);
}

std::string spoken_share(double share) {
    const double percent = share * 100;
    if (percent < 0.05) return "under 0.1 %";
    return percent < 9.95 ? fmt::format("{:.1f} %", percent) : fmt::format("{:.0f} %", percent);
}

}  // namespace contagiond::sinks
