#include "daemon/evaluate_sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "daemon/config.hpp"
#include "daemon/config_parts.hpp"
#include "daemon/config_units.hpp"
#include "daemon/did_you_mean.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::uint64_t most_steps = 200;
constexpr core::DurationNs longest = 30 * core::ns_per_day;

template <typename T>
T end_value(const std::string& key, const std::string& text, const Parsed<T>& parsed, T least,
            T most, const std::function<std::string(T)>& show) {
    if (!parsed.value)
        throw ConfigError(fmt::format("{}: {} {}", key, text.empty() ? "an end of the sweep" : text,
                                      parsed.problem));
    if (*parsed.value < least || *parsed.value > most)
        throw ConfigError(
            fmt::format("{}: {} is outside {} to {}", key, text, show(least), show(most)));
    return *parsed.value;
}

double share_of(std::uint64_t i, std::uint64_t steps) {
    return static_cast<double>(i) / static_cast<double>(steps - 1);
}

/// Differences of decimal numbers leave a speck in the last digits; nobody wants to read it.
double tidy(double value) {
    constexpr double digits = 1e9;
    return std::nearbyint(value * digits) / digits;
}

std::vector<SweepValue> numbers(const DetectorNumber& n, const std::string& from,
                                const std::string& to, std::uint64_t steps) {
    const std::string key(n.key);
    const std::function<std::string(double)> show = [](double v) { return format_number(v); };
    const double low = end_value(key, from, parse_ratio(from), n.least, n.most, show);
    const double high = end_value(key, to, parse_ratio(to), n.least, n.most, show);
    std::vector<SweepValue> values;
    for (std::uint64_t i = 0; i < steps; ++i) {
        const double value = tidy(low + share_of(i, steps) * (high - low));
        values.push_back(
            {format_number(value),
             [member = n.member, value](core::DetectorConfig& d) { d.*member = value; }});
    }
    return values;
}

std::vector<SweepValue> durations(const DetectorDuration& d, const std::string& from,
                                  const std::string& to, std::uint64_t steps) {
    const std::string key(d.key);
    const std::function<std::string(core::DurationNs)> show = [](core::DurationNs v) {
        return format_duration(v);
    };
    const auto low = end_value(key, from, parse_duration(from), core::DurationNs{0}, longest, show);
    const auto high = end_value(key, to, parse_duration(to), core::DurationNs{0}, longest, show);
    std::vector<SweepValue> values;
    for (std::uint64_t i = 0; i < steps; ++i) {
        const double exact =
            static_cast<double>(low) + share_of(i, steps) * static_cast<double>(high - low);
        // Whole milliseconds can be read.
        const auto value = static_cast<core::DurationNs>(
            std::nearbyint(exact / static_cast<double>(core::ns_per_ms)) *
            static_cast<double>(core::ns_per_ms));
        values.push_back(
            {format_duration(value),
             [member = d.member, value](core::DetectorConfig& config) { config.*member = value; }});
    }
    return values;
}

}  // namespace

std::vector<SweepValue> sweep_values(const std::string& key, const std::string& from,
                                     const std::string& to, std::uint64_t steps) {
    if (steps < 2 || steps > most_steps)
        throw ConfigError(fmt::format("a sweep has 2 to {} steps, not {}", most_steps, steps));
    std::string name = key;
    if (name.starts_with("detector.")) name.erase(0, std::string_view("detector.").size());
    std::vector<std::string_view> keys;
    for (const DetectorNumber& n : detector_numbers) {
        if (n.key == name) return numbers(n, from, to, steps);
        keys.push_back(n.key);
    }
    for (const DetectorDuration& d : detector_durations) {
        if (d.key == name) return durations(d, from, to, steps);
        keys.push_back(d.key);
    }
    throw ConfigError(fmt::format("{} is no key of the detector{}", key, did_you_mean(name, keys)));
}

}  // namespace contagiond::daemon
