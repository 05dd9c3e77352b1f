// A small scripted market: hours of quiet noise, then tech falls and crypto follows. Seeded, so
// that every run is the same.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "core/units.hpp"

namespace contagiond::test {

struct ScriptedPrice {
    core::TimeNs ts;
    std::size_t symbol;  ///< position in market_symbols()
    double price;
};

inline const std::vector<std::string>& market_symbols() {
    static const std::vector<std::string> symbols = {"NVDA", "AMD", "NQ", "BTC-USD", "ETH-USD"};
    return symbols;
}

/// A price of every symbol each `step`, over `hours`. Four hours before the end tech loses 4 % in
/// half an hour, and crypto 3 %, five minutes later; the rest is quiet enough for the episode to
/// end.
inline std::vector<ScriptedPrice> scripted_selloff(core::TimeNs start, core::DurationNs step,
                                                   int hours) {
    std::mt19937_64 random(20250127);
    const core::DurationNs fall_start = (hours - 4) * core::ns_per_hour;
    constexpr core::DurationNs fall = 30 * core::ns_per_min, lag = 5 * core::ns_per_min;
    const double noise = 2e-4 * std::sqrt(core::to_seconds(step) / 60);
    const std::size_t n = market_symbols().size();
    std::vector<double> price = {120, 110, 21000, 100000, 3200};
    std::vector<ScriptedPrice> prices;
    for (core::DurationNs t = step; t <= hours * core::ns_per_hour; t += step) {
        for (std::size_t i = 0; i < n; ++i) {
            const bool crypto = i >= 3;
            const core::DurationNs begins = fall_start + (crypto ? lag : 0);
            const double drift = t > begins && t <= begins + fall
                                     ? (crypto ? -0.03 : -0.04) * static_cast<double>(step) /
                                           static_cast<double>(fall)
                                     : 0.0;
            // Twelve uniform numbers less six are near enough to a normal one, and the same
            // everywhere.
            double z = -6;
            for (int k = 0; k < 12; ++k) z += static_cast<double>(random() >> 11) * 0x1p-53;
            price[i] *= std::exp(drift + noise * z);
            prices.push_back({start + t, i, price[i]});
        }
    }
    return prices;
}

}  // namespace contagiond::test
