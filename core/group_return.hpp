// GroupReturn: the move of a weighted group in one bar, from members that print when they please.
//
//     y = Σ_{printed} w·r / Σ_{alive} w;   elapsed = Σ_{printed} w·e / Σ_{alive} w
//
// Divided by the alive weight, not by the weight that happened to print: otherwise a move is
// counted once a late leg. A member that died leaves the alive weight; when it comes back, its
// return over the gap is left out if others kept the group alive meanwhile, since these have told
// it already. O(members).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/instrument.hpp"
#include "core/sampler.hpp"

namespace contagiond::core {

struct GroupReturn {
    std::optional<double> y;   ///< log return of the bar; absent when nobody printed
    double elapsed = 0;        ///< bars it covers, 1 normally
    double coverage = 0;       ///< alive weight over all weight, 0-1
    double printed = 0;        ///< printed weight over alive weight, 0-1
    bool gap = false;          ///< a return over a closure is in it
    bool synchronous = false;  ///< every return in it is of this bar: it may enter a correlation
};

/// `was_alive`: whether the group had alive weight in the bar before. `samples` in order of
/// instruments.
GroupReturn group_return(const Group& group, std::span<const Sample> samples, bool was_alive);

}  // namespace contagiond::core
