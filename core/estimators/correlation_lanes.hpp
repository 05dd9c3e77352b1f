// CorrelationLanes: Pearson's correlation of many pairs of series over several windows of the same
// rows, all pairs side by side.
//
//     mx = Σx/n;  Sxx = Σ(x-mx)²;  Sxy = Σ(x-mx)(y-my);  rho = Sxy / sqrt(Sxx·Syy)
//
// What it computes, and bit for bit how, is RollingCorrelation's (rolling_correlation.hpp): blocks
// of a window's length, aggregates merged by Chan, Golub and LeVeque's pairwise rule (1979), each
// block centred on a value of its own, nothing ever subtracted. The shape is another one. Eight
// pairs stand in the lanes of one block of memory, and a row goes through all of them in straight
// lines: a pair without values in it is masked, not branched around. Three things follow from all
// windows and pairs seeing the same rows:
//
//     rows        kept once a pair, however many windows look back at them
//     constancy   a side is constant over its last n rows when its latest value has stood for n
//                 rows: one run length a pair and side, for all windows
//     suffixes    of a longer older block only those of about sqrt(window) rows are at hand, and
//                 one more every sqrt(window) rows, from which the next ones are made when their
//                 turn comes
//
// Lanes use +, -, *, /, square root, comparison and choice, which IEEE 754 rounds alike at any
// width, and none of them is contracted: a result does not depend on the instruction set. LaneWidth
// is there for tests and benchmarks.
//
// Cost: O(1) amortised a row, pair and window; once every `window` rows all of a block is gone
// over, twice, which for sixteen pairs and 360 rows takes about 6 µs. Memory: 16 bytes a row of the
// longest window and pair, and 96 bytes a square root of each window's rows and pair (48 a row up
// to 96 rows); pairs in eights; 24 bytes a row for all pairs. Error: that of one summation over the
// window, absolute and at most window·eps, whatever went before.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/estimators/correlation_kernel.hpp"

namespace contagiond::core {

/// One thread. Never allocates after construction.
class CorrelationLanes {
  public:
    /// Places of the two series in a row.
    struct Pair {
        std::size_t x = 0, y = 0;
    };
    struct Window {
        std::uint32_t rows = 2;      ///< at least 2
        std::uint32_t rows_min = 2;  ///< with both values, for a result
    };

    CorrelationLanes(std::span<const Pair> pairs, std::span<const Window> windows,
                     LaneWidth width = widest_lanes());

    /// One row: a value of each series, finite, or NaN where it has none. A pair without one of its
    /// two gets a row that takes its place in the windows and counts for nothing.
    void push(std::span<const double> row);

    /// -1 to 1; absent with fewer than rows_min rows, or when a side is constant over them.
    std::optional<double> value(std::size_t pair, std::size_t window) const {
        const double rho = result(pair, window).rho[pair % lanes_a_group];
        return std::isnan(rho) ? std::nullopt : std::optional<double>(rho);
    }
    /// Rows in the window that have both values.
    std::uint32_t rows(std::size_t pair, std::size_t window) const {
        return static_cast<std::uint32_t>(result(pair, window).rows[pair % lanes_a_group]);
    }
    std::size_t pair_count() const { return pair_count_; }

  private:
    /// State of one window, of all pairs; vectors of one group after the other.
    struct WindowLanes {
        std::uint32_t rows = 0;
        std::uint32_t stride = 0;  ///< rows of the older block whose suffixes are at hand together
        double rows_min = 0;
        std::uint32_t newer_count = 0;
        bool have_older = false;
        /// The last row of the newer block in which a pair has no values, from 1; 0: none.
        std::uint32_t newer_gap = 0;
        std::uint32_t older_gap = 0;  ///< likewise
        std::vector<double> between;  ///< by rows in the newer block: FullQuotients
        std::vector<MomentLanes> newer;
        std::vector<PairLanes> newer_anchor, older_anchor;
        std::vector<MomentLanes> behind;    ///< by stride: of all rows of the block behind it
        std::vector<MomentLanes> suffixes;  ///< of one stride, row by row: of all from there on
    };

    std::size_t lanes() const { return groups_ * lanes_a_group; }
    const ResultLanes& result(std::size_t pair, std::size_t window) const {
        return results_[window * groups_ + pair / lanes_a_group];
    }
    void flip(WindowLanes& window);
    /// Of the rows of a stride, when row rows - 1 of the older block is `age` rows old.
    void make_suffixes(WindowLanes& window, std::uint32_t stride, std::uint32_t age) const;

    std::size_t pair_count_;
    std::vector<Pair> places_;  ///< of all lanes; those behind the last pair do what it does
    std::size_t groups_;
    const CorrelationKernel& kernel_;
    std::size_t ring_rows_ = 0;             ///< of the longest window
    std::vector<PairLanes> ring_;           ///< of rows, `groups_` each
    std::size_t newest_ = 0;                ///< row of the ring
    std::vector<double> weights_, shares_;  ///< n/(n+1) and 1/(n+1), by n
    std::vector<RunLanes> runs_;
    std::vector<MomentLanes> no_rows_;
    std::vector<WindowLanes> windows_;
    std::vector<ResultLanes> results_;  ///< of the windows, one after the other, by group
};

}  // namespace contagiond::core
