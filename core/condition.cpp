#include "core/condition.hpp"

#include <limits>

namespace contagiond::core {
namespace {

constexpr double nothing_asked = std::numeric_limits<double>::infinity();

}  // namespace

std::string_view to_string(Condition condition) {
    switch (condition) {
        case Condition::none:
            return "none";
        case Condition::source_fall:
            return "source_fall";
        case Condition::target_fall:
            return "target_fall";
        case Condition::joint_fall:
            return "joint_fall";
        case Condition::recent_fall:
            return "recent_fall";
        case Condition::target_follows:
            return "target_follows";
        case Condition::target_first:
            return "target_first";
        case Condition::slide_age:
            return "slide_age";
        case Condition::regained:
            return "regained";
        case Condition::target_outruns:
            return "target_outruns";
        case Condition::burst:
            return "burst";
        case Condition::reverse_fall:
            return "reverse_fall";
        case Condition::reverse_recent_fall:
            return "reverse_recent_fall";
        case Condition::reverse_source_fall:
            return "reverse_source_fall";
        case Condition::reverse_balance:
            return "reverse_balance";
        case Condition::reverse_level:
            return "reverse_level";
        case Condition::reverse_order:
            return "reverse_order";
    }
    return "unknown";
}

std::string_view to_string(ConditionUnit unit) {
    switch (unit) {
        case ConditionUnit::fraction:
            return "fraction";
        case ConditionUnit::share:
            return "share";
        case ConditionUnit::seconds:
            return "seconds";
        case ConditionUnit::number:
            return "number";
    }
    return "unknown";
}

ConditionReading at_least(Condition condition, ConditionUnit unit, Maybe value, double threshold) {
    ConditionReading reading{condition, unit, true, false, value, threshold, nothing_asked};
    if (value && threshold > 0) reading.ratio = *value / threshold;
    return reading;
}

ConditionReading known_at_least(Condition condition, ConditionUnit unit, Maybe value,
                                double threshold) {
    ConditionReading reading = at_least(condition, unit, value, threshold);
    if (!value) reading.ratio = 0;
    return reading;
}

ConditionReading at_most(Condition condition, ConditionUnit unit, Maybe value, double threshold) {
    ConditionReading reading{condition, unit, false, false, value, threshold, nothing_asked};
    if (value && *value > 0) reading.ratio = threshold / *value;
    return reading;
}

}  // namespace contagiond::core
