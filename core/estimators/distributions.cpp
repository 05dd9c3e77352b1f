#include "core/estimators/distributions.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/elementary.hpp"

namespace contagiond::core {
namespace {

/// ln Gamma(z) less Stirling's main part (z - 1/2)·ln z - z + ln(2·pi)/2. z > 0.
double stirling_remainder(double z) {
    double shifted = 0;
    for (; z < 10; ++z) shifted += (z + 0.5) * elementary::log1p(1 / z) - 1;
    const double s = 1 / (z * z);
    const double series =
        1.0 / 12 +
        s * (-1.0 / 360 +
             s * (1.0 / 1260 + s * (-1.0 / 1680 + s * (1.0 / 1188 - s * (691.0 / 360360)))));
    return shifted + series / z;
}

/// ln(1 + u), where 1 + u is also known as `whole` without the rounding of u.
double log_near_one(double u, double whole) {
    return std::abs(u) < 0.5 ? elementary::log1p(u) : elementary::log(whole);
}

/// x^a·y^b/B(a, b) for x + y = 1, both above zero.
double beta_density_factor(double a, double b, double x, double y) {
    const double w = b * x - a * y;  // how far x lies above the mean, in units where it is whole
    const double powers =
        a * log_near_one(w / a, x * ((a + b) / a)) + b * log_near_one(-w / b, y * ((a + b) / b));
    const double remainder =
        stirling_remainder(a + b) - stirling_remainder(a) - stirling_remainder(b);
    return std::sqrt(a / (2 * std::numbers::pi) * (b / (a + b))) *
           elementary::exp(powers + remainder);
}

/// The continued fraction b0 + a1/(b1 + a2/(b2 + …)) of the header, by which the factor is divided.
std::optional<double> beta_fraction(double a, double b, double x, double y) {
    constexpr double tiny = 1e-300;  // stands in for a denominator that happens to vanish
    const auto not_zero = [](double v) { return std::abs(v) < tiny ? tiny : v; };
    const double limit = 200 + 20 * std::sqrt(std::max(a, b));
    const double below_mean = a * y - b * x;
    double value = not_zero(a * (below_mean + 1) / (a + 1));
    double c = value, d = 0;
    for (double m = 1; m <= limit; ++m) {
        const double before = a + 2 * m - 1;
        const double cross = m * (b - m) * x / before;
        const double numerator = (a + m - 1) * (a + b + m - 1) * x / before * cross;
        const double denominator =
            m + cross + (a + m) * (below_mean + 1 + m * (1 + y)) / (before + 2);
        d = 1 / not_zero(denominator + numerator * d);
        c = not_zero(denominator + numerator / c);
        value *= c * d;
        if (std::abs(c * d - 1) < 1e-15) return value;
    }
    return std::nullopt;
}

/// `y` = 1 - x is an argument so that neither tail loses digits in that subtraction.
std::optional<double> incomplete_beta(double a, double b, double x, double y) {
    if (x <= 0) return 0;
    if (y <= 0) return 1;
    const double factor = beta_density_factor(a, b, x, y);
    const bool lower = x < (a + 1) / (a + b + 2);
    const auto fraction = lower ? beta_fraction(a, b, x, y) : beta_fraction(b, a, y, x);
    if (!fraction) return std::nullopt;
    const double value = lower ? factor / *fraction : 1 - factor / *fraction;
    if (!std::isfinite(value)) return std::nullopt;
    return std::clamp(value, 0.0, 1.0);
}

}  // namespace

double normal_upper_tail(double z) {
    return 0.5 * elementary::erfc(z / std::numbers::sqrt2);
}

std::optional<double> incomplete_beta(double a, double b, double x) {
    if (!(a > 0 && b > 0 && x >= 0 && x <= 1) || !std::isfinite(a) || !std::isfinite(b))
        return std::nullopt;
    return incomplete_beta(a, b, x, 1 - x);
}

std::optional<double> student_t_two_sided(double t, double df) {
    if (std::isnan(t) || !(df > 0) || !std::isfinite(df)) return std::nullopt;
    const double ratio = t * t / df;
    if (!std::isfinite(ratio)) return 0;
    return incomplete_beta(df / 2, 0.5, 1 / (1 + ratio), ratio / (1 + ratio));
}

}  // namespace contagiond::core
