// Quantiles out of a histogram with fixed bounds: as good as its buckets are fine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/counters.hpp"

namespace contagiond::daemon {

/// The value below which the share `q` (0-1) of what was observed lies, linear within its bucket;
/// the first bucket begins at 0. Absent where nothing was observed, and where it lies above the
/// last bound, so that only a lower limit is known. Any thread; never blocks.
template <std::size_t Buckets>
std::optional<double> quantile(const core::Histogram<Buckets>& histogram, double q) {
    // Read once: the writer goes on meanwhile.
    std::array<std::uint64_t, Buckets + 1> counts{};
    std::uint64_t total = 0;
    for (std::size_t i = 0; i <= Buckets; ++i) total += counts[i] = histogram.count(i);
    if (total == 0) return std::nullopt;
    const double rank = q * static_cast<double>(total);
    double below = 0, lower = 0;
    for (std::size_t i = 0; i < Buckets; ++i) {
        const double upper = histogram.bounds()[i];
        const auto inside = static_cast<double>(counts[i]);
        if (inside > 0 && below + inside >= rank)
            return lower + (upper - lower) * ((rank - below) / inside);
        below += inside;
        lower = upper;
    }
    return std::nullopt;
}

/// How many were observed.
template <std::size_t Buckets>
std::uint64_t count_of(const core::Histogram<Buckets>& histogram) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i <= Buckets; ++i) total += histogram.count(i);
    return total;
}

}  // namespace contagiond::daemon
