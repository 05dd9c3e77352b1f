#include "daemon/confidence.hpp"

#include <algorithm>
#include <cmath>

namespace contagiond::daemon {
namespace {

constexpr double z95 = 1.959963984540054;
constexpr double tail = 0.025;

/// ln n!, by Stirling's series from 16 on; below that the factors are taken off again.
double log_factorial(double n) {
    double factors = 1;
    for (; n < 16; ++n) factors *= n + 1;
    constexpr double half_log_two_pi = 0.91893853320467274178;
    const double square = n * n;
    const double rest = (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / n;
    return (n + 0.5) * std::log(n) - n + half_log_two_pi + rest - std::log(factors);
}

/// P(N <= k) for a Poisson variable: terms from the k-th downwards, or 1 minus those above, until
/// they no longer count.
double poisson_at_most(std::uint64_t k, double mean) {
    const double n = static_cast<double>(k);
    const double head = std::exp(n * std::log(mean) - mean - log_factorial(n));
    constexpr double negligible = 1e-17;
    double sum = 0;
    if (n <= mean) {
        double term = head;
        for (double i = n; term > negligible * sum && i >= 0; --i) {
            sum += term;
            term *= i / mean;
        }
        return std::min(1.0, sum);
    }
    double term = head * mean / (n + 1);
    for (double i = n + 1; term > negligible * std::max(sum, negligible); ++i) {
        sum += term;
        term *= mean / (i + 1);
    }
    return std::max(0.0, 1 - sum);
}

/// The mean at which P(N <= k) comes down to `probability`.
double mean_where(std::uint64_t k, double probability) {
    const double n = static_cast<double>(k);
    double low = 0, high = n + 10 * std::sqrt(n + 1) + 20;
    for (int i = 0; i < 200 && high - low > 1e-13 * high; ++i) {
        const double middle = 0.5 * (low + high);
        (poisson_at_most(k, middle) > probability ? low : high) = middle;
    }
    return 0.5 * (low + high);
}

}  // namespace

std::optional<Interval> wilson_interval(std::uint64_t k, std::uint64_t n) {
    if (n == 0) return std::nullopt;
    const double trials = static_cast<double>(n);
    const double p = static_cast<double>(k) / trials;
    const double z2 = z95 * z95;
    const double centre = p + z2 / (2 * trials);
    const double half = z95 * std::sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials));
    const double scale = 1 + z2 / trials;
    // At the ends rounding must not leave a speck outside.
    return Interval{k == 0 ? 0 : (centre - half) / scale, k == n ? 1 : (centre + half) / scale};
}

std::optional<Interval> poisson_interval(std::uint64_t k, double exposure) {
    if (!(exposure > 0)) return std::nullopt;
    const double low = k == 0 ? 0 : mean_where(k - 1, 1 - tail);
    return Interval{low / exposure, mean_where(k, tail) / exposure};
}

}  // namespace contagiond::daemon
