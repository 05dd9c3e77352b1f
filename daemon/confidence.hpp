// How sure a counted figure is: intervals that hold the true value with 95 % probability.
//
//     share k of n:   (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)          Wilson, 1927
//     rate k over T:  lower: P(N >= k) = 2.5 %, upper: P(N <= k) = 2.5 %, N Poisson   Garwood, 1936
#pragma once

#include <cstdint>
#include <optional>

namespace contagiond::daemon {

struct Interval {
    double low = 0;
    double high = 0;
};

/// Of a share, 0 to 1. Absent where nothing was tried (n = 0).
std::optional<Interval> wilson_interval(std::uint64_t k, std::uint64_t n);

/// Of the rate of what was counted k times during `exposure`, in counts per unit of exposure. Exact
/// to 1e-10 of the rate. Absent where the exposure is not above 0. O(sqrt(k)) for large k.
std::optional<Interval> poisson_interval(std::uint64_t k, double exposure);

}  // namespace contagiond::daemon
