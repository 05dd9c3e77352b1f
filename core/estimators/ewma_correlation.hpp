// EwmaCorrelation: exponentially weighted correlation, about zero (RiskMetrics Technical Document,
// 1996) or about the weighted means (West, 1979, with decaying weights).
//
//     about zero:    S_xy <- d·S_xy + x·y                 rho = S_xy / sqrt(S_xx·S_yy)
//     about means:   W' = d·W + 1;  δ = x - m;  m += δ/W';  S_xy <- d·S_xy + δx·δy·d·W/W'
//
//     samples      W²/Σw², W' = d·W + 1, Σw²' = d²·Σw² + 1: equal weights that are worth as much
//                  (Kish, Survey Sampling, 1965); at most (1+d)/(1-d)
//
// d is lambda or 2^(-1/half_life) a row, or 2^(-Δt/half_life) where rows have times. Weights need
// no start value: they cancel in the ratio. Rows without both values decay the weights and leave
// the answer as it is.
//
// The means themselves are never kept, only their offsets from the last values: m - x shrinks with
// the weights, so levels near 1e5 that move by 1e-8 of themselves keep their digits, and a series
// that stands still after a move is not measured by its round-off.
//
// Cost: O(1) a row. Memory: 104 bytes. Error: old rows and their round-off decay together, so it is
// that of one sum over the effective rows 1/(1-d), absolute and at most 2·eps/(1-d), whatever went
// before.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>

#include "core/elementary.hpp"

namespace contagiond::core {

/// One thread. Never allocates.
class EwmaCorrelation {
  public:
    enum class Mean : std::uint8_t { zero, weighted };

    /// Weights halve every `half_life`: so many rows, or units of `elapsed` where it is told.
    explicit EwmaCorrelation(double half_life, Mean mean = Mean::zero)
        : half_life_(half_life), decay_(elementary::exp2(-1.0 / half_life)), mean_(mean) {}
    /// Weights decay by `lambda` a row, 0 < lambda <= 1.
    static EwmaCorrelation with_lambda(double lambda, Mean mean = Mean::zero) {
        EwmaCorrelation correlation(-std::numbers::ln2 / elementary::log(lambda), mean);
        correlation.decay_ = lambda;
        return correlation;
    }

    /// A row with both values, which must be finite, one row after the last.
    void push(double x, double y) {
        decay_by(decay_);
        add(x, y);
    }
    /// The same, `elapsed` (>= 0; 0 decays nothing) after the last row.
    void push_after(double elapsed, double x, double y) {
        decay_by(elementary::exp2(-elapsed / half_life_));
        add(x, y);
    }
    /// A row in which at least one side has no value.
    void push_absent() { decay_by(decay_); }
    void push_absent_after(double elapsed) { decay_by(elementary::exp2(-elapsed / half_life_)); }

    /// -1 to 1; absent before two rows, when a side was always zero (about zero) or has been
    /// constant since the start (about means).
    std::optional<double> value() const {
        if (rows_ < 2 || !defined_x_ || !defined_y_) return std::nullopt;
        const double rho = sxy_ / (std::sqrt(sxx_) * std::sqrt(syy_));
        if (!std::isfinite(rho)) return std::nullopt;
        return std::clamp(rho, -1.0, 1.0);
    }

    /// Rows of equal weight that the weights of the rows so far are worth; 0 before the first. Rows
    /// without both values change nothing.
    double effective_rows() const { return rows_ > 0 ? weight_ * weight_ / squares_ : 0; }

  private:
    /// Decays wait for the next row with values: until then the answer stands exactly. Below the
    /// floor old rows count for nothing in a double, but their sums must not vanish.
    void decay_by(double factor) { pending_ = std::max(pending_ * factor, 0x1p-900); }

    void add(double x, double y) {
        const double d = pending_;
        pending_ = 1;
        const double before = d * weight_;
        weight_ = before + 1;
        squares_ = d * d * squares_ + 1;
        if (mean_ == Mean::zero) {
            defined_x_ = defined_x_ || x != 0;
            defined_y_ = defined_y_ || y != 0;
            sum(d, x * x, y * y, x * y);
        } else {
            defined_x_ = defined_x_ || (rows_ > 0 && x != last_x_);
            defined_y_ = defined_y_ || (rows_ > 0 && y != last_y_);
            // The first row is its own mean.
            const double dx = rows_ > 0 ? (x - last_x_) - offset_x_ : 0;
            const double dy = rows_ > 0 ? (y - last_y_) - offset_y_ : 0;
            const double share = before / weight_;
            offset_x_ = -dx * share;
            offset_y_ = -dy * share;
            last_x_ = x;
            last_y_ = y;
            sum(d, dx * dx * share, dy * dy * share, dx * dy * share);
        }
        if (rows_ < 2) ++rows_;
    }

    void sum(double d, double xx, double yy, double xy) {
        sxx_ = d * sxx_ + xx;
        syy_ = d * syy_ + yy;
        sxy_ = d * sxy_ + xy;
    }

    double half_life_;
    double decay_;
    double pending_ = 1;  ///< decay since the last row with values
    double sxx_ = 0, syy_ = 0, sxy_ = 0;
    double weight_ = 0, squares_ = 0;  ///< sum of the weights and of their squares
    double last_x_ = 0, last_y_ = 0;
    double offset_x_ = 0, offset_y_ = 0;  ///< weighted mean minus last value
    std::uint32_t rows_ = 0;              ///< with values; counts to two
    Mean mean_;
    bool defined_x_ = false, defined_y_ = false;  ///< not all zero, or not constant since the start
};

}  // namespace contagiond::core
