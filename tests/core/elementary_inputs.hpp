// The elementary functions as a table, with arguments that ask everything of them. Needs nothing
// but the functions, so that any compiler can be asked for its bits.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/elementary.hpp"

namespace contagiond::test {

/// A function, the same in 64 bits of mantissa, where its interesting arguments lie, and between
/// which two its result is finite and not constant.
struct ElementaryFunction {
    const char* name;
    double (*ours)(double);
    long double (*truth)(long double);
    double low;
    double high;
    std::vector<double> thresholds;  ///< where one way of computing meets another, or a range ends
    double ulp_max;
};

inline double ratio_to_one(double x) {
    return core::elementary::log_ratio(1, x);
}

inline const std::vector<ElementaryFunction>& elementary_functions() {
    namespace e = core::elementary;
    static const std::vector<ElementaryFunction> table = {
        {"log", e::log, std::log, 0, 4, {0x1.69p-1, 1, 1 + 0x1p-8, 1 - 0x1p-9, 0x1.69p0}, 0.52},
        {"log1p", e::log1p, std::log1p, -1, 2, {-1, 0x1p-54, 0x1p-53, 0x1p-8, -0x1p-9}, 0.52},
        {"log_ratio", ratio_to_one, std::log, 0.9, 1.1, {1, 1 + 0x1.02p-6, 1 - 0x1.fcp-7}, 0.52},
        {"atanh", e::atanh, std::atanh, -1, 1, {0x1p-6, 0x1p-27, 0.5, 1}, 0.52},
        {"exp",
         e::exp,
         std::exp,
         -745.2,
         709.8,
         {0x1.62e42fefa39efp-9, 0.5, 708, 709, 709.782712893384, 708.3964185322641, 745.13321910194,
          744.4400719213812},
         0.52},
        {"exp2",
         e::exp2,
         [](long double x) { return std::exp2(x); },
         -1075.1,
         1024.1,
         {0x1p-8, 0.5, 1022, 1023, 1024, 1074, 1075},
         0.52},
        {"expm1",
         e::expm1,
         std::expm1,
         -40,
         709.8,
         {0.1, 0x1p-54, 37.5, 44, 709.782712893384},
         0.6},
        {"tanh", e::tanh, std::tanh, -20, 20, {0.05, 0x1p-27, 19.0615, 20}, 0.6},
        {"erfc", e::erfc, std::erfc, -6, 27.3, {0.25, 0.5, 5.86, 6, 26.54, 27.2, 28}, 0.65},
    };
    return table;
}

/// Output i (from 1) of SplitMix64 from `seed`.
inline std::uint64_t splitmix(std::uint64_t seed, std::uint64_t i) {
    std::uint64_t z = seed + i * 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

/// Argument i of the endless list for a function: by turns any double there is, one of the range,
/// one near 1 or 0, one of the range's middle part, and one of a size drawn at random.
inline double elementary_input(const ElementaryFunction& f, std::uint64_t seed, std::uint64_t i) {
    const std::uint64_t z = splitmix(seed, i);
    const double u = static_cast<double>(z >> 11) * 0x1p-53;
    switch (i % 5) {
        case 0:
            return std::bit_cast<double>(z);
        case 1:
            return f.low + (f.high - f.low) * u;
        case 2:
            return (f.low < 0 ? 0.0 : 1.0) + (u - 0.5) * 0x1p-3;
        case 3:
            return 0.2 * f.low + 0.8 * f.high * 0.25 * u;
        default:
            // Exponents from 2^-40 to 2^10.
            return std::bit_cast<double>((z & 0x800f'ffff'ffff'ffffULL) |
                                         ((983 + (z >> 52) % 51) << 52));
    }
}

/// Zeros, ends, all powers of two and thresholds of either sign, and their neighbours.
inline std::vector<double> elementary_hard_points(const ElementaryFunction& f) {
    using Limits = std::numeric_limits<double>;
    std::vector<double> points = {
        0.0,           -0.0,          Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(),
        Limits::max(), -Limits::max()};
    const auto around = [&](double x) {
        for (const double sign : {1.0, -1.0}) {
            double up = sign * x, down = sign * x;
            points.push_back(up);
            for (int i = 0; i < 4; ++i) {
                points.push_back(up = std::nextafter(up, Limits::infinity()));
                points.push_back(down = std::nextafter(down, -Limits::infinity()));
            }
        }
    };
    for (int exponent = -1074; exponent <= 1023; ++exponent) around(std::ldexp(1.0, exponent));
    for (const double x : f.thresholds) around(x);
    // Whole steps of the tables of exp, and halves between them, where the reduction turns.
    for (int n = 1; n <= 400; ++n) around(n * (0x1.62e42fefa39efp-1 / 256));
    for (int n = 1; n <= 300; ++n) around(n / 256.0);
    for (int n = 1; n <= 400; ++n) around(0.7 + n / 512.0);
    return points;
}

/// A digest (FNV-1a) of the bits of `count` results.
inline std::uint64_t elementary_digest(const ElementaryFunction& f, std::uint64_t count) {
    std::uint64_t digest = 0xcbf29ce484222325ULL;
    const auto add = [&](double x) {
        std::uint64_t bits = std::bit_cast<std::uint64_t>(f.ours(x));
        for (int byte = 0; byte < 8; ++byte, bits >>= 8)
            digest = (digest ^ (bits & 0xff)) * 0x100000001b3ULL;
    };
    for (const double x : elementary_hard_points(f)) add(x);
    for (std::uint64_t i = 1; i <= count; ++i) add(elementary_input(f, 1, i));
    return digest;
}

}  // namespace contagiond::test
