// Slow, obvious twins of what the estimators on raw ticks share, and ticks to compare them on.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/estimators/tick_series.hpp"
#include "tests/support/random.hpp"

namespace contagiond::test {

struct Ticks {
    std::vector<core::TimeNs> ts;
    std::vector<double> price;

    void add(core::TimeNs t, double p) {
        ts.push_back(t);
        price.push_back(p);
    }
    std::size_t size() const { return ts.size(); }
    core::TickSpan span() const { return {ts, price}; }
};

/// inputs.<name>_ts and <name>_px of a vector; a null price is NaN.
inline Ticks ticks_of(const nlohmann::json& inputs, const std::string& name) {
    Ticks ticks;
    ticks.ts = inputs[name + "_ts"].get<std::vector<core::TimeNs>>();
    for (const auto& price : inputs[name + "_px"])
        ticks.price.push_back(price.is_number() ? price.get<double>()
                                                : std::numeric_limits<double>::quiet_NaN());
    return ticks;
}

/// What remains under the rule of ticks: stamps rise, one price each.
inline Ticks cleaned(const Ticks& raw) {
    Ticks clean;
    for (std::size_t k = 0; k < raw.size(); ++k) {
        if (!(raw.price[k] > 0) || std::isinf(raw.price[k])) continue;
        if (clean.size() > 0 && raw.ts[k] < clean.ts.back()) continue;
        if (clean.size() > 0 && raw.ts[k] == clean.ts.back())
            clean.price.back() = raw.price[k];
        else
            clean.add(raw.ts[k], raw.price[k]);
    }
    return clean;
}

struct SlowHayashiYoshida {
    long double cov = 0, rv_x = 0, rv_y = 0;
    std::uint64_t products = 0;  ///< pairs behind cov of which neither return is zero
    bool returned = false;       ///< both sides have a return that ended by `until`
    std::optional<double> rho() const {
        if (!returned || rv_x <= 0 || rv_y <= 0) return std::nullopt;
        return static_cast<double>(cov / std::sqrt(rv_x * rv_y));
    }
};

/// All pairs of intervals of cleaned ticks, y shifted back by `theta`; of them those whose later
/// end lies in (after, until].
inline SlowHayashiYoshida slow_hayashi_yoshida(
    const Ticks& x, const Ticks& y, core::DurationNs theta = 0,
    core::TimeNs after = std::numeric_limits<core::TimeNs>::min(),
    core::TimeNs until = std::numeric_limits<core::TimeNs>::max()) {
    struct Interval {
        core::TimeNs begin, end;
        long double r;
    };
    const auto intervals = [](const Ticks& ticks, core::DurationNs shift) {
        std::vector<Interval> all;
        for (std::size_t k = 1; k < ticks.size(); ++k) {
            const long double p0 = ticks.price[k - 1], p1 = ticks.price[k];
            all.push_back(
                {ticks.ts[k - 1] - shift, ticks.ts[k] - shift, std::log1p((p1 - p0) / p0)});
        }
        return all;
    };
    const auto xs = intervals(x, 0), ys = intervals(y, theta);
    const auto in_window = [&](core::TimeNs end) { return end > after && end <= until; };
    SlowHayashiYoshida sums;
    for (const Interval& i : xs)
        if (in_window(i.end)) sums.rv_x += i.r * i.r;
    for (const Interval& j : ys)
        if (in_window(j.end)) sums.rv_y += j.r * j.r;
    for (const Interval& i : xs) {
        for (const Interval& j : ys) {
            if (std::max(i.begin, j.begin) >= std::min(i.end, j.end)) continue;
            if (!in_window(std::max(i.end, j.end))) continue;
            sums.cov += i.r * j.r;
            sums.products += i.r != 0 && j.r != 0;
        }
    }
    const auto ended = [&](const Interval& i) { return i.end <= until; };
    sums.returned =
        std::any_of(xs.begin(), xs.end(), ended) && std::any_of(ys.begin(), ys.end(), ended);
    return sums;
}

/// Two series driven by one path, on stamps that often coincide, with all that can be wrong with
/// ticks: late ones, repeated stamps, unchanged and impossible prices.
struct TickPair {
    Ticks x, y;
};
inline TickPair random_pair(Random& random, std::size_t steps, bool faults) {
    TickPair pair;
    double path_x = 0, path_y = 0;
    core::TimeNs t = 1'737'990'000 * core::ns_per_s;
    const auto tick = [&](Ticks& ticks, double level, double path) {
        const bool repeat = ticks.size() > 0 && random.uniform() < 0.2;
        ticks.add(t, repeat ? ticks.price.back() : level * std::exp(path));
        if (!faults) return;
        const double fault = random.uniform();
        if (fault < 0.05) ticks.add(t, ticks.price.back() * (1 + 1e-4 * random.normal()));
        if (fault > 0.05 && fault < 0.1)
            ticks.add(t - 1 - static_cast<core::TimeNs>(random.below(5)), level);
        if (fault > 0.1 && fault < 0.12)
            ticks.add(t + 1000, std::numeric_limits<double>::quiet_NaN());
        if (fault > 0.12 && fault < 0.14) ticks.add(std::numeric_limits<core::TimeNs>::max(), -1);
        if (fault > 0.14 && fault < 0.15)
            ticks.add(std::numeric_limits<core::TimeNs>::min(), INFINITY);
    };
    for (std::size_t k = 0; k < steps; ++k) {
        const double common = random.normal();
        path_x += 1e-4 * (common + 0.5 * random.normal());
        path_y += 2e-4 * (common + 0.7 * random.normal());
        if (random.uniform() < 0.4) tick(pair.x, 120, path_x);
        if (random.uniform() < 0.6) tick(pair.y, 1e5, path_y);
        t += static_cast<core::TimeNs>(random.below(3));
    }
    return pair;
}

/// A number of a vector; nothing for null.
inline std::optional<double> number_or_null(const nlohmann::json& value) {
    if (value.is_null()) return std::nullopt;
    if (value == "inf") return std::numeric_limits<double>::infinity();
    if (value == "-inf") return -std::numeric_limits<double>::infinity();
    return value.get<double>();
}

/// Whether an answer meets a vector's number within its tolerance: null only null, and of two
/// bounds one is enough.
inline bool meets(const std::optional<double>& value, const nlohmann::json& expected,
                  const nlohmann::json& tolerance) {
    const auto wanted = number_or_null(expected);
    if (!value || !wanted) return value.has_value() == wanted.has_value();
    if (*value == *wanted) return true;
    const double distance = std::abs(*value - *wanted);
    return distance <= tolerance.value("abs", 0.0) ||
           distance <= tolerance.value("rel", 0.0) * std::abs(*wanted);
}

}  // namespace contagiond::test
