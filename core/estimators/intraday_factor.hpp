// IntradayFactor: the usual shape of a trading day's volatility, so that the open and the close are
// not selloffs every day.
//
//     slot        quarter of an hour of New York's clock, weekdays and weekends apart: 192
//     x_v         mean over a visit (one slot of one day) of min(r²/elapsed, clip²·L·f²)
//     u_v         x_v/L
//     g           Σ d^age·u_v / Σ d^age over the slot's visits; the start counts as `prior` visits
//                 with u = 1;  d = 2^(-1/half_life_visits)
//     f           sqrt(g / mean of g over the slots that have been visited), so of mean square 1,
//                 then cut to [factor_min, factor_max]; 1 for a slot never visited
//     L           Σ w·x_v/f² / Σ w over all visits, w = 2^(-age/level_half_life), age in time
//
// Andersen and Bollerslev, "Intraday periodicity and volatility persistence in financial markets",
// Journal of Empirical Finance 4 (1997): absolute returns follow a daily pattern that must be taken
// out first, estimated from returns divided by the day's own volatility. Here L takes that place:
// without it a slot visited on wild days only would look wild. The prior is plain shrinkage, it
// fades like any visit: after n visits it holds prior·d^n/(prior·d^n + (1 - d^n)/(1 - d)) of the
// slot, 15 % after 20 days.
//
// A factor rests on visits that have ended: it is the same for all bars of a visit and does not
// depend on any of them. Crypto keeps the same clock, because US hours matter there too. A holiday
// is a weekday without visits. Where clocks go back an hour is visited twice, where they go forward
// it is left out.
//
// One return counts for at most clip² times its slot's usual square: among n bars it raises u by
// less than (clip²-1)/n, and g by that over the slot's weight, which is 6 after the first day and
// 17 after 20. The factor moves by half of it: 2 % for one-minute bars after 20 days. A visit as
// wild as can be raises g by at most (clip²-1) over the weight.
//
// Cost: O(1) a bar, 192 additions at the end of a visit. Memory: 3.4 KB. Error: all terms are
// positive and nothing is subtracted; sums decay, so that g is exact to 1e-14 and L to 3e-13 of
// itself, forever. The statistical error of a factor is about 1/sqrt(2·n·weight) for normal
// returns: 4 % for one-minute bars after 20 days.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/units.hpp"

namespace contagiond::core {

struct IntradayRules {
    double half_life_visits = 20;
    double prior_visits = 5;  ///< weight of "this slot is like any other" at the start
    double clip = 3.5;        ///< a return counts for at most so many usual sizes
    /// Of L. Much less than a week, and a quiet weekend would pass for a fall of the level.
    DurationNs level_half_life = 7 * ns_per_day;
    std::uint32_t level_visits_min = 8;  ///< that L must rest on before a slot is held against it
    double factor_min = 0.25;
    double factor_max = 4;
};

/// One thread. Never allocates. A copy is a snapshot.
class IntradayFactor {
  public:
    static constexpr DurationNs slot_length = 15 * ns_per_min;
    static constexpr std::size_t slots_a_day = 96;
    /// Weekdays from New York's midnight, then weekends.
    static constexpr std::size_t slot_count = 2 * slots_a_day;
    /// The slot of a bar is where its last nanosecond lies. A bar longer than a slot belongs to the
    /// slot it ends in.
    static std::size_t slot_of(TimeNs bar_end);

    explicit IntradayFactor(const IntradayRules& rules = {});

    /// Factor of the bar, the same before and after its push(). Ends the visit of an earlier slot:
    /// ask in the order of time. A bar of an earlier visit is answered from what is known now.
    double factor(TimeNs bar_end);

    /// A log return that covers `elapsed_bars` bars. Bars come in the order of time; one of an
    /// earlier visit is left out, and so is what is not finite or covers no time. Returns over a
    /// closure are of another kind: they are not to be pushed.
    void push(TimeNs bar_end, double log_return, double elapsed_bars);

    /// As of the last visit that ended.
    double slot_factor(std::size_t slot) const;
    bool is_learned(std::size_t slot) const { return visited_[slot]; }

  private:
    struct Slot {
        double sum = 0;  ///< of decayed weight·u
        double weight = 0;
    };

    /// Begins the visit `bar_end` belongs to, unless it is the open one or an earlier one.
    void enter(TimeNs bar_end);
    void end_visit();

    static constexpr std::int64_t no_quarter = std::numeric_limits<std::int64_t>::min();

    IntradayRules rules_;
    double decay_;
    double level_half_life_;  ///< in visits that follow each other
    std::array<Slot, slot_count> slots_;
    std::array<bool, slot_count> visited_{};
    double mean_ = 1;  ///< of g over visited slots
    double level_sum_ = 0, level_weight_ = 0;
    double level_ = 0;                         ///< L, the ratio of these; 0: none yet
    std::uint32_t level_visits_ = 0;           ///< counted up to level_visits_min
    std::int64_t level_quarter_ = no_quarter;  ///< of the last visit in L

    // The visit that is open.
    std::int64_t quarter_ = no_quarter;  ///< in 15 minutes of UTC: offsets are whole hours
    std::size_t slot_ = 0;
    double factor_ = 1;
    double sum_ = 0;  ///< of r²/elapsed, cut
    double bars_ = 0;
};

}  // namespace contagiond::core
