#include "core/estimators/loss_windows.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/elementary.hpp"

namespace contagiond::core {
namespace {
/// sqrt(pi/2), to the digits of the definition.
constexpr double mean_absolute_to_sigma = 1.2533;

/// What a + b loses by rounding, exactly (Knuth's two-sum).
double lost(double a, double b, double sum) {
    const double b_used = sum - a;
    return (a - (sum - b_used)) + (b - b_used);
}
}  // namespace

LossWindows::LossWindows(std::span<const std::uint32_t> horizons, LossScaleRules rules)
    : horizons_(horizons.begin(), horizons.end()),
      rules_(rules),
      decay_(elementary::exp2(-1.0 / rules.half_life_rows)) {
    std::uint32_t longest = 1;
    for (const std::uint32_t h : horizons_) longest = std::max(longest, h);
    ring_.resize(std::bit_ceil(longest + 1));
    mask_ = ring_.size() - 1;
    highs_.resize(horizons_.size());
    for (std::size_t i = 0; i < horizons_.size(); ++i) {
        highs_[i].positions.resize(std::bit_ceil(horizons_[i] + 2));
        highs_[i].count = 1;  // the start, position 0
    }
}

void LossWindows::push(double y, double elapsed, bool learn) {
    Sums next = sums_at(rows_);
    if (learn && elapsed <= rules_.gap_rows) {
        double a = std::abs(y) / std::sqrt(elapsed);
        if (weight_ > rules_.min_weight)
            a = std::min(a, rules_.clip * mean_absolute_to_sigma * weighted_ / weight_);
        weighted_ = decay_ * weighted_ + a;
        weight_ = decay_ * weight_ + 1;
        if (weight_ > rules_.min_weight) next.scale = mean_absolute_to_sigma * weighted_ / weight_;
    }
    next.y += y;
    const double square = next.square + y * y;
    next.square_rest += lost(next.square, y * y, square);
    next.square = square;
    next.elapsed += elapsed;
    next.returns += 1;
    advance(next);
}

void LossWindows::push_absent() {
    advance(sums_at(rows_));
}

void LossWindows::advance(Sums next) {
    ++rows_;
    ring_[rows_ & mask_] = next;
    if ((rows_ & mask_) == 0) {
        // Re-base on the oldest entry kept, so that the sums stay small and their differences
        // exact.
        const Sums base = sums_at(rows_ - mask_);
        for (Sums& sums : ring_) {
            sums.y -= base.y;
            const double square = sums.square - base.square;
            sums.square_rest += lost(sums.square, -base.square, square) - base.square_rest;
            sums.square = square;
            sums.elapsed -= base.elapsed;
            sums.returns -= base.returns;
        }
    }
    for (std::size_t i = 0; i < horizons_.size(); ++i) {
        Highs& highs = highs_[i];
        if (highs.count > 0 && highs.at(0) + horizons_[i] < rows_) {
            highs.front = (highs.front + 1) & (highs.positions.size() - 1);
            --highs.count;
        }
        const double level = sums_at(rows_).y;
        while (highs.count > 0 && sums_at(highs.at(highs.count - 1)).y <= level) --highs.count;
        highs.positions[(highs.front + highs.count) & (highs.positions.size() - 1)] = rows_;
        ++highs.count;
    }
}

std::optional<double> LossWindows::log_return(std::size_t horizon) const {
    if (!covered(horizon)) return std::nullopt;
    const Sums& now = sums_at(rows_);
    const Sums& then = sums_at(rows_ - horizons_[horizon]);
    if (now.returns - then.returns < 0.5) return std::nullopt;
    return now.y - then.y;
}

std::optional<double> LossWindows::loss_sigma(std::size_t horizon) const {
    const auto total = log_return(horizon);
    if (!total) return std::nullopt;
    const Sums& then = sums_at(rows_ - horizons_[horizon]);
    const double elapsed = sums_at(rows_).elapsed - then.elapsed;
    const double s = -*total / (then.scale * std::sqrt(elapsed));
    if (then.scale <= 0 || !std::isfinite(s)) return std::nullopt;
    return s;
}

std::optional<double> LossWindows::loss_one_way(std::size_t horizon) const {
    const auto total = log_return(horizon);
    if (!total) return std::nullopt;
    const Sums& now = sums_at(rows_);
    const Sums& then = sums_at(rows_ - horizons_[horizon]);
    const double square = (now.square - then.square) + (now.square_rest - then.square_rest);
    const double n = -*total / std::sqrt(square);
    if (square <= 0 || !std::isfinite(n)) return std::nullopt;
    return n;
}

std::optional<double> LossWindows::drawdown(std::size_t horizon) const {
    if (!covered(horizon)) return std::nullopt;
    return elementary::expm1(sums_at(rows_).y - sums_at(highs_[horizon].at(0)).y);
}

std::optional<double> LossWindows::scale() const {
    const double scale = sums_at(rows_).scale;
    if (scale <= 0) return std::nullopt;
    return scale;
}

}  // namespace contagiond::core
