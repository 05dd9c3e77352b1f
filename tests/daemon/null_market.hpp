// Small universes for the null market.
#pragma once

#include <string>
#include <vector>

#include "core/engine.hpp"

namespace contagiond::test {

/// A source of an index future (where wanted) and `names` shares, and these coins as targets.
inline core::EngineConfig null_universe(bool has_index, std::size_t names,
                                        const std::vector<std::string>& coins = {"BTC-USD"},
                                        core::DurationNs bar = core::ns_per_min) {
    core::EngineConfig config;
    config.bar = bar;
    core::Group group{"us_tech", {}};
    const auto add = [&](const std::string& symbol, core::AssetClass asset_class,
                         core::Market market) {
        core::Instrument instrument;
        instrument.symbol = symbol;
        instrument.asset_class = asset_class;
        instrument.market = market;
        config.universe.instruments.push_back(instrument);
        return static_cast<core::InstrumentId>(config.universe.instruments.size() - 1);
    };
    // Names alone would leave the group below its least weight at night.
    if (has_index)
        group.members.push_back(
            {add("NQ", core::AssetClass::future, core::Market::cme_globex), 1, true, 1});
    for (std::size_t i = 0; i < names; ++i)
        group.members.push_back(
            {add("N" + std::to_string(i), core::AssetClass::equity, core::Market::us_equities), 0.1,
             false, 0.35});
    for (const std::string& coin : coins)
        config.targets.push_back(add(coin, core::AssetClass::crypto, core::Market::always));
    config.universe.groups.push_back(std::move(group));
    return config;
}

}  // namespace contagiond::test
