#include "daemon/false_alarm_budget.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/elementary.hpp"
#include "daemon/false_alarm_table.hpp"

namespace contagiond::daemon {
namespace {

struct Point {
    double factor;
    double log_rate;
};
using Curve = std::vector<Point>;

struct Shape {
    bool has_index = false;
    bool is_bitcoin = true;
    double names = 0;
    double bar_s = 60;
};

Shape shape_of(const core::EngineConfig& config) {
    Shape shape;
    for (const core::Member& member : config.universe.groups[config.source_group].members) {
        shape.has_index = shape.has_index || member.is_index;
        if (!member.is_index) ++shape.names;
    }
    shape.is_bitcoin =
        config.targets.empty() ||
        config.universe.instruments[config.targets.front()].symbol.starts_with("BTC");
    shape.bar_s = core::to_seconds(config.bar);
    return shape;
}

/// The two entries of rising `known` that `value` lies between, and how far; ends hold beyond.
struct Between {
    double low, high, share;
};
template <std::size_t N>
Between between(const std::array<double, N>& known, double value) {
    if (value <= known.front()) return {known.front(), known.front(), 0};
    for (std::size_t i = 1; i < N; ++i)
        if (value <= known[i])
            return {known[i - 1], known[i],
                    core::elementary::log(value / known[i - 1]) /
                        core::elementary::log(known[i] / known[i - 1])};
    return {known.back(), known.back(), 0};
}

const NullColumn& column(bool is_bitcoin, double names, double bar_s) {
    const auto found =
        std::find_if(null_columns.begin(), null_columns.end(), [&](const NullColumn& c) {
            return c.is_bitcoin == is_bitcoin && c.names == names && c.bar_s == bar_s;
        });
    return found == null_columns.end() ? null_columns.front() : *found;
}

Curve curve_of(const core::EngineConfig& config) {
    const Shape shape = shape_of(config);
    const Between bars = between(null_bars_s, shape.bar_s);
    Between names{0, 0, 0};
    if (!shape.has_index) names = between(null_names, shape.names);
    const std::array corners = {&column(shape.is_bitcoin, names.low, bars.low),
                                &column(shape.is_bitcoin, names.high, bars.low),
                                &column(shape.is_bitcoin, names.low, bars.high),
                                &column(shape.is_bitcoin, names.high, bars.high)};
    const std::array weights = {(1 - names.share) * (1 - bars.share),
                                names.share * (1 - bars.share), (1 - names.share) * bars.share,
                                names.share * bars.share};
    Curve curve;
    for (std::size_t f = 0; f < null_factors.size(); ++f) {
        double log_rate = 0;
        bool is_known = true;
        for (std::size_t c = 0; c < corners.size(); ++c) {
            if (weights[c] == 0) continue;
            const std::uint64_t episodes = corners[c]->episodes[f];
            if (episodes < episodes_least) is_known = false;
            log_rate += weights[c] *
                        core::elementary::log(std::max<double>(1, static_cast<double>(episodes)) /
                                              static_cast<double>(null_months));
        }
        if (!is_known) break;
        // Two factors on the same months never cross; a stricter one may open as often.
        if (!curve.empty() && !(log_rate < curve.back().log_rate)) continue;
        curve.push_back({null_factors[f], log_rate});
    }
    return curve;
}

/// `x` from one column of the curve to the other; absent outside.
template <double Point::*From, double Point::*To>
std::optional<double> interpolate(const Curve& curve, double x) {
    for (std::size_t i = 1; i < curve.size(); ++i) {
        const Point &a = curve[i - 1], &b = curve[i];
        const double low = std::min(a.*From, b.*From), high = std::max(a.*From, b.*From);
        if (x < low || x > high) continue;
        return a.*To + (x - a.*From) / (b.*From - a.*From) * (b.*To - a.*To);
    }
    return std::nullopt;
}

}  // namespace

BudgetRange budget_range(const core::EngineConfig& config) {
    const Curve curve = curve_of(config);
    // Rounded inwards, so that what is told is inside.
    constexpr double digits = 1000;
    return {std::ceil(core::elementary::exp(curve.back().log_rate) * digits) / digits,
            std::floor(core::elementary::exp(curve.front().log_rate) * digits) / digits};
}

std::optional<double> threshold_factor_for(const core::EngineConfig& config, double budget) {
    if (!(budget > 0)) return std::nullopt;
    const auto factor = interpolate<&Point::log_rate, &Point::factor>(
        curve_of(config), core::elementary::log(budget));
    if (!factor) return std::nullopt;
    return std::nearbyint(*factor * 100) / 100;
}

std::optional<double> budget_of(const core::EngineConfig& config, double threshold_factor) {
    const auto log_rate =
        interpolate<&Point::factor, &Point::log_rate>(curve_of(config), threshold_factor);
    if (!log_rate) return std::nullopt;
    return core::elementary::exp(*log_rate);
}

}  // namespace contagiond::daemon
