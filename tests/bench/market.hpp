// The market the benchmarks run on: nine sources, two targets, three windows.
#pragma once

#include <cstdint>

#include "core/engine.hpp"

namespace contagiond::bench {

inline constexpr core::TimeNs market_open = 1'737'988'200 * core::ns_per_s;  // 2025-01-27T14:30:00Z
inline constexpr std::size_t source_count = 9;
inline constexpr std::size_t instrument_count = source_count + 2;

inline core::EngineConfig engine_config() {
    core::EngineConfig config;
    core::Group tech{"us_tech", {}};
    core::Feed stocks{"stocks", "alpaca", {}}, coins{"coins", "binance_spot", {}};
    for (const char* symbol :
         {"NVDA", "ARM", "AVGO", "TSM", "MU", "AMD", "INTC", "SMCI", "NQ", "BTC-USD", "ETH-USD"}) {
        const auto id = static_cast<core::InstrumentId>(config.universe.instruments.size());
        const bool source = id < source_count;
        config.universe.instruments.push_back(
            {symbol, source ? core::AssetClass::equity : core::AssetClass::crypto,
             source ? core::Market::us_equities : core::Market::always, 90 * core::ns_per_s});
        if (source)
            tech.members.push_back({id, 1.0});
        else
            config.targets.push_back(id);
        (source ? stocks : coins).instruments.push_back(id);
    }
    config.universe.groups = {tech};
    config.universe.feeds = {stocks, coins};
    config.correlation_windows = {5 * core::ns_per_min, 15 * core::ns_per_min,
                                  60 * core::ns_per_min};
    config.identity = "bench";
    return config;
}

/// A trade of any of the instruments whose price walks a little with every step.
inline core::Input walk_trade(std::uint64_t step, core::TimeNs ts) {
    const auto instrument = static_cast<core::InstrumentId>(step % instrument_count);
    // A cheap scramble: prices move irregularly, and equally in every run.
    const std::uint64_t noise = (step * 0x9e3779b97f4a7c15ull) >> 54;
    return core::Input::make_trade(
        instrument, instrument < source_count ? 0 : 1, ts - 3 * core::ns_per_ms, ts,
        {100'000'000 + static_cast<std::int64_t>(noise) * 100, -6}, {1, 0}, step + 1);
}

}  // namespace contagiond::bench
