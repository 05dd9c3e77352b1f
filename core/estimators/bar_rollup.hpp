// BarRollup: adds consecutive fine bars into coarser ones, such as rows of 10 s into rows of a
// minute.
//
//     return  = Σ returns of the fine bars in (ts - bar, ts]       log returns add
//     elapsed = Σ elapsed of these · fine/coarse                   coarse bars they cover
//
// Coarse bars are aligned to the epoch. A coarse bar has a return if anything printed in it, and
// then elapsed is 1 on average: prints do not fall on its bounds, and one after a silence of three
// bars covers three. It has none, though something printed, when one of its returns spans a
// closure (that is a move of another kind), or when it did not begin under our eyes: at the start
// and after a hole in the fine bars. A coarse bar whose end lies in a hole is never told, like the
// fine bars there.
//
// A row that covers over one and a half coarse bars is a catch-up: one return of several minutes,
// which no statistic of one-minute rows may take for the move of one. Up to there it is the slack
// of prints that miss the bounds.
//
// Where the fine bar is as long as the coarse one or longer, each row passes through. A coarse
// length that is no multiple of the fine one is rounded up to the next.
//
// Cost: O(1) a bar. Memory: 48 bytes. Error: one sum of at most coarse/fine terms.
#pragma once

#include <algorithm>
#include <optional>

#include "core/units.hpp"

namespace contagiond::core {

struct CoarseRow {
    TimeNs ts = no_time;  ///< end of the coarse bar
    std::optional<double> log_return;
    double elapsed = 0;    ///< coarse bars the return covers; 0 without one
    bool printed = false;  ///< whether anything did, with or without a usable return

    bool caught_up() const { return elapsed > 1.5; }
    /// The return, unless it is a catch-up.
    std::optional<double> own_return() const { return caught_up() ? std::nullopt : log_return; }
};

/// One thread. Never allocates.
class BarRollup {
  public:
    /// Lengths above 0.
    BarRollup(DurationNs fine, DurationNs coarse);

    /// A fine bar: its log return if anything printed in it, the fine bars that covers, and whether
    /// it spans a closure. Answers with the coarse row that ends with this bar, if one does. Bars
    /// come in the order of time; a later one may be missing, an earlier one is left out. A return
    /// that is not finite is none.
    std::optional<CoarseRow> push(TimeNs bar_end, std::optional<double> log_return, double elapsed,
                                  bool closure_gap);

    /// Length of the rows it answers with.
    DurationNs bar() const { return coarse_; }
    static constexpr DurationNs bar_of(DurationNs fine, DurationNs coarse) {
        return fine * std::max<DurationNs>(1, (coarse + fine - 1) / fine);
    }

  private:
    DurationNs fine_, coarse_;
    TimeNs last_ = no_time;  ///< end of the last fine bar
    bool whole_ = false;     ///< no fine bar of the open coarse bar is missing so far
    bool closure_ = false;
    bool printed_ = false;
    double sum_ = 0;
    double elapsed_ = 0;  ///< in fine bars
};

}  // namespace contagiond::core
