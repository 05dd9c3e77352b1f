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
// Of the past only the rows are kept. One track runs with the present, and one a horizon follows it
// that many rows behind and takes the same steps, so that what was known then is at hand. The highs
// of all horizons are those of the longest: a shorter one begins further on in the same list.
//
// Cost: O(1) amortised a row and horizon, O(1) a question. Memory: 24 bytes a row of the longest
// horizon, 20 where elapsed is whole, and 88 a horizon. Sums over a window are differences of
// running sums that are re-based once in a while, at least a horizon apart, so their error is
// bounded by the window, not by uptime: a few eps of the largest |P - P_base| since for Σ y. The
// sum of squares carries its rounding along, so that a crash that has left the window does not
// round off the small moves after it: Σ y² is exact to h·eps of itself.
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
    /// What `elapsed` may be: whole numbers, below 2^24, take half the room.
    enum class Elapsed : std::uint8_t { any, whole };

    /// Horizons in rows, at least 1 each.
    LossWindows(std::span<const std::uint32_t> horizons, LossScaleRules rules,
                Elapsed elapsed = Elapsed::any);

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
    };
    /// What came in with a row.
    struct Row {
        double y;        ///< NaN where nothing printed
        double elapsed;  ///< with a minus where the row may not enter the scale
    };
    /// Everything that is known after a row.
    struct Track {
        std::uint64_t row = 0;
        Sums sums;
        double weighted = 0;  ///< A
        double weight = 0;    ///< W
        double scale = 0;     ///< 0: none yet
    };
    struct Horizon {
        std::uint32_t rows;
        Track then;              ///< `rows` behind
        std::uint64_t high = 0;  ///< row of the window's high
    };

    void advance(const Row& row);
    void step(Track& track, const Row& row) const;
    Row row_at(std::size_t place) const;
    void update_highs();
    static void rebase(Sums& sums, const Sums& base);
    bool rebased_at(std::uint64_t row) const { return (row & period_mask_) == 0; }
    /// On the base of the present.
    Sums sums_then(const Horizon& horizon) const;
    /// The row before the window must exist: its scale is the window's yardstick.
    bool covered(const Horizon& horizon) const { return now_.row > horizon.rows; }

    /// Of the present row or one of the longest_ + 1 before it.
    double path(std::uint64_t row) const {
        const std::uint64_t back = now_.row - row;
        return path_[back <= newest_ ? newest_ - back : newest_ + path_.size() - back];
    }
    void set_high(std::uint64_t row, bool is_high);
    /// The nearest falling high behind or before a row, of which there must be one.
    std::uint64_t high_after(std::uint64_t row) const;
    std::uint64_t high_before(std::uint64_t row) const;

    LossScaleRules rules_;
    double decay_;
    std::uint32_t longest_ = 1;
    std::uint64_t period_mask_;  ///< rows between two bases, less one
    std::vector<Horizon> horizons_;
    Track now_;
    Sums base_;       ///< of the last change of base
    Sums base_next_;  ///< of the next one
    // Rings of rows: what came in, and the path after it on the present base.
    std::vector<double> y_;
    std::vector<double> elapsed_;       ///< one of the two, see Elapsed
    std::vector<float> elapsed_whole_;  ///< exact
    std::vector<double> path_;
    std::size_t newest_ = 0;  ///< place of the present row in path_
    std::size_t oldest_ = 0;  ///< place of the oldest row of the others, which the next one takes
    /// A bit a row, its number modulo the bits: no later row of the longest horizon is as high.
    std::vector<std::uint64_t> highs_;
    std::uint64_t high_ = 0;  ///< row of the first of them
};

}  // namespace contagiond::core
