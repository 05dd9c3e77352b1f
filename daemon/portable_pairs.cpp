#include "daemon/portable_pairs.hpp"

namespace contagiond::daemon {
namespace {

/// SplitMix64 (Steele, Lea and Flood, 2014), output i in [0, 1).
double uniform(std::uint64_t seed, std::uint64_t i) {
    std::uint64_t z = seed + i * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return static_cast<double>(z >> 11) * 0x1p-53;
}

double sum_of_four(std::uint64_t seed, std::uint64_t first) {
    return uniform(seed, first) + uniform(seed, first + 1) + uniform(seed, first + 2) +
           uniform(seed, first + 3) - 2;
}

}  // namespace

void make_portable_pairs(std::uint64_t seed, std::span<double> x, std::span<double> y) {
    for (std::size_t k = 0; k < x.size(); ++k) {
        const std::uint64_t first = 1 + 12 * static_cast<std::uint64_t>(k);
        const double g1 = sum_of_four(seed, first);
        const double g2 = sum_of_four(seed, first + 4);
        const double scale = (k / 4096) % 8 == 3 ? 0x1p20 : 1.0;
        x[k] = g1 * scale;
        y[k] = (0.5 * g1 + 0.75 * g2) * scale;
    }
}

}  // namespace contagiond::daemon
