#include "core/estimators/loss_windows.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

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

LossWindows::LossWindows(std::span<const std::uint32_t> horizons, LossScaleRules rules,
                         Elapsed elapsed)
    : rules_(rules), decay_(elementary::exp2(-1.0 / rules.half_life_rows)) {
    horizons_.reserve(horizons.size());
    for (const std::uint32_t rows : horizons) {
        horizons_.push_back({rows, {}, 0});
        longest_ = std::max(longest_, rows);
    }
    period_mask_ = std::bit_ceil(std::uint64_t{longest_} + 1) - 1;
    y_.resize(longest_);
    if (elapsed == Elapsed::whole)
        elapsed_whole_.resize(longest_);
    else
        elapsed_.resize(longest_);
    // The points between which the rows lie, and the one that leaves.
    path_.resize(longest_ + 2);
    highs_.resize(std::max<std::uint64_t>((period_mask_ + 1) / 64, 1));
    set_high(0, true);  // the start
}

void LossWindows::push(double y, double elapsed, bool learn) {
    advance({y, learn && elapsed <= rules_.gap_rows ? elapsed : -elapsed});
}

void LossWindows::push_absent() {
    advance({std::numeric_limits<double>::quiet_NaN(), 0});
}

LossWindows::Row LossWindows::row_at(std::size_t place) const {
    return {y_[place], elapsed_.empty() ? elapsed_whole_[place] : elapsed_[place]};
}

void LossWindows::step(Track& track, const Row& row) const {
    ++track.row;
    if (std::isnan(row.y)) return;
    const double y = row.y, elapsed = std::abs(row.elapsed);
    if (!std::signbit(row.elapsed)) {
        double a = std::abs(y) / std::sqrt(elapsed);
        if (track.weight > rules_.min_weight)
            a = std::min(a, rules_.clip * mean_absolute_to_sigma * track.weighted / track.weight);
        track.weighted = decay_ * track.weighted + a;
        track.weight = decay_ * track.weight + 1;
        if (track.weight > rules_.min_weight)
            track.scale = mean_absolute_to_sigma * track.weighted / track.weight;
    }
    Sums& sums = track.sums;
    sums.y += y;
    const double square = sums.square + y * y;
    sums.square_rest += lost(sums.square, y * y, square);
    sums.square = square;
    sums.elapsed += elapsed;
    sums.returns += 1;
}

void LossWindows::rebase(Sums& sums, const Sums& base) {
    sums.y -= base.y;
    const double square = sums.square - base.square;
    sums.square_rest += lost(sums.square, -base.square, square) - base.square_rest;
    sums.square = square;
    sums.elapsed -= base.elapsed;
    sums.returns -= base.returns;
}

void LossWindows::advance(const Row& row) {
    for (Horizon& horizon : horizons_) {
        if (now_.row < horizon.rows) continue;
        // Row now_.row + 1 - horizon.rows; the oldest kept is now_.row + 1 - longest_.
        const std::size_t after_oldest = longest_ - horizon.rows;
        std::size_t place = oldest_ + after_oldest;
        if (place >= longest_) place -= longest_;
        step(horizon.then, row_at(place));
        if (rebased_at(horizon.then.row)) rebase(horizon.then.sums, base_);
    }
    y_[oldest_] = row.y;
    if (elapsed_.empty())
        elapsed_whole_[oldest_] = static_cast<float>(row.elapsed);
    else
        elapsed_[oldest_] = row.elapsed;
    if (++oldest_ == longest_) oldest_ = 0;

    step(now_, row);
    if (++newest_ == path_.size()) newest_ = 0;
    path_[newest_] = now_.sums.y;
    if (rebased_at(now_.row)) {
        // On the oldest row of the period, so that sums stay small and their differences exact.
        base_ = base_next_;
        rebase(now_.sums, base_);
        for (double& level : path_) level -= base_.y;
    }
    if (rebased_at(now_.row - 1)) base_next_ = now_.sums;
    update_highs();
}

void LossWindows::update_highs() {
    const std::uint64_t row = now_.row;
    const double level = now_.sums.y;
    if (high_ + longest_ < row) {
        set_high(high_, false);
        high_ = high_after(high_);
    }
    for (std::uint64_t last = row - 1; path(last) <= level;) {
        set_high(last, false);
        if (last == high_) {
            high_ = row;
            break;
        }
        last = high_before(last);
    }
    set_high(row, true);
    for (Horizon& horizon : horizons_) {
        if (path(horizon.high) <= level)
            horizon.high = row;
        else if (horizon.high + horizon.rows < row)
            horizon.high = high_after(horizon.high);
    }
}

void LossWindows::set_high(std::uint64_t row, bool is_high) {
    std::uint64_t& word = highs_[row / 64 & (highs_.size() - 1)];
    const std::uint64_t bit = std::uint64_t{1} << (row % 64);
    word = is_high ? word | bit : word & ~bit;
}

std::uint64_t LossWindows::high_after(std::uint64_t row) const {
    std::uint64_t place = (row + 1) / 64;
    std::uint64_t word =
        highs_[place & (highs_.size() - 1)] & (~std::uint64_t{0} << ((row + 1) % 64));
    while (word == 0) word = highs_[++place & (highs_.size() - 1)];
    return place * 64 + static_cast<std::uint64_t>(std::countr_zero(word));
}

std::uint64_t LossWindows::high_before(std::uint64_t row) const {
    std::uint64_t place = row / 64;
    std::uint64_t word =
        highs_[place & (highs_.size() - 1)] & ((std::uint64_t{1} << (row % 64)) - 1);
    while (word == 0) word = highs_[--place & (highs_.size() - 1)];
    return place * 64 + 63 - static_cast<std::uint64_t>(std::countl_zero(word));
}

LossWindows::Sums LossWindows::sums_then(const Horizon& horizon) const {
    Sums sums = horizon.then.sums;
    // The base has changed since that row.
    if (horizon.then.row < (now_.row & ~period_mask_)) rebase(sums, base_);
    return sums;
}

std::optional<double> LossWindows::log_return(std::size_t index) const {
    const Horizon& horizon = horizons_[index];
    if (!covered(horizon)) return std::nullopt;
    const Sums then = sums_then(horizon);
    if (now_.sums.returns - then.returns < 0.5) return std::nullopt;
    return now_.sums.y - then.y;
}

std::optional<double> LossWindows::loss_sigma(std::size_t index) const {
    const auto total = log_return(index);
    if (!total) return std::nullopt;
    const Horizon& horizon = horizons_[index];
    const double scale = horizon.then.scale;
    const double elapsed = now_.sums.elapsed - sums_then(horizon).elapsed;
    const double s = -*total / (scale * std::sqrt(elapsed));
    if (scale <= 0 || !std::isfinite(s)) return std::nullopt;
    return s;
}

std::optional<double> LossWindows::loss_one_way(std::size_t index) const {
    const auto total = log_return(index);
    if (!total) return std::nullopt;
    const Sums& now = now_.sums;
    const Sums then = sums_then(horizons_[index]);
    const double square = (now.square - then.square) + (now.square_rest - then.square_rest);
    const double n = -*total / std::sqrt(square);
    if (square <= 0 || !std::isfinite(n)) return std::nullopt;
    return n;
}

std::optional<double> LossWindows::drawdown(std::size_t index) const {
    const Horizon& horizon = horizons_[index];
    if (!covered(horizon)) return std::nullopt;
    return elementary::expm1(now_.sums.y - path(horizon.high));
}

std::optional<double> LossWindows::scale() const {
    if (now_.scale <= 0) return std::nullopt;
    return now_.scale;
}

}  // namespace contagiond::core
