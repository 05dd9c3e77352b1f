#include "core/estimators/rolling_correlation.hpp"

#include <algorithm>
#include <cmath>

namespace contagiond::core {

RollingCorrelation::RollingCorrelation(std::uint32_t window, std::uint32_t min_rows)
    : window_(window), min_rows_(std::max(min_rows, 2u)), rows_(window), suffix_(window + 1) {}

RollingCorrelation::Moments RollingCorrelation::single(const Row& row, const Anchor& anchor) {
    Moments m;
    m.n = 1;
    m.mean_x = row.x - anchor.x;
    m.mean_y = row.y - anchor.y;
    // Constancy is judged on the values themselves: anchors differ between blocks.
    m.value_x = row.x;
    m.value_y = row.y;
    return m;
}

RollingCorrelation::Moments RollingCorrelation::merge(const Moments& a, const Moments& b,
                                                      double shift_x, double shift_y) {
    if (b.n == 0) return a;
    Moments m = b;
    m.mean_x += shift_x;
    m.mean_y += shift_y;
    if (a.n == 0) return m;
    m.n = a.n + b.n;
    const double dx = m.mean_x - a.mean_x;
    const double dy = m.mean_y - a.mean_y;
    const double weight = a.n * b.n / m.n;
    m.mean_x = a.mean_x + dx * (b.n / m.n);
    m.mean_y = a.mean_y + dy * (b.n / m.n);
    m.sxx = a.sxx + b.sxx + dx * dx * weight;
    m.syy = a.syy + b.syy + dy * dy * weight;
    m.sxy = a.sxy + b.sxy + dx * dy * weight;
    m.constant_x = a.constant_x && b.constant_x && a.value_x == b.value_x;
    m.constant_y = a.constant_y && b.constant_y && a.value_y == b.value_y;
    return m;
}

void RollingCorrelation::flip() {
    // The full block becomes the older one, summed from its end: each suffix from the one behind
    // it.
    older_anchor_ = Anchor{};
    suffix_[window_] = Moments{};
    for (std::uint32_t i = window_; i-- > 0;) {
        suffix_[i] = suffix_[i + 1];
        if (!rows_[i].present) continue;
        // The last value: it stays in the window for as long as any of the block does. A large one
        // that has left must not be what the others are measured from.
        if (!older_anchor_.set) older_anchor_ = {rows_[i].x, rows_[i].y, true};
        suffix_[i] = merge(single(rows_[i], older_anchor_), suffix_[i + 1], 0, 0);
    }
    have_older_ = true;
    newer_count_ = 0;
    newer_ = Moments{};
    newer_anchor_ = Anchor{};
}

void RollingCorrelation::advance(const Row& row) {
    if (newer_count_ == window_) flip();
    rows_[newer_count_++] = row;
    if (!row.present) return;
    if (!newer_anchor_.set) newer_anchor_ = {row.x, row.y, true};
    newer_ = merge(newer_, single(row, newer_anchor_), 0, 0);
}

void RollingCorrelation::push(double x, double y) {
    advance({x, y, true});
}

void RollingCorrelation::push_absent() {
    advance({});
}

RollingCorrelation::Moments RollingCorrelation::window_moments() const {
    if (!have_older_) return newer_;
    return merge(suffix_[newer_count_], newer_, newer_anchor_.x - older_anchor_.x,
                 newer_anchor_.y - older_anchor_.y);
}

std::uint32_t RollingCorrelation::rows() const {
    const double older = have_older_ ? suffix_[newer_count_].n : 0;
    return static_cast<std::uint32_t>(newer_.n + older);
}

std::optional<double> RollingCorrelation::value() const {
    const Moments m = window_moments();
    if (m.n < min_rows_ || m.constant_x || m.constant_y) return std::nullopt;
    const double rho = m.sxy / (std::sqrt(m.sxx) * std::sqrt(m.syy));
    if (!std::isfinite(rho)) return std::nullopt;
    return std::clamp(rho, -1.0, 1.0);
}

}  // namespace contagiond::core
