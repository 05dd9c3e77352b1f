#include "core/prevention.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace contagiond::core {
namespace {

constexpr std::size_t steps = 32;
constexpr int halvings = 19;  // 32·2^19 parts: 1e-7 of the distance
/// At its very high the source has no fall, and no share of it can be regained.
constexpr double short_of_high = 1 - 1e-6;

using Flags = std::array<bool, condition_count>;

/// Of one leg: `holds_at` says which conditions hold when it stands that much higher.
template <typename HoldsAt>
std::array<Maybe, condition_count> search(double up_to, HoldsAt&& holds_at) {
    std::array<Maybe, condition_count> found{};
    if (!(up_to > 0)) return found;
    std::array<Flags, steps + 1> grid;
    for (std::size_t i = 0; i <= steps; ++i)
        grid[i] = holds_at(up_to * static_cast<double>(i) / steps);
    for (std::size_t c = 0; c < condition_count; ++c) {
        std::size_t first = 1;
        while (first <= steps && grid[first][c]) ++first;
        if (first > steps || !grid[0][c]) continue;
        double high = up_to * static_cast<double>(first) / steps;
        double low = up_to * static_cast<double>(first - 1) / steps;
        for (int i = 0; i < halvings; ++i) {
            const double middle = 0.5 * (low + high);
            (holds_at(middle)[c] ? low : high) = middle;
        }
        found[c] = high;
    }
    return found;
}

}  // namespace

AllConditions all_conditions(const LevelScore& score, const ReverseConditions& reverse) {
    AllConditions all;
    const auto rest = std::copy(score.conditions.begin(), score.conditions.end(), all.begin());
    std::copy(reverse.begin(), reverse.end(), rest);
    return all;
}

std::vector<CauseCondition> find_prevention(
    const LevelReading& now, const std::function<AllConditions(LevelShift)>& conditions_at) {
    const auto holds = [&](LevelShift shift) {
        const AllConditions all = conditions_at(shift);
        Flags flags{};
        for (std::size_t i = 0; i < condition_count; ++i) flags[i] = all[i].holds();
        return flags;
    };
    const double to_source_high = 1 / (1 - now.source_fall) - 1;
    // At least as far as its high lies: before the slide, or since; or of all the window.
    const double to_slide_high = 1 / ((1 - now.target_since) * (1 - now.before)) - 1;
    const double to_target_high = std::max(to_slide_high, 1 / (1 - now.target_below) - 1);
    const auto by_source = search(short_of_high * to_source_high,
                                  [&](double higher) { return holds({.source_higher = higher}); });
    const auto by_target =
        search(to_target_high, [&](double higher) { return holds({.target_higher = higher}); });

    std::vector<CauseCondition> conditions;
    const AllConditions all = conditions_at({});
    for (std::size_t i = 0; i < condition_count; ++i)
        conditions.push_back({all[i], no_time, by_source[i], by_target[i]});
    return conditions;
}

}  // namespace contagiond::core
