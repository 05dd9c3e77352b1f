// The table behind the false-alarm budget, made anew: months of the null market for each kind of
// source, first target and bar that the budget tells apart.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace contagiond::daemon {

/// Factors that rates are counted at: what a desk could mean.
std::vector<double> usual_factors();

/// The whole text of daemon/false_alarm_table.hpp, but for the comment above it. Blocks for about a
/// second and a half a month and core.
std::string make_null_table(std::uint64_t months, std::uint64_t seed, unsigned jobs);

}  // namespace contagiond::daemon
