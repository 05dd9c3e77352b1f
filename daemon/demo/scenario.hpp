// Simulated markets with known truth: thirteen scenarios of tech, crypto and macro controls, three
// hours each, from a seed. No price is real.
//
// Latent prices move by the second. Return of symbol i, with v its one-minute volatility/sqrt(60):
//
//     r_i = v_i·m_i(t)·D(t)·C(t)·(Σ_f c_if·F_f(t) + e_i·ε_i(t)) + drift_i(t)
//
// F: global, tech, crypto and macro factor (positive is dovish); innovations and ε are Student t
// with 5 degrees of freedom. Each factor's volatility and C follow a log AR(1) by the minute
// (persistence 0.97, shock 0.10), D is flat or a mild U, m_i is the event's multiplier. A shock of
// size X and time constant τ adds X·(1 - exp(-(t - onset)/τ)); "lag L" is a causal exponential
// response with mean L. Trades then arrive as Poisson at latent·(1 ± half spread), on the tick.
//
// Left out, so that nobody reads too much into a good score: order books, clustered news, weekends,
// noise that venues share, liquidations, and the way back from crypto to tech.
//
// Everything is bit for bit equal on every machine (steady_math.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/engine.hpp"
#include "core/event.hpp"
#include "core/input.hpp"

namespace contagiond::demo {

enum class Scenario : std::uint8_t {
    calm,
    indep_garch,
    fr_trap,
    tech_only,
    epps_async,
    feed_stall,
    fat_finger,
    joint_rally,
    common_macro,
    crypto_led,
    lagged_transmission,
    corr_break,
    deepseek_like,
};
inline constexpr std::size_t scenario_count = 13;
/// Names in the order of the enumeration.
std::span<const std::string_view, scenario_count> scenario_names();

/// Which story is right.
enum class Direction : std::uint8_t { none, tech_to_crypto, crypto_to_tech, common };
std::string_view to_string(Direction direction);

/// Every simulated path lasts so long, and begins at 2025-03-03T14:30:00Z: a Monday, in New York's
/// regular hours.
inline constexpr int path_seconds = 10'800;
inline constexpr core::TimeNs path_start = 1'741'012'200 * core::ns_per_s;

/// In the order of the tables below and of the instruments of simulated_config().
inline constexpr std::size_t symbol_count = 11;
using SymbolMask = std::uint16_t;
namespace symbol {
enum : std::size_t { nvda, avgo, tsm, amd, mu, qqq, btc, eth, dxy, zn, gc };
}  // namespace symbol
/// Canonical names.
std::span<const std::string_view, symbol_count> symbol_names();
/// One-minute volatility as a fraction.
double minute_volatility(std::size_t symbol);

/// The names and QQQ, the coins, or the controls.
enum class SymbolGroup : std::uint8_t { tech, crypto, macro };
inline constexpr std::size_t symbol_group_count = 3;

/// A group's worst loss, over the best of the windows of 5 to 120 whole minutes that end between
/// onset and end: in normal sigma, and the same window over the root of its squared one-minute
/// returns. The controls fall when they press on risk.
struct Strength {
    double sigma = 0;
    double one_way = 0;
};

struct Outage {
    int from_s = 0;
    int to_s = 0;  ///< not included
    SymbolMask symbols = 0;
};

struct FatFinger {
    double at_s = 0;
    std::size_t symbol = 0;
    double fraction = 0;  ///< off the true price
};

/// What a path is, known because it was made so.
struct Truth {
    Scenario scenario = Scenario::calm;
    std::string_view type;
    Direction direction = Direction::none;
    bool expect_alert = false;  ///< a tech to crypto alert is right
    std::optional<int> onset_s;
    std::optional<int> end_s;
    std::vector<std::pair<std::string_view, double>> draws;  ///< total, tau, lag, gain, ...
    std::vector<Outage> outages;
    std::vector<FatFinger> fat_fingers;
    /// By SymbolGroup; only where there is an event.
    std::optional<std::array<Strength, symbol_group_count>> strength;

    /// Large in both legs: of such events nearly all should be found.
    bool is_strong() const;
    std::optional<double> draw(std::string_view name) const;
};

/// Logarithms of the latent prices at whole seconds 0 .. path_seconds, and the truth.
struct LatentPath {
    Truth truth;
    std::array<std::vector<double>, symbol_count> log_price;
};

enum class TickRate : std::uint8_t { quarter, full };

/// Trades in the order of their arrival. Stamps of different symbols are up to 5 ms out of order,
/// a symbol's own rarely.
struct SimulatedPath {
    Truth truth;
    std::vector<core::Input> inputs;
};

/// Path number `path` of the scenario. Paths of one seed are independent of each other, and each is
/// the same however many others are asked for. Pure. About 20 ms; 3 MB a path at a quarter of the
/// rate, 11 MB at the full one.
LatentPath simulate_latent(Scenario scenario, std::uint64_t seed, std::uint64_t path);
SimulatedPath simulate(Scenario scenario, std::uint64_t seed, std::uint64_t path, TickRate rate);

/// `settings` (grid, windows, thresholds) on the simulated market: its instruments, tech with 70 %
/// in the names and 30 % in QQQ, both coins as targets, dollar, Treasury future and gold as
/// controls, one feed.
core::EngineConfig simulated_config(core::EngineConfig settings);

}  // namespace contagiond::demo
