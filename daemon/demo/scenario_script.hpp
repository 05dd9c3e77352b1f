// What a scenario makes of its draws: every number that shapes one path, before any price.
#pragma once

#include <array>
#include <cstdint>

#include "daemon/demo/scenario.hpp"
#include "daemon/demo/steady_math.hpp"

namespace contagiond::demo {

/// Loadings on the common factors; macro: positive is dovish.
struct FactorLoadings {
    double global, tech, crypto, macro;
};
inline constexpr std::size_t factor_count = 4;

struct SimulatedSymbol {
    std::string_view name;
    SymbolGroup group;
    double open;
    std::int64_t tick_mantissa;  ///< the tick is this times 10^price_exponent
    std::int8_t price_exponent;
    double minute_volatility_bp;
    double half_spread_bp;
    double trades_per_s;  ///< at the full rate
    FactorLoadings loadings;
    double typical_size;
    std::int8_t size_exponent;
};
const std::array<SimulatedSymbol, symbol_count>& simulated_symbols();

constexpr SymbolMask mask_of(std::size_t symbol) {
    return static_cast<SymbolMask>(1u << symbol);
}
inline constexpr SymbolMask names_mask = 0b000'00'0'11111;
inline constexpr SymbolMask tech_mask = 0b000'00'1'11111;
inline constexpr SymbolMask crypto_mask = 0b000'11'0'00000;
inline constexpr SymbolMask macro_mask = 0b111'00'0'00000;

/// A move of its own: total·(1 - exp(-(t - onset)/tau)), answered with a lag.
struct OwnShock {
    double total = 0;
    double tau_s = 1;
    double lag_s = 0;
};

/// The other group's moves, answered with a lag.
struct Following {
    double drift_gain = 0;
    double noise_gain = 0;  ///< only inside the event's window
};

struct PathScript {
    Truth truth;
    double global_exposure = 1;  ///< of crypto, to the global and the macro factor
    bool is_garch = false;       ///< GARCH(1,1) in place of the log AR(1)
    double u_shape = 0;          ///< height of D(t)'s ends above its middle
    int onset_s = path_seconds;
    int window_end_s = path_seconds;
    std::array<OwnShock, symbol_count> own;
    std::array<Following, symbol_count> following;
    SymbolGroup leader = SymbolGroup::tech;
    double leader_total = 0;  ///< of the shock that is followed
    double leader_tau_s = 1;
    double follow_lag_s = 0;
    std::array<double, symbol_count> volatility;  ///< m_i inside the window
    double global_volatility = 1;                 ///< of the global factor inside the window
    /// Symbols that trade seldom until the onset, and their mean interval at the full rate.
    SymbolMask sparse = 0;
    std::array<double, symbol_count> sparse_interval_s{};
};

PathScript write_script(Scenario scenario, Shocks& shocks);

/// Fills in truth.strength, where there is an event that ends.
void measure_strength(const PathScript& script,
                      const std::array<std::vector<double>, symbol_count>& log_price, Truth& truth);

/// One-minute sigma of a weighted sum of symbols in normal times.
double normal_minute_sigma(const std::array<double, symbol_count>& weights, double global_exposure);

/// A symbol's loadings once crypto's exposure is drawn, and what is left for its own noise.
FactorLoadings loadings_of(std::size_t symbol, double global_exposure);
double own_loading(const FactorLoadings& loadings);

/// Of the log AR(1) of volatilities, by the minute.
inline constexpr double volatility_persistence = 0.97;
inline constexpr double volatility_shock = 0.10;

/// Latent prices of a script.
std::array<std::vector<double>, symbol_count> walk(const PathScript& script, Shocks& shocks);

/// A seed of its own for each use of each path.
std::uint64_t path_seed(Scenario scenario, std::uint64_t seed, std::uint64_t path,
                        std::uint64_t use);

}  // namespace contagiond::demo
