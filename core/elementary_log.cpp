// log, log1p, atanh and far ratios. x = 2^k·z with z from 0.705 to 1.41; F is the nearest of 128
// points of 8 bits, and r = (z - F)/F is at most 2^-8:
//
//     log x = k·log 2 + log F + r - r²/2 + … - r⁸/8
//
// The point at 1 is itself one, with log F = 0: near 1 nothing cancels and no other way is needed.
// r comes in two parts: the upper one has 45 bits, so that times the 8 bits of F it is exact, and
// the rest of the division is found from that. What is left to round is the last sum.
#include <array>
#include <limits>

#include "core/elementary.hpp"
#include "core/elementary_pair.hpp"

namespace contagiond::core::elementary {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// Where the intervals of z begin, as bits: half an interval away from 1.
constexpr std::uint64_t z_first = 0x3fe6'9000'0000'0000;
constexpr int interval_bits = 45;
constexpr std::uint64_t half_interval = 1ULL << (interval_bits - 1);
constexpr std::uint64_t intervals = 128;
constexpr std::uint64_t mantissa = (1ULL << 52) - 1;

struct LogRow {
    double inverse = 0;  ///< 1/F
    double hi = 0;       ///< log F in whole multiples of 2^-42, so that k·log_2_hi + hi is exact
    double lo = 0;       ///< the rest of it
};

/// The nearest multiple of 2^-42, |x| < 1.
constexpr double rough(double x) {
    constexpr double shift = 0x1.8p10;  // a double of this size has no digits below 2^-42
    return (x + shift) - shift;
}

constexpr double log_2_hi = rough(log_2.hi);
constexpr double log_2_lo = (log_2.hi - log_2_hi) + log_2.lo;

constexpr std::array<LogRow, intervals> make_rows() {
    std::array<LogRow, intervals> rows;
    for (std::uint64_t i = 0; i < intervals; ++i) {
        const double f = std::bit_cast<double>(z_first + (i << interval_bits) + half_interval);
        const Pair log_f = twice_atanh_series(Pair{f - 1, 0} / Pair{f + 1, 0});
        const double hi = rough(log_f.hi);
        rows[i] = {1 / f, hi, (log_f.hi - hi) + log_f.lo};
    }
    return rows;
}
constexpr std::array<LogRow, intervals> log_rows = make_rows();

/// log((x + c)/2^scale) of a positive normal x, given by its bits, and |c| at most half its ulp.
Pair log_parts(std::uint64_t bits, double c, std::int64_t scale = 0) {
    const std::uint64_t above = bits - z_first;
    const std::int64_t k = static_cast<std::int64_t>(above) >> 52;
    const std::uint64_t place = above & mantissa;
    const double z = std::bit_cast<double>(place + z_first);
    const double f =
        std::bit_cast<double>((place & ~((1ULL << interval_bits) - 1)) + z_first + half_interval);
    const LogRow& row = log_rows[place >> interval_bits];
    // 2^1023 has no normal inverse; at that size c is far below what counts.
    const double cz = c == 0 || k > 1022 ? 0 : c * power_of_two(-k);

    const double distance = z - f;
    const double r = (distance + cz) * row.inverse;
    const double r_upper = std::bit_cast<double>(std::bit_cast<std::uint64_t>(r) & ~0xffULL);
    const double r_lower = ((distance - r_upper * f) + cz) * row.inverse;
    const double r2 = r * r;
    const double series = (-1.0 / 2 + r * (1.0 / 3)) + r2 * (-1.0 / 4 + r * (1.0 / 5)) +
                          (r2 * r2) * ((-1.0 / 6 + r * (1.0 / 7)) + r2 * (-1.0 / 8));
    const auto powers = static_cast<double>(k - scale);
    const Pair s = fast_sum(powers * log_2_hi + row.hi, r_upper);
    return {s.hi, s.lo + ((powers * log_2_lo + row.lo) + (r_lower + r2 * series))};
}

/// Of a positive finite number, subnormal ones included.
Pair log_parts(double x) {
    if (x < std::numeric_limits<double>::min())
        return log_parts(std::bit_cast<std::uint64_t>(x * 0x1p54), 0, 54);
    return log_parts(std::bit_cast<std::uint64_t>(x), 0);
}

/// log of a sum that is normal.
Pair log_parts(Pair x) {
    return log_parts(std::bit_cast<std::uint64_t>(x.hi), x.lo);
}

bool positive_finite(double x) {
    return x > 0 && x < infinity;
}

/// log a - log b
double difference(Pair a, Pair b) {
    const Pair d = sum(a.hi, -b.hi);
    return d.hi + (d.lo + (a.lo - b.lo));
}

}  // namespace

double log(double x) {
    if (positive_finite(x)) {
        const Pair value = log_parts(x);
        return value.hi + value.lo;
    }
    if (x == 0) return -infinity;
    if (x > 0) return infinity;
    return no_number;
}

double log1p(double x) {
    if (x > -1 && x < infinity) {
        if (x > -0x1p-54 && x < 0x1p-54) return x;
        const Pair value = log_parts(sum(1, x));
        return value.hi + value.lo;
    }
    if (x == -1) return -infinity;
    if (x > 0) return infinity;
    return no_number;
}

double log_ratio_far(double from, double to) {
    if (positive_finite(from) && positive_finite(to))
        return difference(log_parts(to), log_parts(from));
    const double value = log(to) - log(from);
    return value != value ? no_number : value;
}

double atanh(double x) {
    const double size = x < 0 ? -x : x;
    if (size < 0x1p-6) {
        const double x2 = x * x;
        return x + x * x2 *
                       ((1.0 / 3 + x2 * (1.0 / 5)) +
                        x2 * x2 * ((1.0 / 7 + x2 * (1.0 / 9)) + x2 * x2 * (1.0 / 11)));
    }
    if (size < 1) {
        const double value =
            0.5 * difference(log_parts(sum(1, size)), log_parts(fast_sum(1, -size)));
        return x < 0 ? -value : value;
    }
    if (size == 1) return x < 0 ? -infinity : infinity;
    return no_number;
}

}  // namespace contagiond::core::elementary
