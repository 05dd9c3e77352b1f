// portable_pairs: rows of two correlated series that every language makes alike from one seed, for
// cases too long to be written down.
//
// Output i, from 1, of SplitMix64 gives a uniform; four of them, less 2, give g. A row takes g1, g2
// and g3 (which the pairs leave unused) and has x = g1, y = 0.5·g1 + 0.75·g2. Every eighth block of
// 4096 rows is 2^20 times as large, so that sums which drift are found out.
#pragma once

#include <cstdint>
#include <span>

namespace contagiond::daemon {

/// Fills both, which have one length, from row 0. Pure.
void make_portable_pairs(std::uint64_t seed, std::span<double> x, std::span<double> y);

}  // namespace contagiond::daemon
