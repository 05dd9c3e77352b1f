// ForbesRigobon: has the link between two markets strengthened, or did the usual link only carry a
// larger shock?
//
//     delta   = var_high/var_low - 1
//     rho_adj = rho_high / sqrt(1 + delta·(1 - rho_high²))
//     z = (atanh(rho_adj) - atanh(rho_low)) / sqrt(1/(n_high - 3) + 1/(n_low - 3))
//     p = 1 - Phi(z)
//
// Forbes and Rigobon, "No Contagion, Only Interdependence", Journal of Finance 57 (2002): with a
// constant slope, a correlation rises whenever the variance of the source rises; rho_adj is what
// the stressed correlation would have been at the calm variance. p is one-sided. The unadjusted
// pair uses rho_high in place of rho_adj. A label for an alert, never its trigger: the test is
// conservative.
//
// Cost: O(rows) for the two windows, each row read four times, O(1) for the test: work on demand.
// Memory: none, nothing is allocated. Error: rho and variance a few rows·eps; p keeps its relative
// precision (erfc).
//
// Reference cases `forbes_rigobon`, no params. Inputs rho_low, rho_high, var_low, var_high, n_low,
// n_high are lists: one call of forbes_rigobon() for each place, a null is an absent member. Inputs
// x_low, y_low, x_high, y_high are returns of the source and the target: source_window() makes the
// two arguments. Expected delta, rho_adj, z, p, z_unadjusted, p_unadjusted are the members of the
// result; rho_low, rho_high are the windows' rho.
#pragma once

#include <optional>
#include <span>

namespace contagiond::core {

/// Source and target over one window of rows.
struct SourceWindow {
    std::optional<double> rho;       ///< of source and target
    std::optional<double> variance;  ///< of the source, divisor n - 1, in squared returns
    std::optional<double> n;         ///< rows behind them; may be an effective number
};

/// Of two columns (of unequal lengths the shorter one counts); a row in which a side is not finite
/// counts for nothing. rho is
/// absent when a side is constant, the variance with fewer than two rows.
SourceWindow source_window(std::span<const double> source, std::span<const double> target);

struct ForbesRigobon {
    std::optional<double> delta;         ///< relative rise of the source's variance, above -1
    std::optional<double> rho_adjusted;  ///< -1 to 1
    std::optional<double> z, p;
    std::optional<double> z_unadjusted, p_unadjusted;
};

/// All four of z and p are absent unless both variances are positive, both |rho| < 1 and both n
/// > 3.
ForbesRigobon forbes_rigobon(const SourceWindow& low, const SourceWindow& high);

}  // namespace contagiond::core
