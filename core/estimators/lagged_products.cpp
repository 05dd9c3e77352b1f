#include "core/estimators/lagged_products.hpp"

#include <algorithm>
#include <array>

namespace contagiond::core {
namespace {

constexpr std::size_t lanes = 4;

std::int64_t within_reach(std::int64_t t) {
    return std::clamp(t, -lag_reach, lag_reach);
}

/// A place in both series, with x shifted forward by the lag (which equals y shifted back).
struct Walk {
    std::size_t i = 0;
    std::size_t j = 0;
    std::int64_t lag = 0;
    double sum = 0;

    /// At the first pair of intervals that overlap; from there on every step meets another one.
    static Walk start(const ReturnIntervals& x, const ReturnIntervals& y, DurationNs theta) {
        Walk walk;
        walk.lag = within_reach(theta);
        walk.i = x.ended_by(y.begin() - walk.lag);
        walk.j = y.ended_by(x.begin() + walk.lag);
        return walk;
    }
    bool inside(const PartEnd& end) const { return i < end.x && j < end.y; }
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

}  // namespace

ReturnIntervals::ReturnIntervals(std::size_t ticks_max)
    : ticks_max_(std::max<std::size_t>(ticks_max, 2)) {
    ends_.reserve(ticks_max_);
    returns_.reserve(ticks_max_);
}

void ReturnIntervals::load(TickSpan ticks, TimeNs origin, TimeNs after, TimeNs until) {
    ends_.clear();
    returns_.clear();
    begin_ = 0;
    rv_ = 0;
    left_out_ = 0;
    std::size_t count = ticks.size();
    while (count > 0 && ticks.ts[count - 1] > until) --count;
    const std::size_t oldest = count > ticks_max_ ? count - ticks_max_ : 0;
    TickPolicy policy;
    double price = 0, price_before = 0;  // of the last stamp and of the one before
    TimeNs ts_last = 0;
    bool any = false;
    for (std::size_t k = 0; k < count; ++k) {
        if (ticks.ts[k] > until) continue;
        const TickVerdict verdict = policy.admit(ticks.ts[k], ticks.price[k]);
        if (k < oldest) left_out_ += ticks.ts[k] > after;
        if (!accepted(verdict) || k < oldest) continue;
        const std::int64_t ts = within_reach(subtract_saturated(ticks.ts[k], origin));
        if (any && ticks.ts[k] > ts_last && ticks.ts[k] > after) {
            price_before = price;
            ends_.push_back(ts);
            returns_.push_back(0);
        } else if (returns_.empty()) {
            begin_ = ts;
        }
        any = true;
        ts_last = ticks.ts[k];
        price = ticks.price[k];
        if (!returns_.empty()) returns_.back() = log_return(price_before, price);
    }
    for (const double r : returns_) rv_ += r * r;
    dropped_ = policy.dropped();
}

std::size_t ReturnIntervals::ended_by(std::int64_t t) const {
    return static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), t) -
                                    ends_.begin());
}

void lagged_products(const ReturnIntervals& x, const ReturnIntervals& y,
                     std::span<const DurationNs> lags, std::span<const PartEnd> parts, double* out,
                     std::size_t stride) {
    const std::int64_t *x_ends = x.ends().data(), *y_ends = y.ends().data();
    const double *dx = x.returns().data(), *dy = y.returns().data();
    for (std::size_t first = 0; first < lags.size(); first += lanes) {
        const std::size_t count = std::min(lanes, lags.size() - first);
        std::array<Walk, lanes> walks{};
        for (std::size_t k = 0; k < lanes; ++k) {
            // Lanes to spare repeat the last lag.
            walks[k] = Walk::start(x, y, lags[first + std::min(k, count - 1)]);
        }
        for (std::size_t p = 0; p < parts.size(); ++p) {
            const PartEnd end = parts[p];
            auto [a, b, c, d] = walks;
            while (a.inside(end) && b.inside(end) && c.inside(end) && d.inside(end)) {
                a.step(x_ends, dx, y_ends, dy);
                b.step(x_ends, dx, y_ends, dy);
                c.step(x_ends, dx, y_ends, dy);
                d.step(x_ends, dx, y_ends, dy);
            }
            walks = {a, b, c, d};
            for (std::size_t k = 0; k < count; ++k) {
                Walk& walk = walks[k];
                while (walk.inside(end)) walk.step(x_ends, dx, y_ends, dy);
                out[p * stride + first + k] = walk.sum;
                walk.sum = 0;
            }
        }
    }
}

}  // namespace contagiond::core
