// Attribution: was it tech, or one shock that hits both? Answered from controls: prices that macro
// news moves and tech news does not.
//
//     macro      the controls together fell (hawkish) by macro_share of the source's sigma, and one
//                way (macro_one_way) or far (macro_sigma); or by a little less while a placebo fell
//                too
//     undecided  between that and nothing, where the source's and the target's returns are not
//                tied beyond the controls (partial correlation); or a placebo fell and the controls
//                did not
//     tech       else
//
// s and n as in loss_windows.hpp, all over one horizon: of those that hold the slide, and at least
// an hour, the one over which the controls have fallen most in their sigma. A macro shock often is
// minutes old when the level channel speaks of a slide that began an hour ago; over that hour the
// controls had done nothing. Over the slide's own horizon 74 % of simulated macro shocks
// were seen as such.
//
// A control that moves against the pressure (Treasuries up in a flight to quality) speaks against
// macro, as its loss is negative.
#pragma once

#include <optional>

#include "core/detector.hpp"

namespace contagiond::core {

/// What stands beside the two legs. All may be absent.
struct ShockWitness {
    Maybe placebo_sigma;  ///< the largest loss of a placebo in its own sigma, over the same horizon
    Maybe partial_p;      ///< that source and target are tied by nothing but the controls
};

/// Whose shock it was, from the source and the macro composite (positive loss = hawkish) over one
/// horizon. `controls_fresh` false: unattributed. Pure.
Attribution attribute(const DetectorConfig& config, const LegMeasure& source,
                      const LegMeasure& macro, bool controls_fresh,
                      const ShockWitness& witness = {});

/// The horizon to judge over: the position, not above `longest`, at which the macro composite's
/// loss is largest; absent where it has none.
class Evidence;
std::optional<std::size_t> shock_horizon(const Evidence& evidence, std::size_t longest);

}  // namespace contagiond::core
