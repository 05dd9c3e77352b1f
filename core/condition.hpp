// Condition: what must be true for an alert, one by one, and how each stands at one moment. Where
// they come from and what they mean stands in level_channel.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/maybe.hpp"

namespace contagiond::core {

/// Also which of them is furthest from its threshold: what an alert would still need. Numbers are
/// kept in journals: a new one goes to the end.
enum class Condition : std::uint8_t {
    none,         ///< nothing to judge yet
    source_fall,  ///< the source stands too little below its high
    target_fall,
    joint_fall,      ///< the two together
    recent_fall,     ///< the target has hardly fallen within the last hours
    target_follows,  ///< the target has lost too little of what the source has lost
    target_first,    ///< the target had fallen before the source began
    slide_age,       ///< the source has been sliding for too long
    regained,        ///< the source has made good too much of its fall
    target_outruns,  ///< in usual moves the target fell far more than the source: a fall of its own
    burst,  ///< both swing more than usual and as one, and the source's fall is not one-way
    // Those of a fall of the target's own that the source follows (direction.hpp).
    reverse_fall,         ///< the target stands too little below its own high
    reverse_recent_fall,  ///< it has hardly fallen within the last hour
    reverse_source_fall,  ///< the source stands too little below its high: it takes no part
    reverse_balance,      ///< size and order of the last hour do not speak for the target
    reverse_level,        ///< below its high, in usual sigma, it stands no further than the source
    reverse_order,        ///< the source began to slide long before it
};
/// Without `none`.
inline constexpr std::size_t condition_count = static_cast<std::size_t>(Condition::reverse_order);
/// Of a spillover: the first of them.
inline constexpr std::size_t level_condition_count = static_cast<std::size_t>(Condition::burst);
/// Of a fall of the target's own: the rest.
inline constexpr std::size_t reverse_condition_count = condition_count - level_condition_count;
/// Where it stands among all of them, in the order of their numbers.
constexpr std::size_t place_of(Condition condition) {
    return static_cast<std::size_t>(condition) - 1;
}
std::string_view to_string(Condition condition);

/// What the value and the threshold of a condition are counted in.
enum class ConditionUnit : std::uint8_t {
    fraction,  ///< of a price: 0.01 is one per cent
    share,     ///< of something else that was measured
    seconds,
    number,
};
std::string_view to_string(ConditionUnit unit);

/// One condition at one moment.
struct ConditionReading {
    Condition condition = Condition::none;
    ConditionUnit unit = ConditionUnit::number;
    bool at_least = true;  ///< it holds at or above the threshold; else at or below
    bool scaled = false;   ///< threshold_factor is part of the threshold
    /// Absent: there is nothing to measure, and nothing is asked; or nothing holds, at ratio 0.
    Maybe value;
    double threshold = 0;  ///< in force
    /// How far it holds, at 1 just so: value over threshold, or the other way where at most is
    /// asked. Infinite where nothing is asked.
    double ratio = 0;

    bool holds() const { return ratio >= 1; }
    friend bool operator==(const ConditionReading&, const ConditionReading&) = default;
};

/// With its ratio.
ConditionReading at_least(Condition condition, ConditionUnit unit, Maybe value, double threshold);
ConditionReading at_most(Condition condition, ConditionUnit unit, Maybe value, double threshold);
/// At least, and unknown is not enough.
ConditionReading known_at_least(Condition condition, ConditionUnit unit, Maybe value,
                                double threshold);

}  // namespace contagiond::core
