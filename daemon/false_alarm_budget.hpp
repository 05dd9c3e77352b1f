// The false-alarm budget: how many episodes in 30 days a desk accepts from a market in which
// nothing passes from the source to the targets, and the threshold factor that keeps to it.
//
//     budget -> threshold_factor, by the table in false_alarm_table.hpp: months of the null market
//     (daemon/demo/null_market.hpp) through the detector with its usual settings, episodes counted
//     at each factor
//
// In between, log(rate) is linear in the factor, in the logarithm of the number of names, and in
// the logarithm of the bar. The rate depends on
//
//     the source's index   with one, single names hardly matter: the index says where tech stands.
//                          Without, the more names the steadier their mean, and the rarer its falls
//     the first target     it decides; Ether falls through a threshold more often than Bitcoin
//     the bar              none up to a minute, when levels are read; longer ones miss the extremes
//                          in between
//
// and not on further targets, nor on an index's market. A curve ends where fewer than
// `episodes_least` episodes stand behind a point: there it would be a guess.
//
// Counted is what levels open (core/level_channel.hpp), whatever class it is then told as:
// direction and macro controls can only take spillovers away. What opens as crypto's own by its own
// score is none.
//
// What the budget does not promise: real markets are linked, so that more episodes open than these,
// and the labels of real days count something else (README.md, "The budget").
#pragma once

#include <optional>

#include "core/engine.hpp"

namespace contagiond::daemon {

inline constexpr std::uint64_t episodes_least = 20;

struct BudgetRange {
    double least = 0;
    double most = 0;
};

/// Its factor is 1 with an index, Bitcoin first, and bars up to a minute.
inline constexpr double default_false_alarm_budget = 2.1;

/// The budgets that the table knows for this universe, targets and bar. Pure, like all of these.
BudgetRange budget_range(const core::EngineConfig& config);

/// The factor that spends `budget`, in whole hundredths: the table knows no better. Absent outside
/// budget_range().
std::optional<double> threshold_factor_for(const core::EngineConfig& config, double budget);

/// What the factor spends; absent outside the table.
std::optional<double> budget_of(const core::EngineConfig& config, double threshold_factor);

}  // namespace contagiond::daemon
