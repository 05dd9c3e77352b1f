#include "core/estimators/lead_lag.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace contagiond::core {
namespace {

/// Stamps and lags beyond some decades are drawn in to this, so that their sum cannot overflow.
constexpr std::int64_t reach = std::int64_t{1} << 61;

std::int64_t within_reach(std::int64_t t) {
    return std::clamp(t, -reach, reach);
}

constexpr std::size_t lanes = 4;

}  // namespace

/// A place in both series, with x shifted forward by the lag (which equals y shifted back).
struct LeadLag::Walk {
    std::size_t i = 0;
    std::size_t j = 0;
    std::int64_t lag = 0;
    double sum = 0;

    /// At the first pair of intervals that overlap; from there on every step meets another one.
    static Walk start(const Returns& x, const Returns& y, DurationNs theta) {
        Walk walk;
        walk.lag = within_reach(theta);
        const auto first_end_after = [](const Returns& side, std::int64_t t) {
            const auto it = std::upper_bound(side.ends.begin(), side.ends.end(), t);
            return static_cast<std::size_t>(it - side.ends.begin());
        };
        walk.i = first_end_after(x, y.begin - walk.lag);
        walk.j = first_end_after(y, x.begin + walk.lag);
        return walk;
    }
    bool inside(std::size_t n, std::size_t m) const { return i < n && j < m; }
    void step(const std::int64_t* x_ends, const double* dx, const std::int64_t* y_ends,
              const double* dy) {
        sum += dx[i] * dy[j];
        const std::int64_t x_end = x_ends[i] + lag;
        const std::int64_t y_end = y_ends[j];
        // Without a branch: which of the two ends first is as good as random.
        i += x_end <= y_end;
        j += y_end <= x_end;
    }
};

LeadLag::LeadLag(std::span<const DurationNs> lags, std::size_t ticks_max)
    : lags_(lags.begin(), lags.end()), ticks_max_(std::max<std::size_t>(ticks_max, 2)) {
    x_.reserve(ticks_max_);
    y_.reserve(ticks_max_);
    rho_.resize(lags_.size());
}

void LeadLag::Returns::reserve(std::size_t ticks) {
    ends.reserve(ticks);
    returns.reserve(ticks);
}

void LeadLag::Returns::load(TickSpan ticks, TimeNs origin, std::size_t ticks_max) {
    ends.clear();
    returns.clear();
    begin = 0;
    rv = 0;
    left_out = ticks.size() > ticks_max ? ticks.size() - ticks_max : 0;
    TickPolicy policy;
    double price = 0, price_before = 0;  // of the last stamp and of the one before
    std::size_t stamps = 0;
    for (std::size_t k = 0; k < ticks.size(); ++k) {
        const TickVerdict verdict = policy.admit(ticks.ts[k], ticks.price[k]);
        if (!accepted(verdict) || k < left_out) continue;
        const std::int64_t ts = within_reach(subtract_saturated(ticks.ts[k], origin));
        if (verdict == TickVerdict::next || stamps == 0) {
            price_before = price;
            if (++stamps == 1) {
                begin = ts;
            } else {
                ends.push_back(ts);
                returns.push_back(0);
            }
        }
        price = ticks.price[k];
        if (stamps > 1) returns.back() = log_return(price_before, price);
    }
    for (const double r : returns) rv += r * r;
    dropped = policy.dropped();
}

void LeadLag::covariances(std::size_t first_lag, std::size_t count) {
    std::array<Walk, lanes> walks{};
    for (std::size_t k = 0; k < lanes; ++k) {
        // Lanes to spare repeat the last lag.
        walks[k] = Walk::start(x_, y_, lags_[first_lag + std::min(k, count - 1)]);
    }
    const std::size_t n = x_.size(), m = y_.size();
    const std::int64_t *x_ends = x_.ends.data(), *y_ends = y_.ends.data();
    const double *dx = x_.returns.data(), *dy = y_.returns.data();
    auto [a, b, c, d] = walks;
    while (a.inside(n, m) && b.inside(n, m) && c.inside(n, m) && d.inside(n, m)) {
        a.step(x_ends, dx, y_ends, dy);
        b.step(x_ends, dx, y_ends, dy);
        c.step(x_ends, dx, y_ends, dy);
        d.step(x_ends, dx, y_ends, dy);
    }
    walks = {a, b, c, d};
    const double scale = std::sqrt(x_.rv) * std::sqrt(y_.rv);
    for (std::size_t k = 0; k < count; ++k) {
        while (walks[k].inside(n, m)) walks[k].step(x_ends, dx, y_ends, dy);
        rho_[first_lag + k] = walks[k].sum / scale;
    }
}

LeadLagValue LeadLag::measure(TickSpan x, TickSpan y) {
    // The first price's stamp: that of a tick to be dropped may be anything.
    std::size_t first = 0;
    while (first < x.size() && !is_price(x.price[first])) ++first;
    const TimeNs origin = first < x.size() ? x.ts[first] : 0;
    x_.load(x, origin, ticks_max_);
    y_.load(y, origin, ticks_max_);
    std::fill(rho_.begin(), rho_.end(), std::nullopt);
    LeadLagValue value;
    value.rho = rho_;
    value.dropped_x = x_.dropped;
    value.dropped_y = y_.dropped;
    value.left_out_x = x_.left_out;
    value.left_out_y = y_.left_out;
    if (x_.rv <= 0 || y_.rv <= 0) return value;
    for (std::size_t lag = 0; lag < lags_.size(); lag += lanes)
        covariances(lag, std::min(lanes, lags_.size() - lag));
    conclude(value);
    return value;
}

void LeadLag::conclude(LeadLagValue& value) const {
    double x_leads = 0, y_leads = 0, strongest = 0;
    for (std::size_t k = 0; k < lags_.size(); ++k) {
        const DurationNs lag = lags_[k];
        const double rho = *rho_[k];
        if (lag > 0) x_leads += rho * rho;
        if (lag < 0) y_leads += rho * rho;
        // -lag of the most negative lag does not exist, so sizes are compared below zero.
        const auto size = [](DurationNs t) { return t < 0 ? t : -t; };
        const bool nearer = value.theta && (size(lag) > size(*value.theta) ||
                                            (size(lag) == size(*value.theta) && lag > 0));
        if (!value.theta || std::abs(rho) > strongest || (std::abs(rho) == strongest && nearer)) {
            strongest = std::abs(rho);
            value.theta = lag;
        }
    }
    if (y_leads > 0) {
        value.llr = x_leads / y_leads;
    } else if (x_leads > 0) {
        value.llr = std::numeric_limits<double>::infinity();
    }
}

std::span<const DurationNs> lead_lag_default_grid() {
    static constexpr std::array<DurationNs, 12> positive = {
        50 * ns_per_ms, 100 * ns_per_ms, 200 * ns_per_ms, 500 * ns_per_ms,
        1 * ns_per_s,   2 * ns_per_s,    5 * ns_per_s,    10 * ns_per_s,
        20 * ns_per_s,  30 * ns_per_s,   60 * ns_per_s,   120 * ns_per_s};
    static constexpr auto grid = [] {
        std::array<DurationNs, 2 * positive.size() + 1> lags{};
        for (std::size_t k = 0; k < positive.size(); ++k) {
            lags[positive.size() + 1 + k] = positive[k];
            lags[positive.size() - 1 - k] = -positive[k];
        }
        return lags;
    }();
    return grid;
}

}  // namespace contagiond::core
