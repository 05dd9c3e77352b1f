// UsualMove: how far a path usually goes from one row to the next, whether it is known every row or
// twice an hour.
//
//     V <- A/W;  after each half hour:  A <- d·A + n·min(v, 3.5²·V);  W <- d·W + n
//
// v is the mean of the squared moves of the half hour's n rows, d the decay over them. Squares add
// up: one print in thirty rows tells as much as thirty do, while a mean of absolute moves would be
// a fifth of the truth. Slow and capped, so that a crash does not become the new normal. A half
// hour without a single move teaches nothing: the market is closed.
//
// Cost: O(1) a row. Memory: 100 bytes. Error: a few roundings a row.
#pragma once

#include <cstdint>
#include <optional>

namespace contagiond::core {

/// One thread. Never allocates.
class UsualMove {
  public:
    /// Half life and length of the block (the half hour) in rows, at least one each.
    UsualMove(double half_life_rows, std::uint64_t block_rows);

    /// A row: log level of the path.
    void push(double level);
    /// Mean of the squared moves of one row; absent before the first half hour
    /// that moved is over: of less, one slide would be most.
    std::optional<double> variance() const;

  private:
    double block_decay_;
    std::uint64_t block_rows_;
    std::optional<double> last_;
    double squares_ = 0;      ///< of this block
    std::uint64_t rows_ = 0;  ///< of this block
    double weighted_ = 0;     ///< A
    double weight_ = 0;       ///< W
};

}  // namespace contagiond::core
