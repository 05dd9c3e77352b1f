#include "daemon/demo/scenario_script.hpp"

#include <algorithm>
#include <cmath>

namespace contagiond::demo {
namespace {

constexpr FactorLoadings name_loadings{0.50, 0.62, 0.0, 0.15};
constexpr FactorLoadings index_loadings{0.68, 0.55, 0.0, 0.25};

// clang-format off
constexpr std::array<SimulatedSymbol, symbol_count> symbols = {{
    // name      group                open     tick   exp vol   spread rate loadings                    size  exp
    {"NVDA",    SymbolGroup::tech,     142.6,     1, -2, 11.0, 0.40, 3.0, name_loadings,                 34,    0},
    {"AVGO",    SymbolGroup::tech,     244.7,     1, -2, 10.0, 0.80, 1.0, name_loadings,                 34,    0},
    {"TSM",     SymbolGroup::tech,     221.9,     1, -2,  9.0, 0.80, 0.8, name_loadings,                 34,    0},
    {"AMD",     SymbolGroup::tech,     122.8,     1, -2, 11.0, 0.60, 1.5, name_loadings,                 34,    0},
    {"MU",      SymbolGroup::tech,     103.2,     1, -2, 11.0, 0.80, 0.8, name_loadings,                 34,    0},
    {"QQQ",     SymbolGroup::tech,     529.6,     1, -2,  5.5, 0.15, 3.0, index_loadings,                34,    0},
    {"BTC-USD", SymbolGroup::crypto, 104500.0,   50, -2,  6.5, 0.05, 3.0, {0.38, 0.0, 0.80, 0.12},     0.05,   -5},
    {"ETH-USD", SymbolGroup::crypto,   3280.0,    5, -2,  8.5, 0.15, 2.0, {0.40, 0.0, 0.78, 0.12},     0.05,   -5},
    {"DXY",     SymbolGroup::macro,    107.45,    5, -3,  0.9, 0.25, 0.3, {-0.12, 0.0, 0.0, -0.62},      34,    0},
    {"ZN",      SymbolGroup::macro,    108.75, 15625, -6, 1.3, 0.35, 1.0, {-0.22, 0.0, 0.0, 0.62},       34,    0},
    {"GC",      SymbolGroup::macro,   2777.0,     1, -1,  2.6, 0.25, 0.8, {0.02, 0.0, 0.0, 0.52},        34,    0},
}};
// clang-format on

constexpr std::array<std::string_view, scenario_count> names = {
    "calm",         "indep_garch",         "fr_trap",
    "tech_only",    "epps_async",          "feed_stall",
    "fat_finger",   "joint_rally",         "common_macro",
    "crypto_led",   "lagged_transmission", "corr_break",
    "deepseek_like"};
constexpr std::array<std::string_view, scenario_count> types = {
    "null",         "null",  "null",  "tech_selloff_no_spill", "sampling_change",     "feed_stall",
    "fat_finger",   "rally", "macro", "crypto_selloff",        "lagged_transmission", "corr_break",
    "deepseek_like"};

constexpr double own_variance_min = 0.05;
constexpr double index_share = 0.5;          ///< of a tech shock that reaches QQQ
constexpr double ether_share = 1.2;          ///< of what reaches BTC, where crypto follows
constexpr double follower_excitement = 0.6;  ///< of tech's extra volatility
constexpr double minute = 60;

bool holds(SymbolMask mask, std::size_t symbol) {
    return (mask & mask_of(symbol)) != 0;
}

/// Draws, and remembers under which name.
class Writer {
  public:
    Writer(Scenario scenario, Shocks& shocks) : shocks_(shocks) {
        script.truth.scenario = scenario;
        script.truth.type = types[static_cast<std::size_t>(scenario)];
        script.volatility.fill(1);
        script.u_shape = shocks.coin() ? shocks.uniform(0, 0.35) : 0;
    }

    double draw(std::string_view name, double least, double most) {
        const double value = shocks_.uniform(least, most);
        script.truth.draws.emplace_back(name, value);
        return value;
    }

    void expose(double least, double most) {
        script.global_exposure = draw("g_exposure", least, most);
    }

    void open_window() {
        script.onset_s = static_cast<int>(shocks_.uniform(60 * minute, 100 * minute));
        script.window_end_s =
            script.onset_s + static_cast<int>(shocks_.uniform(25 * minute, 50 * minute));
        script.truth.onset_s = script.onset_s;
        script.truth.end_s = script.window_end_s;
    }

    void set_volatility(SymbolMask mask, double multiplier) {
        for (std::size_t i = 0; i < symbol_count; ++i)
            if (holds(mask, i)) script.volatility[i] = multiplier;
    }

    double multiply_volatility(SymbolMask mask, double least, double most) {
        const double multiplier = draw("vol_mult", least, most);
        set_volatility(mask, multiplier);
        return multiplier;
    }

