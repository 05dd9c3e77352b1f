// FrozenWatch: a stream that goes on printing while its price stands still for far longer than it
// ever does. Its frames are fresh, so no age tells.
//
//     run     prints n and time T since the price last changed
//     usual   N = max over past runs of n * 2^(-age / half-life), and likewise the time U
//     frozen  n > 20 N  and  T > 20 U  and  n >= 100  and  T >= 5 min
//
// The longest runs of the last day are what a market does when it is quiet: they bound its habit
// without assuming how runs are distributed, and lulls are far longer than means (BTC at a busy
// venue: most prices live for a second, some on a Sunday night for ten minutes). Both must be
// exceeded. A sweep prints a thousand times at one price, but within a second; a quiet stock keeps
// its price for an hour, but in a dozen prints.
//
// The factor: where prices live for a while whose tail is x^-1.5, which has no variance, one series
// is wrongly called in half a year of its days; with ten it were one in 18 days. A thin tail is
// never. A stream whose longest lull is 15 s is called after the five minutes, one with lulls of a
// minute after twenty.
//
// Nothing is called before there is a habit: 30 runs over half an hour. A market whose price never
// changes is therefore never called, nor is one of one-minute bars, where the longest run on record
// is ten of them. A run that was called teaches no more than twice the habit: a second fault is
// found as well, and a market that has truly become slow is understood after a few runs.
//
// A price at a limit, or in a trading halt, stands still too and is called: nobody can trade away
// from it, so it says nothing of what the asset is worth.
//
// Cost: O(1) a print, two powers when the price changes. Memory: 64 bytes.
#pragma once

#include <cstdint>

#include "core/units.hpp"

namespace contagiond::core {

struct FrozenRules {
    double far = 20;
    std::uint32_t prints_min = 100;
    DurationNs time_min = 5 * ns_per_min;
    /// Quiet hours come once a day.
    DurationNs half_life = ns_per_day;
    std::uint32_t runs_min = 30;
    DurationNs habit_age_min = 30 * ns_per_min;
};

/// One stream: trades or quotes of one instrument at one feed. One thread. Never allocates.
class FrozenWatch {
  public:
    /// A believed print while the market is open. `ts` does not decrease.
    void take(TimeNs ts, double price, const FrozenRules& rules = {});
    /// The market's hours change: the run ends, and teaches nothing.
    void pause();

    /// As of the last print. It ends with the first print of another price.
    bool frozen() const { return frozen_; }

  private:
    void learn(TimeNs ts, const FrozenRules& rules);

    double price_ = 0;
    TimeNs ts_run_ = no_time;  ///< the run's first print; no_time: there is no run
    TimeNs ts_habit_ = no_time;
    DurationNs habit_age_ = 0;  ///< of all runs that taught
    double usual_prints_ = 0;   ///< as of ts_habit_
    double usual_time_ = 0;     ///< ns
    std::uint32_t prints_ = 0;
    std::uint32_t runs_ = 0;  ///< that taught, as far as they are counted
    bool frozen_ = false;
};

static_assert(sizeof(FrozenWatch) <= 64);

}  // namespace contagiond::core
