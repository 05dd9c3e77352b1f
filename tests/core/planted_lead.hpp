// Two series on stamps of their own, of which one follows the other after a known time.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/core/tick_twins.hpp"

namespace contagiond::test {

/// Fifteen minutes, around which planted_lead() makes ticks.
inline constexpr core::TimeNs window_begin = 1'737'990'000 * core::ns_per_s;
inline constexpr core::TimeNs window_end = window_begin + 900 * core::ns_per_s;

struct PlantedLead {
    std::uint64_t seed = 1;
    double lead_s = 41;        ///< y does now what x did so long ago; between -10 and 140
    double correlation = 0.7;  ///< of x then and y now
    double gap_x_s = 1;        ///< mean time between ticks, which come at random
    double gap_y_s = 1.5;
};

/// Random walks in steps of 10 ms, from a minute before the window to ten seconds after it.
inline TickPair planted_lead(const PlantedLead& planted) {
    Random random(planted.seed);
    constexpr double step_s = 0.01, before_s = 200, after_s = 20;
    const auto steps = static_cast<std::size_t>((before_s + 900 + after_s) / step_s);
    std::vector<double> common(steps), own(steps);
    for (std::size_t k = 1; k < steps; ++k) {
        common[k] = common[k - 1] + 1e-5 * random.cheap();
        own[k] = own[k - 1] + 1e-5 * random.cheap();
    }
    const auto at = [&](const std::vector<double>& path, double t_s) {
        return path.at(static_cast<std::size_t>((t_s + before_s) / step_s));
    };
    const double c = planted.correlation, rest = std::sqrt(1 - c * c);
    const auto stamp = [](double t_s) {
        return window_begin + static_cast<core::TimeNs>(t_s * 1e9);
    };
    const auto next = [&](double gap_s) { return -gap_s * std::log(1 - random.uniform()); };
    TickPair pair;
    for (double t = -60; (t += next(planted.gap_x_s)) < 910;)
        pair.x.add(stamp(t), 120 * std::exp(at(common, t)));
    for (double t = -60; (t += next(planted.gap_y_s)) < 910;)
        pair.y.add(stamp(t),
                   1e5 * std::exp(c * at(common, t - planted.lead_s) + rest * at(own, t)));
    return pair;
}

}  // namespace contagiond::test
