#include "daemon/demo/scenario.hpp"

#include <algorithm>
#include <cmath>

#include "daemon/demo/scenario_script.hpp"

namespace contagiond::demo {
namespace {

constexpr core::DurationNs arrival_jitter = 5 * core::ns_per_ms;
constexpr core::DurationNs correction_after = 40 * core::ns_per_ms;  ///< of a fat finger
constexpr double quarter = 0.25;
constexpr double rate_multiplier_max = 3;
constexpr double size_spread = 1.1;  ///< of the logarithm

/// Trades of one symbol.
class Tape {
  public:
    Tape(const PathScript& script, const std::vector<double>& log_price, std::size_t symbol,
         double rate_share, std::uint64_t seed, std::vector<core::Input>& out)
        : script_(script),
          log_price_(log_price),
          what_(simulated_symbols()[symbol]),
          symbol_(symbol),
          rate_share_(rate_share),
          shocks_(seed),
          out_(out) {}

    void run() {
        double wait = shocks_.exponential();  // in expected trades
        for (int t = 0; t < path_seconds; ++t) {
            const double rate = rate_at(t);
            double done = 0;  // of the second
            while (wait < (1 - done) * rate) {
                done += wait / rate;
                wait = shocks_.exponential();
                if (!is_shut(t)) trade(t + done, 1);
            }
            wait -= (1 - done) * rate;
        }
        for (const FatFinger& slip : script_.truth.fat_fingers) {
            if (slip.symbol != symbol_) continue;
            trade(slip.at_s, 1 + slip.fraction);
            trade(slip.at_s + core::to_seconds(correction_after), 1);
        }
    }

  private:
    double rate_at(int t) const {
        if ((script_.sparse & mask_of(symbol_)) != 0 && t < script_.onset_s)
            return rate_share_ / script_.sparse_interval_s[symbol_];
        const bool in_window = t >= script_.onset_s && t < script_.window_end_s;
        const double busy =
            in_window ? std::min(rate_multiplier_max, script_.volatility[symbol_]) : 1;
        return rate_share_ * what_.trades_per_s * busy;
    }

    bool is_shut(int t) const {
        return std::any_of(
            script_.truth.outages.begin(), script_.truth.outages.end(), [&](const Outage& o) {
                return (o.symbols & mask_of(symbol_)) != 0 && t >= o.from_s && t < o.to_s;
            });
    }

    void trade(double at_s, double off) {
        const auto second = static_cast<std::size_t>(at_s);
        const auto ts = path_start + static_cast<core::DurationNs>(at_s * 1e9);
        const double side = shocks_.coin() ? 1 : -1;
        const double price =
            steady_exp(log_price_[second]) * off * (1 + side * what_.half_spread_bp * 1e-4);
        double per_unit = 1;
        for (int d = 0; d > what_.price_exponent; --d) per_unit *= 10;
        const double ticks =
            std::floor(price * per_unit / static_cast<double>(what_.tick_mantissa) + 0.5);
        const auto mantissa = static_cast<std::int64_t>(ticks) * what_.tick_mantissa;
        const auto delay =
            static_cast<core::DurationNs>(shocks_.uniform() * static_cast<double>(arrival_jitter));
        out_.push_back(
            core::Input::make_trade(static_cast<core::InstrumentId>(symbol_), 0, ts, ts + delay,
                                    {mantissa, what_.price_exponent}, {size(), what_.size_exponent},
                                    0, side > 0 ? core::aggressor_buy : core::aggressor_sell));
    }

    std::int64_t size() {
        double units = what_.typical_size;
        for (int d = 0; d > what_.size_exponent; --d) units *= 10;
        units *= steady_exp(size_spread * shocks_.normal());
        return std::max<std::int64_t>(1, static_cast<std::int64_t>(units));
    }

