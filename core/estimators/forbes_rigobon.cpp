#include "core/estimators/forbes_rigobon.hpp"

#include <cmath>

#include "core/elementary.hpp"
#include "core/estimators/columns.hpp"
#include "core/estimators/distributions.hpp"

namespace contagiond::core {
namespace {

std::optional<double> if_finite(double value) {
    if (!std::isfinite(value)) return std::nullopt;
    return value;
}

bool has_variance(const SourceWindow& window) {
    return window.variance && *window.variance > 0 && std::isfinite(*window.variance);
}

bool can_test(const SourceWindow& window) {
    return window.rho && std::abs(*window.rho) < 1 && window.n && *window.n > 3;
}

}  // namespace

SourceWindow source_window(std::span<const double> source, std::span<const double> target) {
    const PairMoments moments = pair_moments(source, target);
    SourceWindow window;
    window.n = static_cast<double>(moments.n);
    window.rho = moments.correlation();
    if (moments.n > 1) window.variance = if_finite(moments.sxx / (*window.n - 1));
    return window;
}

ForbesRigobon forbes_rigobon(const SourceWindow& low, const SourceWindow& high) {
    ForbesRigobon result;
    if (!has_variance(low) || !has_variance(high)) return result;
    result.delta = if_finite(*high.variance / *low.variance - 1);
    if (!result.delta || !high.rho || !(std::abs(*high.rho) <= 1)) return result;
    const double rho = *high.rho;
    result.rho_adjusted = if_finite(rho / std::sqrt(1 + *result.delta * ((1 - rho) * (1 + rho))));
    if (!result.rho_adjusted || !can_test(low) || !can_test(high)) return result;

    const double error = std::sqrt(1 / (*high.n - 3) + 1 / (*low.n - 3));
    const double before = elementary::atanh(*low.rho);
    result.z = if_finite((elementary::atanh(*result.rho_adjusted) - before) / error);
    result.z_unadjusted = if_finite((elementary::atanh(rho) - before) / error);
    if (result.z) result.p = normal_upper_tail(*result.z);
    if (result.z_unadjusted) result.p_unadjusted = normal_upper_tail(*result.z_unadjusted);
    return result;
}

}  // namespace contagiond::core
