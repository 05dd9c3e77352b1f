// A market of months in which nothing passes between the legs: what a detector says of it is false.
// Bars from a seed, for any universe with a source group and targets. No price is real.
//
// Log returns of a bar of length b, with σ the leg's volatility, g its time of day, h its state:
//
//     index         r = σ·sqrt(b)·g(t)·exp(h(t))·ε + J
//     name          r = (ρ²/β)·r_index + (ρσ/β)·sqrt(b)·g·exp(h)·sqrt(1 - ρ²)·ε
//     bitcoin       r = σ·sqrt(b)·g(t)·exp(h(t))·(l·ε_index + sqrt(1 - l²)·ε) + J
//     other coins   r = wider·(together·r_bitcoin + sqrt(1 - together²)·r_own)
//     control       Gaussian, apart from everything
//
// ε is Student t with 5 degrees of freedom. h = slow + fast: two Ornstein-Uhlenbeck processes a
// leg, of which a part is common to both legs. Volatility of the legs clusters together in every
// real market; a detector that takes that for a link would be wrong, and a null without it too
// easy. J is a jump of normal size, at Poisson times, of each leg alone. l, the link of returns, is
// 0 in the null; a constant l is another market (see NullSettings::link).
//
// A target whose symbol begins with BTC is bitcoin; any other is wider, like Ether. A name's
// volatility follows from the beta it is configured with: β = ρ·σ_index/σ_name.
//
// Markets keep their hours (core/calendar.hpp). Prices of a closed one move on, slowly, and show as
// a gap at the reopening.
//
// Levels, hours and persistence were measured on January, March, May and July 2025: bars of one
// minute (BTC, ETH, NVDA, AMD) and of half an hour (Nasdaq-100 future). Those months were not
// picked for what happened in them. Simulated against measured: null_market.cpp, beside the
// numbers.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/engine.hpp"
#include "core/input.hpp"

namespace contagiond::demo {

/// Days before a month begins to count: highs, warm-up and cooldown have then no beginning.
inline constexpr int null_burn_in_days = 1;
inline constexpr int null_month_days = 30;

struct NullSettings {
    std::uint64_t seed = 1;
    std::uint64_t month = 0;  ///< each is independent of the others of its seed
    /// Correlation of the innovations of source and bitcoin, 0 to 1. Above 0 the market has a
    /// constant link, and part of what is told of it is no error.
    double link = 0;
};

/// `config` on the null market: one feed that delivers everything, and no wait for late ticks.
core::EngineConfig null_config(core::EngineConfig config);

/// One month, bar by bar. One thread. Bit for bit equal on every machine. About 1 µs a bar and
/// instrument.
class NullMarket {
  public:
    /// Instruments, source group, targets and bar are those of `config`, which null_config() made.
    NullMarket(const core::EngineConfig& config, const NullSettings& settings);
    ~NullMarket();
    NullMarket(const NullMarket&) = delete;
    NullMarket& operator=(const NullMarket&) = delete;

    /// The prints of the next bar, each a trade at its end that stands for all of the bar, in order
    /// of instruments; false when the month is over.
    bool next(std::vector<core::Input>& prints);

    /// End of the bar that next() gave.
    core::TimeNs ts() const;
    /// From here on what is said counts.
    core::TimeNs counted_from() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace contagiond::demo
