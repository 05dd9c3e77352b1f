// HayashiYoshida: covariance and correlation of two series from their raw, unsynchronised ticks.
//
//     cov = Σ dx_i·dy_j over all i, j with (a_{i-1}, a_i] and (b_{j-1}, b_j] overlapping
//     rv_x = Σ dx_i²;  rho = cov / sqrt(rv_x·rv_y)
//
// with dx_i the log return of x over (a_{i-1}, a_i], dy_j that of y over (b_{j-1}, b_j]. Source:
// Hayashi and Yoshida, "On covariance estimation of non-synchronously observed diffusion
// processes", Bernoulli 11 (2005). Intervals that only touch do not overlap.
//
// Streaming: the returns of y that overlap (a', a] and have ended by a add up to Y(a) - Y(a'), Y(s)
// the log price of y at s. So every pair is added once, at the later of its two ends. All ticks of
// one stamp are one instant, and an instant is added when a later one begins: until then a tick of
// the same stamp may replace a price, and the order in which the two series are fed cannot matter.
// In a window (t - W, t] a product counts by the later end of its two intervals, a square by its
// own end.
//
// `products` counts the terms of cov that are not zero: pairs of overlapping intervals over both of
// which the price changed. They are what rho rests on, though not independent of each other: one
// long interval makes many.
//
// Cost: O(1) a tick (amortised with a window): a logarithm for the tick's own return, unless the
// caller knows it, and one more where the other side has moved twice or more since this side's last
// stamp (moved once: that return is known; not at all: it is zero). Memory: 40 bytes an instant in
// the window at which some price changed; without a window 360 bytes in all. Error: a few eps of
// Σ|dx_i·dy_j| in the window, whatever went before (see time_window_sums.hpp).
//
// Where the parts of a case file go: estimator "hayashi_yoshida" without params.window_ns is
// hayashi_yoshida(), with it (and inputs.eval_ts) rolling_hayashi_yoshida(); inputs x_ts, x_px,
// y_ts, y_px are the two TickSpans (null price: NaN), expected cov, rv_x, rv_y, rho are the fields
// of HayashiYoshidaValue, and dropped_x, dropped_y are HayashiYoshidaDropped's totals.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <span>

#include "core/estimators/tick_series.hpp"
#include "core/estimators/time_window_sums.hpp"

namespace contagiond::core {

struct HayashiYoshidaValue {
    double cov = 0;              ///< exactly 0 when no two intervals overlap
    std::optional<double> rv_x;  ///< absent, like rv_y, until both sides had two ticks
    std::optional<double> rv_y;
    /// Absent without both variances, or when one is zero. Not clipped.
    std::optional<double> rho;
    /// Pairs of returns behind cov, none of them zero.
    std::uint64_t products = 0;

    /// Beyond what a correlation can be: too few overlaps for the number to mean much.
    bool noisy() const { return rho && std::abs(*rho) > 1; }
};

/// One thread. Never allocates after construction.
class HayashiYoshida {
  public:
    enum class Side : std::uint8_t { x, y };

    /// By default everything since the start counts.
    explicit HayashiYoshida(const TimeWindow& window = {}) : sums_(window) {}

    /// Ticks come in the order of time over both sides; those of one stamp in any order. A tick
    /// below its side's last stamp is dropped as late, one below the other side's as behind.
    /// `known`: a return of this side's, as log_return gives it; used where it is the one that ends
    /// with this tick, so a series that is part of many pairs takes one logarithm for all of them.
    TickVerdict tick(Side side, TimeNs ts, double price, const KnownReturn& known = {});

    /// Both series begin anew after a gap: the next price of a side makes no return. What the
    /// window holds stays.
    void restart();

    /// Of the window that ends at the last stamp, or at the last time asked for if that is later.
    HayashiYoshidaValue value() const;
    /// Of the window that ends at `ts`. An earlier time than before is answered like that one.
    HayashiYoshidaValue value_at(TimeNs ts);

    const DroppedTicks& dropped(Side side) const { return of(side).policy.dropped(); }
    /// Instants that left before their time because the window's ring was full.
    std::uint64_t left_early() const { return sums_.left_early(); }

  private:
    struct Series {
        bool any = false;   ///< has a price before the open instant
        bool open = false;  ///< has ticked at the open instant
        bool returned = false;
        /// Changes of the other side's price since this side's last stamp, before the open instant.
        std::uint32_t other_changes = 0;
        double price = 0;
        double price_open = 0;
        double open_return = 0;  ///< that ends at the open instant
        double last_change = 0;  ///< latest return before the open instant that is not zero
        /// The other side's price at this side's last stamp before the open instant; its first
        /// price if that came later. Known when both sides have a price.
        double other_base = 0;
        TickPolicy policy;

        /// The open instant is over.
        void close() {
            returned = returned || any;
            price = price_open;
            any = true;
            if (open_return != 0) last_change = open_return;
            open_return = 0;
            open = false;
        }
    };
    enum Term : std::size_t { cov, rv_x, rv_y, products };
    using Sums = TimeWindowSums<4>;

    static double other_return(const Series& side, const Series& other);
    const Series& of(Side side) const { return side == Side::x ? x_ : y_; }
    Sums::Terms open_terms() const;
    bool open_instant_counts() const;
    void settle();
    void settle_one(Series& side, Series& other, Term square);
    void settle_both();

    Series x_;
    Series y_;
    Sums sums_;
    TimeNs ts_open_ = no_time;    ///< of the open instant, which is not in the sums yet
    TimeNs ts_window_ = no_time;  ///< end of the window
};

struct HayashiYoshidaDropped {
    DroppedTicks x, y;
};

struct HayashiYoshidaResult {
    HayashiYoshidaValue value;
    HayashiYoshidaDropped dropped;
};

/// Of all ticks of two series, merged by time.
HayashiYoshidaResult hayashi_yoshida(TickSpan x, TickSpan y);

/// The value of the window (t - window, t] for every t of `eval_ts`, in any order, into `out` (as
/// long). Without a positive window nothing is in it. For whole files: allocates.
HayashiYoshidaDropped rolling_hayashi_yoshida(TickSpan x, TickSpan y, DurationNs window,
                                              std::span<const TimeNs> eval_ts,
                                              std::span<HayashiYoshidaValue> out);

}  // namespace contagiond::core
