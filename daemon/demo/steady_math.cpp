#include "daemon/demo/steady_math.hpp"

#include <cmath>

namespace contagiond::demo {
namespace {

// ln 2 in two parts: the first has so few digits that a whole number of them is exact.
constexpr double ln2_high = 0x1.62e42fee00000p-1;
constexpr double ln2_low = 0x1.a39ef35793c76p-33;
constexpr double ln2_inverse = 0x1.71547652b82fep+0;
constexpr double sqrt_half = 0x1.6a09e667f3bcdp-1;

}  // namespace

double steady_log(double x) {
    int exponent = 0;
    double m = std::frexp(x, &exponent);  // in [1/2, 1)
    if (m < sqrt_half) {
        m *= 2;
        --exponent;
    }
    const double f = (m - 1) / (m + 1);
    const double f2 = f * f;
    double series = 0;
    for (int k = 23; k >= 3; k -= 2) series = (series + 1.0 / k) * f2;
    const double e = exponent;
    return e * ln2_high + (2 * f + (2 * f * series + e * ln2_low));
}

double steady_exp(double x) {
    const double k = std::floor(x * ln2_inverse + 0.5);
    const double r = (x - k * ln2_high) - k * ln2_low;
    double series = 1;
    for (int n = 15; n >= 1; --n) series = 1 + r * series / n;
    return std::ldexp(series, static_cast<int>(k));
}

double Shocks::uniform() {
    double u = 0;
    do u = random_.uniform();
    while (u == 0);
    return u;
}

double Shocks::in_circle(double& radius_squared) {
    double x = 0;
    do {
        x = 2 * random_.uniform() - 1;
        const double y = 2 * random_.uniform() - 1;
        radius_squared = x * x + y * y;
    } while (radius_squared >= 1 || radius_squared == 0);
    return x;
}

double Shocks::normal() {
    double w = 0;
    const double x = in_circle(w);
    return x * std::sqrt(-2 * steady_log(w) / w);
}

double Shocks::student() {
    constexpr double degrees = 5;
    double w = 0;
    const double x = in_circle(w);
    const double t = x * std::sqrt(degrees * (steady_exp(-2 / degrees * steady_log(w)) - 1) / w);
    return t * std::sqrt((degrees - 2) / degrees);
}

}  // namespace contagiond::demo
