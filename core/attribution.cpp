#include "core/attribution.hpp"

#include "core/evidence.hpp"

namespace contagiond::core {
namespace {

/// Short of macro_share, this still asks for another witness.
constexpr double doubt_share = 0.25;
constexpr double doubt_one_way = 1.5;
/// A placebo has fallen when it lost so many of its own sigma.
constexpr double placebo_sigma_min = 2;
constexpr double partial_p_max = 0.05;

}  // namespace

Attribution attribute(const DetectorConfig& config, const LegMeasure& source,
                      const LegMeasure& macro, bool controls_fresh, const ShockWitness& witness) {
    if (!controls_fresh || !macro.loss_sigma || !macro.loss_one_way || !source.loss_sigma)
        return Attribution::unattributed;
    const bool placebo_fell = witness.placebo_sigma && *witness.placebo_sigma >= placebo_sigma_min;
    const double share = *source.loss_sigma > 0 ? *macro.loss_sigma / *source.loss_sigma : 0;
    const bool pressed =
        *macro.loss_one_way >= config.macro_one_way || *macro.loss_sigma >= config.macro_sigma;
    if (share >= config.macro_share && pressed) return Attribution::macro;
    const bool in_doubt = share >= doubt_share && *macro.loss_one_way >= doubt_one_way;
    if (in_doubt && placebo_fell) return Attribution::macro;
    if (placebo_fell) return Attribution::undecided;
    // The controls moved, but not enough to carry the fall: then it is tech's where source and
    // target are tied beyond them.
    if (in_doubt && !(witness.partial_p && *witness.partial_p < partial_p_max))
        return Attribution::undecided;
    return Attribution::tech;
}

std::optional<std::size_t> shock_horizon(const Evidence& evidence, std::size_t longest) {
    std::optional<std::size_t> best;
    double largest = 0;
    for (std::size_t h = 0; h <= longest; ++h) {
        const auto loss = evidence.macro_leg(h).loss_sigma;
        if (!loss || (best && *loss <= largest)) continue;
        best = h;
        largest = *loss;
    }
    return best;
}

}  // namespace contagiond::core