    /// Tech's own multiplier, of which crypto takes a part.
    void excite(double least, double most, double crypto_part) {
        const double multiplier = multiply_volatility(tech_mask, least, most);
        set_volatility(crypto_mask, 1 + crypto_part * (multiplier - 1));
    }

    /// Names take three quarters to five quarters of it, QQQ half.
    double tech_factor(std::size_t symbol) {
        return symbol == symbol::qqq ? index_share : shocks_.uniform(0.75, 1.25);
    }

    void tech_shock(double least, double most, double tau_least, double tau_most) {
        script.leader = SymbolGroup::tech;
        script.leader_total = draw("tech_total", least, most);
        script.leader_tau_s = draw("tau_s", tau_least, tau_most);
        for (std::size_t i = 0; i < symbol_count; ++i)
            if (holds(tech_mask, i))
                script.own[i] = {script.leader_total * tech_factor(i), script.leader_tau_s, 0};
    }

    void crypto_follows(double gain_least, double gain_most, double lag_least, double lag_most,
                        double noise_share) {
        const double gain = draw("kappa", gain_least, gain_most);
        script.follow_lag_s = draw("lag_s", lag_least, lag_most);
        script.following[symbol::btc] = {gain, gain * noise_share};
        script.following[symbol::eth] = {gain * ether_share, gain * ether_share * noise_share};
    }

    void answer(Direction direction) {
        script.truth.direction = direction;
        script.truth.expect_alert = direction == Direction::tech_to_crypto;
    }

    void macro_shock();
    void crypto_shock();
    void overnight_slide();
    void stalls();
    void fat_fingers();
    void sparse_group();

    PathScript script;

