// LossWindows: how far a series fell over several horizons, against its usual size and against its
// own path.
//
//     scale        s_t = 1.2533·A_t/W_t;  A <- d·A + a;  W <- d·W + 1
//                  a = min(|y|/sqrt(elapsed), clip·s_{t-1})
//     s(h)         -Σ y / (s_{t-h}·sqrt(Σ elapsed))    loss in the sigma known before the window
//     n(h)         -Σ y / sqrt(Σ y²)                   the same loss, self-normalised
//     drawdown(h)  exp(P_t - max(P_{t-h} ... P_t)) - 1
//
// Sums go over the last h rows; P is the sum of all returns. The high is taken over the h + 1
// points between which the last h returns lie, so that a drawdown is never smaller than the fall
// over the same horizon.
//
// s tells how large a move is against normal times, n whether it went one way or is a burst of
// volatility: a real selloff comes inside its own burst, so one needs both. The scale is a mean of
// absolute values (1.2533 = sqrt(pi/2) makes it a standard deviation for normal returns), slow and
// capped, so that the first hour of a crash does not become the new normal.
//
// Cost: O(1) amortised a row and horizon. Memory: 48 bytes a row of the longest horizon and 8 a row
// of every horizon, each rounded up to a power of two of rows. Sums over a window are differences
// of running sums that are re-based once every ring length, so their error is bounded by the
// window, not by uptime: a few eps of the largest |P - P_base| in the ring for Σ y. The sum of
// squares carries its rounding along, so that a crash that has left the window does not round off
// the small moves after it: Σ y² is exact to h·eps of itself.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace contagiond::core {

struct LossScaleRules {
    double half_life_rows = 11520;
    double clip = 3.5;       ///< a row counts for at most so many sigma in the scale
    double min_weight = 20;  ///< weight of rows before there is a scale; capping starts there too
    double gap_rows =
        30;  ///< a return that covers more rows than this is a gap: it leaves the scale alone
};

/// One thread. Never allocates after construction.
class LossWindows {
  public:
    /// Horizons in rows, at least 1 each.
    LossWindows(std::span<const std::uint32_t> horizons, LossScaleRules rules);

    /// A row with a return (log, of the bar) that covers `elapsed` rows (1 normally). `learn`:
    /// whether the row may enter the scale.
    void push(double y, double elapsed, bool learn = true);
    /// A row in which nothing printed.
    void push_absent();

    /// Sum of the returns in the last h rows; absent until h + 1 rows, and when none of the h had a
    /// return. So are the others.
    std::optional<double> log_return(std::size_t horizon) const;
    std::optional<double> loss_sigma(std::size_t horizon) const;
    std::optional<double> loss_one_way(std::size_t horizon) const;
    /// Not above 0, nor above expm1(log_return); absent until h + 1 rows.
    std::optional<double> drawdown(std::size_t horizon) const;
    /// Standard deviation of one row's return in normal times.
    std::optional<double> scale() const;

  private:
    struct Sums {
        double y = 0;  ///< running sum of returns: the path
        double square = 0;
        double square_rest = 0;  ///< what the rounding of `square` has left over
        double elapsed = 0;
        double returns = 0;  ///< rows that had a return
        double scale = 0;    ///< 0: none yet
    };
    /// Positions of falling highs of the path inside one horizon: the front is the window's high.
    struct Highs {
        std::vector<std::uint64_t> positions;
        std::size_t front = 0;
        std::size_t count = 0;
        std::uint64_t at(std::size_t i) const {
            return positions[(front + i) & (positions.size() - 1)];
        }
    };

    const Sums& sums_at(std::uint64_t row) const { return ring_[row & mask_]; }
    void advance(Sums next);
    /// The row before the window must exist: its scale is the window's yardstick.
    bool covered(std::size_t horizon) const { return rows_ > horizons_[horizon]; }

    std::vector<std::uint32_t> horizons_;
    LossScaleRules rules_;
    double decay_;
    double weighted_ = 0;  ///< A
    double weight_ = 0;    ///< W
    std::uint64_t rows_ = 0;
    std::uint64_t mask_ = 0;  ///< ring sizes are powers of two: a division costs more than the sums
    std::vector<Sums>
        ring_;  ///< ring_[k & mask_] is after row k; position 0 is before the first row
    std::vector<Highs> highs_;
};

}  // namespace contagiond::core
