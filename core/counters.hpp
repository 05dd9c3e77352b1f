// Counters the hot path can afford: one writer a word, no lock, no shared cache line. Read at
// scrape.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace contagiond::core {

inline constexpr std::size_t cache_line_bytes = 64;

/// A number that one thread advances and any thread reads. A relaxed load and store instead of an
/// atomic add: an add costs a locked instruction, and with one writer it buys nothing.
class alignas(cache_line_bytes) Counter {
  public:
    /// Writer thread only; never blocks.
    void add(std::uint64_t n = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    /// Any thread.
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

/// A number that one thread sets and any thread reads.
class alignas(cache_line_bytes) Gauge {
  public:
    void set(double v) { bits_.store(std::bit_cast<std::uint64_t>(v), std::memory_order_relaxed); }
    double value() const { return std::bit_cast<double>(bits_.load(std::memory_order_relaxed)); }

  private:
    std::atomic<std::uint64_t> bits_{0};
};

/// A histogram with fixed upper bounds, in the unit of what is observed (seconds). One writer
/// thread.
template <std::size_t Buckets>
class alignas(cache_line_bytes) Histogram {
  public:
    explicit constexpr Histogram(const std::array<double, Buckets>& upper_bounds)
        : bounds_(upper_bounds) {}

    /// Writer thread only; never blocks.
    void observe(double v) {
        std::size_t i = 0;
        while (i < Buckets && v > bounds_[i]) ++i;
        counts_[i].store(counts_[i].load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        sum_.set(sum_.value() + v);
    }

    const std::array<double, Buckets>& bounds() const { return bounds_; }
    /// Observations in bucket i alone (not cumulative); bucket `Buckets` is above the last bound.
    /// Any thread.
    std::uint64_t count(std::size_t i) const { return counts_[i].load(std::memory_order_relaxed); }
    double sum() const { return sum_.value(); }

  private:
    std::array<double, Buckets> bounds_;
    std::array<std::atomic<std::uint64_t>, Buckets + 1> counts_{};
    Gauge sum_;
};

}  // namespace contagiond::core