  private:
    Shocks& shocks_;
};

void Writer::macro_shock() {
    const double scale = draw("scale", 0.7, 1.3);
    const double tau = draw("tau_s", 3 * minute, 15 * minute);
    const auto move = [&](std::size_t i, double total) {
        script.own[i] = {total * scale, tau, shocks_.uniform(0, 8)};
    };
    move(symbol::dxy, 0.0040);
    move(symbol::zn, -0.0045);
    move(symbol::gc, -0.0090);
    for (std::size_t i = 0; i < symbol_count; ++i)
        if (holds(tech_mask, i)) move(i, -0.022 * tech_factor(i));
    move(symbol::btc, -0.020);
    move(symbol::eth, -0.020);
    multiply_volatility(tech_mask | crypto_mask | macro_mask, 1.3, 3);
    answer(Direction::common);
}

void Writer::crypto_shock() {
    script.leader = SymbolGroup::crypto;
    script.leader_total = draw("crypto_total", -0.06, -0.03);
    script.leader_tau_s = draw("tau_s", 3 * minute, 15 * minute);
    script.own[symbol::btc] = {script.leader_total, script.leader_tau_s, 0};
    script.own[symbol::eth] = {1.25 * script.leader_total, script.leader_tau_s, 0};
    script.volatility[symbol::btc] = draw("vol_mult", 1.5, 3.5);
    script.volatility[symbol::eth] = shocks_.uniform(1.5, 3.5);
    set_volatility(tech_mask, 1.3);
    const double gain = draw("k", 0.2, 0.45);
    script.follow_lag_s = draw("lag_s", 20, 150);
    for (std::size_t i = 0; i < symbol_count; ++i) {
        if (!holds(tech_mask, i)) continue;
        const double g = gain * tech_factor(i);
        script.following[i] = {g, g};
    }
    answer(Direction::crypto_to_tech);
}

/// The names are closed while the index trades on, and reopen with the gap.
void Writer::overnight_slide() {
    constexpr int names_close_s = 9 * 60;
    tech_shock(-0.10, -0.05, 20 * minute, 50 * minute);
    excite(1.5, 3, follower_excitement);
    crypto_follows(0.45, 0.8, 3, 60, 0.5);
    const double tau = script.leader_tau_s;
    script.own[symbol::zn] = {0.002, tau, 0};
    script.own[symbol::gc] = {-0.001, tau, 0};
    script.own[symbol::dxy] = {draw("dxy_total", -0.001, 0.001), tau, 0};
    script.truth.outages.push_back({names_close_s, script.window_end_s, names_mask});
    script.truth.draws.emplace_back("closed_until_s", script.window_end_s);
    // The slide and its noise go on when the names are open again.
    script.window_end_s = path_seconds;
    script.truth.end_s = path_seconds;
    answer(Direction::tech_to_crypto);
}

void Writer::stalls() {
    for (int n = 0; n < 3; ++n) {
        Outage outage;
        outage.from_s = static_cast<int>(shocks_.uniform(60 * minute, 130 * minute));
        outage.to_s = outage.from_s + static_cast<int>(shocks_.uniform(2 * minute, 12 * minute));
        constexpr std::array<SymbolMask, 3> groups = {tech_mask, names_mask, crypto_mask};
        outage.symbols = shocks_.coin() ? groups[shocks_.below(groups.size())]
                                        : mask_of(shocks_.below(symbol::eth + 1));
        script.truth.outages.push_back(outage);
    }
}

void Writer::fat_fingers() {
    const auto pick = [&](bool crypto) {
        return crypto ? symbol::btc + shocks_.below(2) : shocks_.below(symbol::qqq + 1);
    };
    const std::uint64_t prints = 6 + shocks_.below(8);
    for (std::uint64_t n = 0; n < prints; ++n) {
        const bool crypto = shocks_.coin();
        const double at = shocks_.uniform(20 * minute, 170 * minute);
        script.truth.fat_fingers.push_back({at, pick(crypto), -shocks_.uniform(0.02, 0.25)});
        if (shocks_.coin())
            script.truth.fat_fingers.push_back(
                {at + shocks_.uniform(0, 30), pick(!crypto), -shocks_.uniform(0.02, 0.25)});
    }
}

void Writer::sparse_group() {
    script.onset_s = static_cast<int>(shocks_.uniform(60 * minute, 100 * minute));
    script.truth.onset_s = script.onset_s;
    script.truth.end_s = path_seconds;
    script.sparse = shocks_.coin() ? tech_mask : crypto_mask;
    for (double& interval : script.sparse_interval_s) interval = shocks_.uniform(25, 90);
}

}  // namespace

std::span<const std::string_view, scenario_count> scenario_names() {
    return names;
}

const std::array<SimulatedSymbol, symbol_count>& simulated_symbols() {
    return symbols;
}

FactorLoadings loadings_of(std::size_t symbol, double global_exposure) {
    FactorLoadings l = symbols[symbol].loadings;
    if (symbols[symbol].group != SymbolGroup::crypto) return l;
    l.global *= global_exposure;
    l.macro *= global_exposure;
    return l;
}

double own_loading(const FactorLoadings& l) {
    const double common =
        l.global * l.global + l.tech * l.tech + l.crypto * l.crypto + l.macro * l.macro;
    return std::sqrt(std::max(own_variance_min, 1 - common));
}

PathScript write_script(Scenario scenario, Shocks& shocks) {
    Writer w(scenario, shocks);
    switch (scenario) {
        case Scenario::calm:
            w.expose(0.3, 1.5);
            break;
        case Scenario::indep_garch:
            w.expose(0, 0);
            w.script.is_garch = true;
            break;
        case Scenario::fr_trap:
            w.expose(1.0, 1.9);
            w.open_window();
            w.script.global_volatility = w.draw("vol_mult", 3, 6);
            break;
        case Scenario::tech_only:
            w.expose(0, 0.4);
            w.open_window();
            w.tech_shock(-0.065, -0.025, 3 * minute, 20 * minute);
            w.multiply_volatility(tech_mask, 1.3, 3.5);
            break;
        case Scenario::epps_async:
            w.expose(1.0, 1.9);
            w.sparse_group();
            break;
        case Scenario::feed_stall:
            w.expose(1.0, 1.9);
            w.stalls();
            break;
        case Scenario::fat_finger:
            w.expose(0.3, 1.5);
            w.fat_fingers();
            break;
        case Scenario::joint_rally:
            w.expose(0.3, 1.5);
            w.open_window();
            w.tech_shock(0.025, 0.065, 3 * minute, 20 * minute);
            w.set_volatility(tech_mask | crypto_mask, 1.5);
            w.crypto_follows(0.5, 1.1, 2, 60, 0.5);
            break;
        case Scenario::common_macro:
            w.expose(0.3, 1.5);
            w.open_window();
            w.macro_shock();
            break;
        case Scenario::crypto_led:
            w.expose(0.3, 1.5);
            w.open_window();
            w.crypto_shock();
            break;
        case Scenario::lagged_transmission:
            w.expose(0.3, 1.5);
            w.open_window();
            w.tech_shock(-0.065, -0.025, 3 * minute, 20 * minute);
            w.excite(1.3, 3.5, follower_excitement);
            w.crypto_follows(0.4, 0.9, 2, 120, 0.5);
            w.answer(Direction::tech_to_crypto);
            break;
        case Scenario::corr_break:
            w.expose(0, 0.4);
            w.open_window();
            w.tech_shock(-0.06, -0.025, 4 * minute, 25 * minute);
            w.multiply_volatility(tech_mask, 1.3, 3.5);
            w.crypto_follows(0.5, 1.0, 1, 30, 1.0);
            w.answer(Direction::tech_to_crypto);
            break;
        case Scenario::deepseek_like:
            w.expose(0.3, 1.5);
            w.open_window();
            w.overnight_slide();
            break;
    }
    return std::move(w.script);
}

}  // namespace contagiond::demo
