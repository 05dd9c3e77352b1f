// Basket: return, index and drawdown of fixed weights, bar by bar.
//
//     ret_t = Σ w_i·r_i / Σ w_i over the legs that have a return;   absent below min_coverage
//     index_t = index_{t-1}·exp(ret_t), from 1
//     drawdown_t = index_t / max(index over the last W rows) - 1
//
// Stale legs drop out and the rest is weighted up: right for the return of one synchronous bar. For
// moves that are summed over late prints divide by the alive weight instead, or a move is counted
// once per late leg.
//
// Cost: O(legs) a row, and O(1) amortised for the drawdown: the falling highs of the window wait in
// a queue, so its front is the window's high. Memory: 16 bytes a window row, 8 a leg. Error: a
// bar's return is good to four eps of its legs' sizes. The path is a compensated sum of those, so
// the index and the drawdown add at most 2·eps of the furthest the path ever went from 0, however
// many rows there were.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace contagiond::core {

struct BasketRules {
    double min_coverage = 0.6;          ///< share of the whole weight that must have a return
    std::uint32_t drawdown_rows = 360;  ///< W, at least 1
};

/// One thread. Never allocates after construction.
class Basket {
  public:
    /// Weights are not negative and need not sum to 1; at least one is positive.
    Basket(std::span<const double> weights, BasketRules rules);

    /// One bar: log returns in the order of the weights. Absent or not finite: the leg is stale.
    void push(std::span<const std::optional<double>> returns);

    /// Log return of the last bar; absent when too little weight had one.
    std::optional<double> log_return() const { return log_return_; }
    /// Share of the weight that had a return in the last bar, 0-1.
    double coverage() const { return coverage_; }
    /// 1 before the first row.
    double index() const;
    /// A fraction, not above 0; 0 before the first row.
    double drawdown() const;

  private:
    struct High {
        std::uint64_t row = 0;
        double path = 0;
    };
    High& high(std::size_t i) {
        const std::size_t at = front_ + i;
        return highs_[at < highs_.size() ? at : at - highs_.size()];
    }
    void add_to_path(double step);

    std::vector<double> weights_;
    BasketRules rules_;
    double total_weight_ = 0;
    std::optional<double> log_return_;
    double coverage_ = 0;
    double path_ = 0;        ///< log of the index
    double correction_ = 0;  ///< what the sum has lost so far
    std::uint64_t rows_ = 0;
    std::vector<High> highs_;  ///< ring: falling highs of the window, oldest first
    std::size_t front_ = 0;
    std::size_t count_ = 0;
};

}  // namespace contagiond::core
