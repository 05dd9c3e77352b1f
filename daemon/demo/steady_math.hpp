// Logarithm, exponential and the random shocks made from them, equal to the last bit on every
// machine: mathematics libraries differ in the last digit, the four operations and the root do not.
//
//     log x = e·ln 2 + 2·(f + f³/3 + f⁵/5 + …),  x = m·2^e,  f = (m - 1)/(m + 1),  |f| < 0.172
//     exp x = 2^k·(1 + r + r²/2 + …),            r = x - k·ln 2,  |r| < 0.347
//
// Both series are taken until what is left is below the last bit: within 4 ulp of the true value
// (the logarithm, near 1: within 1e-16 of it). About 15 ns each.
#pragma once

#include <cstdint>

#include "daemon/demo/random.hpp"

namespace contagiond::demo {

/// Natural logarithm of a positive, normal number. Pure.
double steady_log(double x);
/// e to the x, for |x| < 700. Pure.
double steady_exp(double x);

/// Random numbers of the shapes that simulated markets need. Equal seeds give equal sequences.
class Shocks {
  public:
    explicit Shocks(std::uint64_t seed) : random_(seed) {}

    /// Above 0 and below 1.
    double uniform();
    double uniform(double least, double most) { return least + (most - least) * uniform(); }
    /// One of 0 .. n-1.
    std::uint64_t below(std::uint64_t n) { return random_.bits() % n; }
    bool coin() { return (random_.bits() >> 63) != 0; }
    /// Mean 0, variance 1 (polar method of Marsaglia).
    double normal();
    /// Student t with 5 degrees of freedom, scaled to variance 1 (polar method of Bailey, 1994).
    double student();
    /// Mean 1.
    double exponential() { return -steady_log(uniform()); }

  private:
    /// A point inside the unit circle: its first coordinate, and the square of its radius.
    double in_circle(double& radius_squared);

    Random random_;
};

}  // namespace contagiond::demo
