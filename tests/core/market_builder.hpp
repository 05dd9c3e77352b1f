// A small market for engine tests: three tech names, an index, two coins, two macro controls, one
// feed each side.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "core/engine.hpp"
#include "tests/support/random.hpp"

namespace contagiond::test {

inline constexpr core::TimeNs market_open = 1'737'988'200 * core::ns_per_s;  // 2025-01-27T14:30:00Z

inline core::EngineConfig small_config() {
    core::EngineConfig config;
    const auto add = [&](const char* symbol, core::AssetClass asset_class) {
        config.universe.instruments.push_back({symbol, asset_class,
                                               asset_class == core::AssetClass::crypto
                                                   ? core::Market::always
                                                   : core::Market::us_equities,
                                               90 * core::ns_per_s});
        return static_cast<core::InstrumentId>(config.universe.instruments.size() - 1);
    };
    const auto nvda = add("NVDA", core::AssetClass::equity);
    const auto arm = add("ARM", core::AssetClass::equity);
    const auto tsm = add("TSM", core::AssetClass::equity);
    const auto nq = add("NQ", core::AssetClass::future);
    const auto btc = add("BTC-USD", core::AssetClass::crypto);
    const auto eth = add("ETH-USD", core::AssetClass::crypto);
    const auto zn = add("ZN", core::AssetClass::rate);
    const auto dxy = add("DXY", core::AssetClass::currency);
    config.universe.groups = {
        {"us_tech", {{nvda, 0.3}, {arm, 0.2}, {tsm, 0.2}, {nq, 0.3, true, 1}}}};
    config.universe.feeds = {{"stocks", "alpaca", {nvda, arm, tsm, nq, zn, dxy}},
                             {"coins", "binance_spot", {btc, eth}},
                             {"coins_2", "coinbase_exchange", {btc, eth}}};
    config.targets = {btc, eth};
    config.controls = {{zn, 1}, {dxy, -1}};
    config.bar = 10 * core::ns_per_s;
    config.correlation_windows = {120 * core::ns_per_s, 300 * core::ns_per_s};
    config.selloff_horizons = {120 * core::ns_per_s, 300 * core::ns_per_s, 600 * core::ns_per_s};
    config.warmup = 300 * core::ns_per_s;
    config.detector.level_window = core::ns_per_hour;
    config.detector.slide_age = 15 * core::ns_per_min;
    config.detector.confirm = 20 * core::ns_per_s;
    config.detector.minimum_hold = 180 * core::ns_per_s;
    config.detector.calm_before_over = 60 * core::ns_per_s;
    config.detector.cooldown = 600 * core::ns_per_s;
    config.detector.update_interval = 120 * core::ns_per_s;
    config.identity = "small";
    return config;
}

/// Falls of each instrument over a span of seconds, added to noise from a seed: inputs once a
/// second.
class MarketBuilder {
  public:
    explicit MarketBuilder(std::uint64_t seed) : random_(seed) {}

    core::TimeNs now() const { return now_; }

    /// `seconds` of noise with `drift` (log, over the span) per instrument; NaN silences an
    /// instrument.
    void run(int seconds, const std::vector<double>& drift, std::vector<core::Input>& out) {
        for (int s = 0; s < seconds; ++s) {
            now_ += core::ns_per_s;
            const double common = random_.normal();
            for (std::size_t i = 0; i < levels_.size(); ++i) {
                const double noise = 0.4 * common + 0.9 * random_.normal();
                if (i < drift.size() && std::isnan(drift[i])) continue;
                levels_[i] += sigma_[i] * noise + (i < drift.size() ? drift[i] / seconds : 0.0);
                const auto mantissa =
                    static_cast<std::int64_t>(std::llround(1e6 * std::exp(levels_[i])));
                const core::FeedId feed = i == 4 || i == 5 ? 1 : 0;
                out.push_back(core::Input::make_trade(
                    static_cast<core::InstrumentId>(i), feed, now_ - 5 * core::ns_per_ms, now_,
                    core::Decimal{mantissa, -6}, core::Decimal{1, 0}));
            }
        }
        out.push_back(core::Input::make_clock(now_));
    }

  private:
    Random random_;
    core::TimeNs now_ = market_open;
    // One-second volatility: roughly 10 bp a minute for stocks, 7 for coins, 1 for controls.
    std::vector<double> sigma_ = {1.4e-4, 1.4e-4, 1.2e-4, 7e-5, 9e-5, 1.1e-4, 1.7e-5, 1.2e-5};
    std::vector<double> levels_ = {4.9, 5.1, 5.4, 10.0, 11.5, 8.1, 4.7, 4.6};
};

}  // namespace contagiond::test
