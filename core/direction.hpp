// Direction: which way a joint fall runs. Whose it is shows in its size and in its order; one of
// them alone misleads, since coins move more than an index and ticks are seldom enough.
//
//     D = 0.6·order - 2.5·ln(s_C/s_T)
//
//     s       a leg's largest loss over the horizons up to an hour, in the sigma known before it
//     order   the asymmetry of lagged correlations (lag_asymmetry.hpp), clipped to ±4; or ±4 by
//             sign where the interval of a lead from ticks excludes 0, which outvotes bars
//
// Far below 0 the fall is crypto's own, and tech follows. It is called so only where the level of
// the last hours agrees: crypto below its high by at least as many of its usual sigma as the source
// below its own, and its slide begun no later. On 363 recorded days size alone would have turned 4
// of 33 spillovers round, both together none.
//
// crypto_to_tech opens on a score of the same shape as the level channel's, enter_score · the least
// ratio of the conditions
//
//     target's fall below its own high / reverse_fall
//     target's loss of the last hour / (recent_share·reverse_fall)
//     source's fall below its high / reverse_source_fall     tech takes part
//     -D / reverse_balance
//     (age of the target's slide + slide_lead) / age of the source's      it did not begin later
//     regained_share / what the source has made good
//
// or, where a spillover's conditions hold, on its score, if size, level and order say that the fall
// is the target's own.
//
// Costs a few divisions. No state but a scale a path: 40 bytes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/condition.hpp"
#include "core/engine.hpp"
#include "core/level_channel.hpp"
#include "core/maybe.hpp"

namespace contagiond::core {

// Of D.
inline constexpr double order_weight = 0.6;
inline constexpr double order_max = 4;
inline constexpr double size_weight = 2.5;

/// Usual size of a path's moves by the row: 1.2533·mean of |move|/sqrt(rows since the move before),
/// each capped at 3.5 of it, weights decaying by half_life_rows. One thread.
class PathScale {
  public:
    explicit PathScale(double half_life_rows);

    /// A row: the path, a log level.
    void push(double path);
    /// Absent until 20 moves were seen.
    std::optional<double> value() const;

  private:
    double decay_;
    double weighted_ = 0;
    double weight_ = 0;
    double path_ = 0;
    std::uint64_t rows_since_move_ = 0;
    bool started_ = false;
};

/// What speaks for one direction or the other, at one target.
struct DirectionReading {
    Maybe source_loss, target_loss;  ///< s
    Maybe
        level_ratio;  ///< ln of the falls below the highs, each in usual sigma, target over source
    Maybe asymmetry;  ///< above 0: the source moves first
    Maybe lead_low, lead_high;  ///< 95 % interval in seconds, above 0: the source moves first
};

/// D; absent where a size is.
Maybe direction_balance(const DirectionReading& reading);

/// How the conditions of a fall of the target's own stand, in the order of their numbers.
using ReverseConditions = std::array<ConditionReading, reverse_condition_count>;
ReverseConditions reverse_conditions(const DetectorConfig& config, const LevelReading& levels,
                                     const DirectionReading& reading);

/// Whether it is one of size, level and order, which say whose a fall is.
bool tells_whose(Condition condition);

/// The fall is the target's own: of `conditions`, those hold.
bool target_led(const ReverseConditions& conditions);

/// Of crypto_to_tech, 0-1. At the level, which is no matter of degree, it is all or nothing.
double score_reverse(const DetectorConfig& config, const ReverseConditions& conditions,
                     const ConditionReading& regained);

/// The source has fallen by its threshold in one slide and stays down, and the target does not
/// follow.
bool decoupled(const DetectorConfig& config, const LevelReading& levels);

}  // namespace contagiond::core
