// Random numbers for tests: the same on every machine, from a seed that the test prints.
#pragma once

#include <cmath>
#include <cstdint>

namespace contagiond::test {

/// Output i (from 1) of SplitMix64 from `seed`, as a number in [0, 1).
inline double splitmix_uniform(std::uint64_t seed, std::uint64_t i) {
    std::uint64_t z = seed + i * 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    z ^= z >> 31;
    return static_cast<double>(z >> 11) * 0x1.0p-53;
}

class Random {
  public:
    explicit Random(std::uint64_t seed) : seed_(seed) {}

    double uniform() { return splitmix_uniform(seed_, ++taken_); }
    /// Nearly normal, at the price of two uniforms: zero mean, unit variance, bounded.
    double cheap() { return (uniform() + uniform() - 1) * 2.449489742783178; }
    double normal() {
        const double u = uniform(), v = uniform();
        return std::sqrt(-2 * std::log(1 - u)) * std::cos(6.283185307179586 * v);
    }
    /// Whole number in [0, n).
    std::uint64_t below(std::uint64_t n) {
        return static_cast<std::uint64_t>(uniform() * static_cast<double>(n));
    }

  private:
    std::uint64_t seed_;
    std::uint64_t taken_ = 0;
};

}  // namespace contagiond::test
