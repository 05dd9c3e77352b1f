// erfc. The function (1 + 2x)·exp(x²)·erfc(x) lies between 1.1 and 1.3 for x from 1/4 to 28, and is
// approximated by a polynomial of degree 18 in x - 5/8 up to 1, and by one of degree 22 in
// (x - K)/(x + K), K = 15/4, above; both leave 2^-64 of it at most and were computed by
// tests/core/elementary_erfc.py. Below 1/4 the series of erf.
#include <array>
#include <limits>

#include "core/elementary.hpp"
#include "core/elementary_pair.hpp"

namespace contagiond::core::elementary {
namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

constexpr Pair near_first{0x1.40b98c30b2855p+0, 0x1.2631599754265p-57};
constexpr std::array<double, 18> near_rest{
    0x1.2062eba0ffd59p-3,  -0x1.c25b8ff54df02p-3,  0x1.8be5792f861f4p-3,  -0x1.1257c01f490e2p-3,
    0x1.47e0ab87acf31p-4,  -0x1.5fc6d8016cdb2p-5,  0x1.5a909451467eep-6,  -0x1.3e197d95d2aabp-7,
    0x1.12c975ed8c98ep-8,  -0x1.c2272cc5d452ap-10, 0x1.5fa3daacb389dp-11, -0x1.072b222ea4384p-12,
    0x1.7ad314598814ap-14, -0x1.0702dc49d4465p-15, 0x1.6092516f350a1p-17, -0x1.cb21616233c85p-19,
    0x1.354ff24eb3d0ep-20, -0x1.7b76f708049bep-22};
constexpr Pair far_first{0x1.3ccda0b5d5dc2p+0, 0x1.e65cf1fc69ef8p-54};
constexpr std::array<double, 22> far_rest{
    -0x1.1f367683f89a7p-3,  0x1.d5f2948159cfdp-9,   0x1.510169d09681ap-4,   -0x1.bda9309a28830p-4,
    0x1.7a14188a995d3p-4,   -0x1.e0d0fa6e024b7p-5,  0x1.d0b0037df0d0fp-6,   -0x1.3f603c3369df0p-7,
    0x1.cc3a0e0031afep-10,  0x1.33fb2453604c1p-12,  -0x1.303f98c2412c9p-12, 0x1.b1443a8e7ea68p-15,
    0x1.778872371f41ep-16,  -0x1.800621a75e4abp-17, -0x1.04c2ab69a4e44p-20, 0x1.d653e75f57b27p-20,
    -0x1.07c57ab1c35dcp-24, -0x1.143dde3706442p-22, 0x1.e12d00118a71fp-26,  0x1.2b830579dfed8p-25,
    -0x1.95d0c7c67ba7fp-28, -0x1.171cbedb5af22p-29};

/// 2/sqrt(pi)
constexpr Pair two_over_root_pi{0x1.20dd750429b6dp+0, 0x1.1ae3a914fed80p-56};

/// erf x for |x| < 1/4: 2/sqrt(pi)·(x - x³/3 + x⁵/10 - … (-1)^n·x^(2n+1)/(n!·(2n+1)) …)
Pair erf_parts(double x) {
    constexpr double c = two_over_root_pi.hi;
    constexpr std::array<double, 9> terms{-c / 3,   c / 10,     -c / 42,    c / 216,     -c / 1320,
                                          c / 9360, -c / 75600, c / 685440, -c / 6894720};
    const double x2 = x * x;
    double series = 0;
    for (std::size_t i = terms.size(); i-- > 0;) series = series * x2 + terms[i];
    const Pair main = product(x, c);
    return {main.hi, main.lo + (x * two_over_root_pi.lo + x * x2 * series)};
}

/// first + t·(rest[0] + t·(rest[1] + …))
template <std::size_t count>
Pair polynomial(Pair first, const std::array<double, count>& rest, double t) {
    double series = 0;
    for (std::size_t i = count; i-- > 0;) series = series * t + rest[i];
    const Pair main = fast_sum(first.hi, t * series);
    return {main.hi, main.lo + first.lo};
}

/// erfc x for x from 1/4 to 28.
ScaledPair erfc_parts(double x) {
    constexpr double c = 0.625, k = 3.75;
    const Pair level = x < 1 ? polynomial(near_first, near_rest, x - c)
                             : polynomial(far_first, far_rest, (x - k) / (x + k));
    const Pair factor = level / sum(1, 2 * x);
    const Pair square = product(x, x);
    const ScaledPair bell = exp_parts({-square.hi, -square.lo});
    const Pair value = bell.value * factor;
    const std::int64_t exponent =
        static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(value.hi) >> 52) - 1023;
    const double unit = power_of_two(-exponent);
    return {{value.hi * unit, value.lo * unit}, bell.exponent + exponent};
}

}  // namespace

double erfc(double x) {
    if (x != x) return no_number;
    if (x > 28) return 0;
    if (x < -6) return 2;  // erfc(6) is below 2^-54
    if (x >= 0.25) return rounded(erfc_parts(x));
    Pair part;
    double from = 1;
    if (x > -0.25) {
        part = erf_parts(x);
    } else {
        const ScaledPair mirrored = erfc_parts(-x);
        const double unit = power_of_two(mirrored.exponent);
        part = {mirrored.value.hi * unit, mirrored.value.lo * unit};
        from = 2;
    }
    const Pair s = fast_sum(from, -part.hi);
    return s.hi + (s.lo - part.lo);
}

}  // namespace contagiond::core::elementary