    const PathScript& script_;
    const std::vector<double>& log_price_;
    const SimulatedSymbol& what_;
    std::size_t symbol_;
    double rate_share_;
    Shocks shocks_;
    std::vector<core::Input>& out_;
};

struct Made {
    PathScript script;
    std::array<std::vector<double>, symbol_count> log_price;
};

Made make(Scenario scenario, std::uint64_t seed, std::uint64_t path) {
    Made made;
    Shocks draws(path_seed(scenario, seed, path, 0));
    made.script = write_script(scenario, draws);
    Shocks noise(path_seed(scenario, seed, path, 1));
    made.log_price = walk(made.script, noise);
    measure_strength(made.script, made.log_price, made.script.truth);
    return made;
}

}  // namespace

std::string_view to_string(Direction direction) {
    switch (direction) {
        case Direction::none:
            return "none";
        case Direction::tech_to_crypto:
            return "tech_to_crypto";
        case Direction::crypto_to_tech:
            return "crypto_to_tech";
        case Direction::common:
            return "common";
    }
    return "unknown";
}

std::span<const std::string_view, symbol_count> symbol_names() {
    static const std::array<std::string_view, symbol_count> names = [] {
        std::array<std::string_view, symbol_count> out;
        for (std::size_t i = 0; i < symbol_count; ++i) out[i] = simulated_symbols()[i].name;
        return out;
    }();
    return names;
}

bool Truth::is_strong() const {
    if (!strength) return false;
    const Strength& tech = (*strength)[static_cast<std::size_t>(SymbolGroup::tech)];
    const Strength& crypto = (*strength)[static_cast<std::size_t>(SymbolGroup::crypto)];
    return tech.sigma >= 6 && tech.one_way >= 2.5 && crypto.sigma >= 3.5 && crypto.one_way >= 2.25;
}

std::optional<double> Truth::draw(std::string_view name) const {
    for (const auto& [n, value] : draws)
        if (n == name) return value;
    return std::nullopt;
}

std::uint64_t path_seed(Scenario scenario, std::uint64_t seed, std::uint64_t path,
                        std::uint64_t use) {
    Random mix(seed);
    for (const std::uint64_t part : {static_cast<std::uint64_t>(scenario), path, use})
        mix = Random(mix.bits() ^ (0xD1B54A32D192ED03ULL * (part + 1)));
    return mix.bits();
}

LatentPath simulate_latent(Scenario scenario, std::uint64_t seed, std::uint64_t path) {
    Made made = make(scenario, seed, path);
    return {std::move(made.script.truth), std::move(made.log_price)};
}

SimulatedPath simulate(Scenario scenario, std::uint64_t seed, std::uint64_t path, TickRate rate) {
    Made made = make(scenario, seed, path);
    SimulatedPath out;
    for (std::size_t i = 0; i < symbol_count; ++i)
        Tape(made.script, made.log_price[i], i, rate == TickRate::quarter ? quarter : 1,
             path_seed(scenario, seed, path, 2 + i), out.inputs)
            .run();
    std::stable_sort(
        out.inputs.begin(), out.inputs.end(),
        [](const core::Input& a, const core::Input& b) { return a.ts_receive < b.ts_receive; });
    out.truth = std::move(made.script.truth);
    return out;
}

core::EngineConfig simulated_config(core::EngineConfig settings) {
    core::EngineConfig config = std::move(settings);
    config.universe = {};
    config.targets.clear();
    config.controls.clear();
    config.source_group = 0;
    core::Group tech{"us_tech", {}};
    core::Feed feed{"simulated", "simulated", {}};
    for (std::size_t i = 0; i < symbol_count; ++i) {
        const SimulatedSymbol& s = simulated_symbols()[i];
        const auto id = static_cast<core::InstrumentId>(i);
        core::Instrument instrument;
        instrument.symbol = s.name;
        instrument.market = core::Market::always;
        feed.instruments.push_back(id);
        switch (s.group) {
            case SymbolGroup::tech:
                // QQQ stands in for the future, which never closes.
                if (i != symbol::qqq) instrument.market = core::Market::us_equities;
                tech.members.push_back(i == symbol::qqq ? core::Member{id, 0.3, true, 1}
                                                        : core::Member{id, 0.14});
                break;
            case SymbolGroup::crypto:
                instrument.asset_class = core::AssetClass::crypto;
                config.targets.push_back(id);
                break;
            case SymbolGroup::macro:
                instrument.asset_class = i == symbol::dxy  ? core::AssetClass::currency
                                         : i == symbol::zn ? core::AssetClass::rate
                                                           : core::AssetClass::commodity;
                config.controls.push_back({id, i == symbol::dxy ? -1 : 1});
                break;
        }
        config.universe.instruments.push_back(std::move(instrument));
    }
    config.universe.groups.push_back(std::move(tech));
    config.universe.feeds.push_back(std::move(feed));
    config.identity = "simulated/1 " + config.identity;
    return config;
}

}  // namespace contagiond::demo
