// Random numbers that are equal on every machine: the standard library's distributions are not.
#pragma once

#include <cstdint>

namespace contagiond::demo {

/// SplitMix64. Copyable; equal seeds give equal sequences.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t bits() {
        state_ += 0x9E3779B97F4A7C15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }

    /// In [0, 1), in steps of 2^-53.
    double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

    /// Nearly normal, mean 0 and variance 1, within [-6, 6]: twelve uniforms added. Logarithm and
    /// cosine, which the usual ways need, differ between mathematics libraries in the last digit.
    double normal() {
        double sum = -6.0;
        for (int i = 0; i < 12; ++i) sum += uniform();
        return sum;
    }

  private:
    std::uint64_t state_;
};

}  // namespace contagiond::demo
