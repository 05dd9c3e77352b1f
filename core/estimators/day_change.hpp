// DayChange: how much a series has changed over the last 24 hours.
//
//     value(now) = P(last sample) - P(last kept sample at or before now - 24 h)
//
// P is the path: the sum of log returns since a base, so a change of feed leaves no jump in it. The
// first sample of each UTC minute is kept; with bars that divide a minute it stands on the full
// minute, and the change is over 24 h and less than one minute more. Prices are those last known at
// either end (previous tick). Nothing is extrapolated: before there is a sample 24 h old, there is
// no value.
//
// The 24 hours are of the wall clock. A closed market keeps its last price, so over a weekend the
// change of an equity goes to 0; it is not the change over the last session.
//
// Cost: O(1) amortised a sample and a value. Memory: 16 bytes a kept sample, 1,442 of them: 23 KB.
// Error: one subtraction of two paths, eps·|P|.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/units.hpp"

namespace contagiond::core {

/// One thread. Never allocates after construction.
class DayChange {
  public:
    DayChange();

    /// The path at the end of a bar, of any length and whether or not anything printed. Bars come
    /// in the order of time; one that does not, or a path that is not finite, is left out.
    void push(TimeNs bar_end, double path);

    /// Log change up to the last sample; expm1() makes it a fraction. Absent before a sample is 24
    /// h old, and for a `now` before the last sample.
    std::optional<double> value(TimeNs now) const;

    /// The path begins anew: nothing links what comes to what was.
    void restart();

  private:
    struct Sample {
        TimeNs ts = no_time;
        double path = 0;
    };
    const Sample& kept(std::size_t i) const;

    std::vector<Sample> ring_;
    std::size_t front_ = 0;  ///< the oldest kept
    std::size_t count_ = 0;
    Sample last_;
};

}  // namespace contagiond::core
