#include "daemon/default_config.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace contagiond::daemon {
namespace {

using core::AssetClass;
using core::Market;

struct Listed {
    std::string_view symbol;
    AssetClass asset_class;
    Market market;
    double weight;  ///< inside its part of the group; 0: a target
    bool is_index;
    double beta;  ///< what the index moves when it moves by one: ratio of their usual moves times
                  ///< their correlation
};

constexpr std::array listed = {
    Listed{"BTC-USD", AssetClass::crypto, Market::always, 0, false, 1},
    Listed{"ETH-USD", AssetClass::crypto, Market::always, 0, false, 1},
    Listed{"NVDA", AssetClass::equity, Market::us_equities, 1, false, 0.35},
    Listed{"AMD", AssetClass::equity, Market::us_equities, 1, false, 0.35},
    Listed{"AVGO", AssetClass::equity, Market::us_equities, 1, false, 0.35},
    Listed{"ARM", AssetClass::equity, Market::us_equities, 1, false, 0.35},
    Listed{"TSM", AssetClass::equity, Market::us_equities, 1, false, 0.35},
    Listed{"MU", AssetClass::equity, Market::us_equities, 1, false, 0.35},
    Listed{"INTC", AssetClass::equity, Market::us_equities, 1, false, 0.35},
    Listed{"AAPL", AssetClass::equity, Market::us_equities, 1, false, 0.6},
    Listed{"AMZN", AssetClass::equity, Market::us_equities, 1, false, 0.6},
    Listed{"META", AssetClass::equity, Market::us_equities, 1, false, 0.55},
    Listed{"TSLA", AssetClass::equity, Market::us_equities, 1, false, 0.3},
    Listed{"SMH", AssetClass::equity, Market::us_equities, 1, false, 0.6},
    // Best first: the future trades for 23 hours, the fund for six and a half.
    Listed{"NQ", AssetClass::future, Market::cme_globex, 9, true, 1},
    Listed{"QQQ", AssetClass::equity, Market::us_equities, 1, true, 1},
};
constexpr double names_share = 0.7;
constexpr double index_share = 0.3;

template <typename Wanted>
core::EngineConfig config_of(Wanted wanted) {
    core::EngineConfig config;
    double names = 0, index = 0;
    for (const Listed& l : listed)
        if (wanted(l)) (l.is_index ? index : names) += l.weight;
    core::Group group{"us_tech", {}};
    for (const Listed& l : listed) {
        const bool is_target = l.weight == 0;
        if (!is_target && !wanted(l)) continue;
        const auto id = static_cast<core::InstrumentId>(config.universe.instruments.size());
        core::Instrument instrument;
        instrument.symbol = l.symbol;
        instrument.asset_class = l.asset_class;
        instrument.market = l.market;
        config.universe.instruments.push_back(instrument);
        if (is_target)
            config.targets.push_back(id);
        else
            group.members.push_back(
                {id, l.is_index ? index_share * l.weight / index : names_share * l.weight / names,
                 l.is_index, l.beta});
    }
    config.universe.groups.push_back(std::move(group));
    // Goes into the ids of episodes: changes when the universe above does.
    config.identity = "built-in/2";
    return config;
}

}  // namespace

core::EngineConfig default_engine_config() {
    return config_of([](const Listed&) { return true; });
}

core::EngineConfig default_engine_config(const std::vector<std::string>& present) {
    const auto is_present = [&](const Listed& l) {
        return std::find(present.begin(), present.end(), l.symbol) != present.end();
    };
    const bool any = std::any_of(listed.begin(), listed.end(),
                                 [&](const Listed& l) { return l.weight > 0 && is_present(l); });
    return any ? config_of(is_present) : default_engine_config();
}

}  // namespace contagiond::daemon
